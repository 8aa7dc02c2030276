/**
 * What a seed stands for: who is there, what they do, and what befalls them.
 *
 * @module
 */

import type { Delivery, OnFull } from "../../src/outbox/delivery_options.ts";
import type { OnTime } from "../../src/source/time_order.ts";
import { type AddressesPlan, drawAddresses } from "./addresses.ts";
import { drawFaults } from "./draw_faults.ts";
import type { Fault } from "./faults.ts";
import type { Conditions } from "./pipe.ts";
import { Random } from "./random.ts";
import { tokensWithLifting } from "./restrictions.ts";

/** How a source sends. */
export interface Workload {
  /** How many tasks send each metric. */
  readonly tasks: number;
  /** Whether a task waits for one `send` before the next. */
  readonly waits: boolean;
  /** How many points are sent with one call; 1 means `send` or `append`, more `sendMany`. */
  readonly pointsPerCall: number;
  /** Whether every other task sends single points all the same. */
  readonly mixes?: boolean;
  /** Whether single points are sent with `append`; plans that were found before it was there have none. */
  readonly appends?: boolean;
  /** Whether that is `appendAt`, in place of `append`. */
  readonly appendsAt?: boolean;
  /** How many points chunks of its first metric have, in place of what it is configured to; `null`: any. */
  readonly ownChunkSize?: number | null | undefined;
  /** Whether its chunks have no size, whatever it is configured to. */
  readonly isSizeless?: boolean;
  /** The part of all ticks at which everything is flushed. */
  readonly flushing: number;
  /** The part of all ticks at which one metric is flushed. */
  readonly metricFlushing?: number;
  /** The part of all points, or arrays of them, with one that is not later than those before it. */
  readonly disorder?: number;
}

/** How an interval source is updated. */
export interface UpdatesPlan {
  readonly aligns: boolean;
  readonly precision: "fine" | "coarse";
  /** How long an update is waited for; as long as it takes unless it is there. */
  readonly timeoutMs?: number | undefined;
  /** The part of all updates that take about as long as a period, if that is short. */
  readonly slow: number;
  /** The part of all updates that fail with what a source goes on after. */
  readonly failing: number;
}

/** What a source is configured to do. */
export interface SourceConfig {
  /** Which of its configurations this is; it is part of the names of metrics if `renames`. */
  readonly generation: number;
  readonly renames: boolean;
  readonly metrics: number;
  readonly periodMs: number;
  readonly chunkSize: number;
}

/** One source. */
export interface SourcePlan extends AddressesPlan {
  /** Whether it has a task that sends, is updated at intervals, or has groups that are polled. */
  readonly kind: "task" | "interval" | "polling";
  /** How it is updated, of `"interval"`. */
  readonly updates?: UpdatesPlan | undefined;
  readonly startMs: number;
  readonly config: SourceConfig;
  readonly workload: Workload;
  readonly onFull: OnFull;
  readonly delivery: Delivery;
  /** What becomes of points that are not later than those before them. */
  readonly onTime?: OnTime | undefined;
  readonly outboxMaxBytes: number;
  /** The age at which its chunks leave, in place of 10 s, or of no age where they have no size. */
  readonly chunkAgeMs?: number | undefined;
  readonly hasSpool: boolean;
  readonly heartbeatSeconds: number;
}

/** One simulation. */
export interface Plan {
  readonly seed: number;
  /** When the last fault is over. */
  readonly faultsUntilMs: number;
  readonly conditions: Conditions;
  readonly sources: readonly SourcePlan[];
  readonly faults: readonly Fault[];
}

const MINUTE_MS = 60_000;
// That a configuration which is drawn asks each task for.
const MOST_POINTS_PER_SECOND = 200;
const LARGE_OUTBOX_BYTES = 64 * 2 ** 20;
// In an outbox.
const CHUNK_OF_ONE_BYTES = 150;
const SHORTEST_PERIOD_MS = 10;
// Several of them fit into the time for which a simulation waits.
const LONGEST_PERIOD_MS = 20_000;
const DEFAULT_CHUNK_AGE_MS = 10_000;

/** How a plan is drawn. */
export interface DrawOptions {
  /**
   * How many points per second all sources send together.
   * @default {drawn for each configuration}
   */
  readonly pointsPerSecond?: number | undefined;
}

/** Whether a source has chunks without a size, which may be as large as an outage is long. */
export function isSizeless({ workload }: Pick<SourcePlan, "workload">): boolean {
  return workload.isSizeless === true || workload.ownChunkSize === null;
}

/** How old a chunk of a source becomes at most that is not full, but for those that wait for `flush`. */
export function chunkAgeMsOf({ chunkAgeMs = DEFAULT_CHUNK_AGE_MS }: SourcePlan): number {
  return chunkAgeMs;
}

/** Draws the plan of a seed. */
export function planOf(seed: number, { pointsPerSecond }: DrawOptions = {}): Plan {
  const random = new Random(seed, "plan");
  const faultsUntilMs = Math.round(random.integer(8, 11) * MINUTE_MS);
  const latencyMs = random.logarithmic(0.05, 80);
  const conditions = {
    latencyMs,
    jitterMs: latencyMs * random.fraction() * 2,
    cutting: random.pick([0, 0.02, 0.2]),
  };
  const count = random.pick([1, 1, 1, 2, 3]);
  const drawn = Array.from({ length: count }, (_, at) => drawSource(`source-${at}`, seed, count));
  const faults = drawFaults(seed, faultsUntilMs, drawn);
  const most = Math.max(pointsPerSecond ?? 0, MOST_POINTS_PER_SECOND) / count;
  const sources = withLargeChunks(seed, drawn, faults)
    .map((source) => pointsPerSecond ? atRate(source, pointsPerSecond / count) : source)
    .map((source) => withRoom(source, conditions, most));
  return { seed, faultsUntilMs, conditions, sources, faults };
}

/**
 * A source that lets callers wait, or has a spool to empty, needs room for what is on its way to a broker
 * that is far away, at any rate that its configurations may have.
 */
function withRoom(
  source: SourcePlan,
  { latencyMs, jitterMs }: Conditions,
  pointsPerSecond: number,
): SourcePlan {
  const { onFull, hasSpool, outboxMaxBytes, workload: { tasks, pointsPerCall } } = source;
  // All that is collected has to leave at once, sooner or later.
  if (onFull === "fail" && isSizeless(source)) {
    return { ...source, outboxMaxBytes: LARGE_OUTBOX_BYTES };
  }
  if (onFull !== "wait" && !hasSpool) return source;
  const awaySeconds = 2 * (latencyMs + jitterMs) / 1000;
  const onTheWay = awaySeconds * pointsPerSecond * tasks * pointsPerCall;
  const neededBytes = 4 * CHUNK_OF_ONE_BYTES * onTheWay;
  return { ...source, outboxMaxBytes: Math.max(outboxMaxBytes, Math.round(neededBytes)) };
}

/**
 * A source that sends about so many points per second until it is configured otherwise; one that polls sends
 * fewer, as most of its groups are read less often.
 */
function atRate(source: SourcePlan, pointsPerSecond: number): SourcePlan {
  const { workload, config } = source;
  const pointsPerMetric = workload.pointsPerCall * workload.tasks;
  const fewest = Math.ceil(pointsPerSecond * SHORTEST_PERIOD_MS / 1000);
  const most = Math.floor(pointsPerSecond * LONGEST_PERIOD_MS / 1000 / pointsPerMetric);
  const metrics = Math.max(fewest, Math.min(config.metrics, most), 1);
  const periodMs = Math.round(metrics * pointsPerMetric / pointsPerSecond * 1000);
  return { ...source, config: { ...config, metrics, periodMs } };
}

/** Draws a configuration. Its points come at a rate that many of them can be simulated with. */
export function drawConfig(random: Random, generation: number, share: number): SourceConfig {
  const metrics = Math.round(random.logarithmic(1, random.chance(0.1) ? 1000 : 30));
  const pointsPerSecond = random.logarithmic(1, MOST_POINTS_PER_SECOND) / share;
  return {
    generation,
    renames: random.chance(0.3),
    metrics,
    periodMs: Math.round(
      Math.min(Math.max(SHORTEST_PERIOD_MS, metrics / pointsPerSecond * 1000), LONGEST_PERIOD_MS),
    ),
    chunkSize: Math.round(random.logarithmic(1, random.chance(0.3) ? 1000 : 20)),
  };
}

function drawSource(token: string, seed: number, share: number): SourcePlan {
  const random = new Random(seed, token);
  const isConfirmed = random.chance(0.85);
  const pointsPerCall = random.pick([1, 1, 1, 7]);
  const plan: SourcePlan = {
    token,
    kind: random.chance(0.25) ? "polling" : "task",
    startMs: random.integer(0, 20_000),
    config: drawConfig(random, 0, share),
    workload: {
      // `sendMany` pauses between chunks: one that is not waited for mixes its points with others.
      tasks: pointsPerCall > 1 ? 1 : random.pick([1, 1, 1, 3]),
      waits: pointsPerCall > 1 || random.chance(0.6),
      pointsPerCall,
      flushing: random.pick([0, 0, 0.01, 0.3]),
    },
    onFull: random.pick(["drop-oldest", "drop-oldest", "wait", "fail"]),
    delivery: isConfirmed ? "confirmed" : "at-most-once",
    outboxMaxBytes: random.pick([LARGE_OUTBOX_BYTES, 40_000, 10_000]),
    hasSpool: isConfirmed && random.chance(0.3),
    heartbeatSeconds: random.pick([10, 10, 2, 30]),
  };
  // What has come later is drawn last, so that seeds keep the rest.
  const appends = random.chance(0.5);
  const appendsAt = random.chance(0.5);
  const ownChunkSize = random.chance(0.3) ? Math.round(random.logarithmic(1, 100)) : undefined;
  const workload = { ...plan.workload, appends, appendsAt, ownChunkSize };
  const sized = withoutSizes(
    random,
    withDisorder(random, withUpdates(random, { ...plan, workload })),
  );
  const mixed = withMixture(random, sized);
  const metricFlushing = random.pick([0, 0, 0.05, 0.5]);
  return {
    ...withAge(new Random(seed, `chunk age of ${token}`), mixed),
    workload: { ...mixed.workload, metricFlushing },
    ...drawAddresses(new Random(seed, `addresses of ${token}`)),
  };
}

/** Draws whether a source that has a task is updated instead. */
function withUpdates(random: Random, plan: SourcePlan): SourcePlan {
  const isInterval = random.chance(0.4) && plan.kind === "task";
  if (!isInterval) return plan;
  const { workload } = plan;
  return {
    ...plan,
    kind: "interval",
    workload: { ...workload, tasks: 1 },
    updates: drawUpdates(random, workload),
  };
}

/** Draws whether times increase, but for a source that polls: it has them from its clock. */
function withDisorder(random: Random, plan: SourcePlan): SourcePlan {
  const disorder = random.pick([0, 0, 0.02, 0.2]);
  const onTime = random.pick<OnTime | undefined>([undefined, "drop", "send"]);
  // The clock may be set back, by so much that nothing would come any more.
  if (plan.kind === "polling") return { ...plan, onTime: onTime === "drop" ? undefined : onTime };
  return { ...plan, workload: { ...plan.workload, disorder }, onTime };
}

/** Draws whether chunks have no size, all of them or those of one metric, and when they leave. */
function withoutSizes(random: Random, plan: SourcePlan): SourcePlan {
  const isSizeless = random.chance(0.5);
  const leavesByAge = random.chance(0.5);
  const chunkAgeMs = Math.round(random.logarithmic(500, 10_000));
  const flushing = random.pick([1, 0.05]);
  if (!random.chance(0.15) || plan.kind === "polling") return plan;
  const { workload } = plan;
  return {
    ...plan,
    ...leavesByAge && { chunkAgeMs },
    workload: {
      ...workload,
      ...isSizeless ? { isSizeless } : { ownChunkSize: null },
      ...!leavesByAge && { flushing },
    },
  };
}

/** Draws whether chunks with a size leave at another age. */
function withAge(random: Random, plan: SourcePlan): SourcePlan {
  const chunkAgeMs = Math.round(random.logarithmic(100, 30_000));
  return random.chance(0.3) && !isSizeless(plan) ? { ...plan, chunkAgeMs } : plan;
}

/** Draws whether some tasks send arrays of a metric while others send points of it. */
function withMixture(random: Random, plan: SourcePlan): SourcePlan {
  const tasks = random.pick([2, 2, 3]);
  const onTime = random.pick<OnTime | undefined>(["drop", "drop", "send", undefined]);
  if (!random.chance(0.2) || plan.kind !== "task" || isSizeless(plan)) return plan;
  const workload = { ...plan.workload, tasks, pointsPerCall: 7, mixes: true, disorder: 0 };
  return { ...plan, workload, onTime };
}

// The part of the sources with which it is looked whether large messages are taken again that send such.
const LARGE_CHUNKS = 0.7;

/** Has the first metric of some sources collect points for long. */
function withLargeChunks(
  seed: number,
  sources: readonly SourcePlan[],
  faults: readonly Fault[],
): readonly SourcePlan[] {
  const random = new Random(seed, "large chunks");
  const tokens = tokensWithLifting(faults);
  return sources.map((source) => {
    const isLarge = random.chance(LARGE_CHUNKS);
    const flushing = random.pick([0.02, 0.005]);
    if (
      !isLarge || !tokens.has(source.token) || source.kind === "polling" || source.workload.mixes
    ) return source;
    const { chunkAgeMs: _, ...plan } = source;
    const workload = { ...plan.workload, ownChunkSize: null, isSizeless: false, flushing };
    return { ...plan, workload };
  });
}

function drawUpdates(random: Random, { pointsPerCall }: Workload): UpdatesPlan {
  const hasTimeout = random.chance(0.5);
  const timeoutMs = Math.round(random.logarithmic(20, 10_000));
  return {
    aligns: random.chance(0.3),
    precision: random.pick(["fine", "coarse"]),
    // One that was given up goes on, and its points are mixed with others: see `tasks`.
    ...hasTimeout && pointsPerCall === 1 && { timeoutMs },
    slow: random.pick([0, 0.02, 0.2]),
    failing: random.pick([0, 0.02]),
  };
}
