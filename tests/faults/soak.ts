/**
 * A source that runs for long, through one fault after the other: does it lose anything, and does it
 * need more and more memory?
 *
 * @module
 */

import { bindQueue } from "./account.ts";
import { loginsOf } from "./broker_log.ts";
import { EventAccount } from "./event_account.ts";
import type { FaultNetwork } from "./fault_network.ts";
import { pause } from "./proxy.ts";
import { readOn } from "./queue_reader.ts";
import { randomFaults } from "./random_faults.ts";
import { RunningAccount, type RunningSums } from "./running_account.ts";
import { SourceProcess } from "./source_process.ts";

/** What a source needs, as medians: garbage makes the single values jagged. */
export interface Memory {
  readonly residentBytes: number;
  readonly heapBytes: number;
}

/** How a soak goes. */
export interface SoakOptions {
  readonly network: FaultNetwork;
  /** Numbers from 0 to below 1, which decide about the faults. */
  readonly random: () => number;
  readonly durationMs: number;
  /** Told every minute what has come of it so far, and what the source needed in that minute. */
  readonly onMinute: (minute: number, sums: Readonly<RunningSums>, memory: Memory) => void;
}

/** What has come of it. */
export interface SoakOutcome {
  readonly sums: Readonly<RunningSums>;
  readonly end: "stopped" | "hung" | "failed";
  /** Where what the source has told by events does not fit what others have seen. */
  readonly eventProblems: readonly string[];
  readonly faults: number;
  /** After the first twelfth of the time, and in the last: in an hour, five minutes each. */
  readonly memory: { readonly afterWarmUp: Memory; readonly atEnd: Memory };
  /** The source's counters. */
  readonly stats: Readonly<Record<string, unknown>>;
  readonly errorOutput: string;
}

const TOKEN = "source-soak";
const PERIOD_MS = 10;
const CHUNK_SIZES = [1, 10, 100];
// At 100 Hz these are 13 million points an hour, of which a busy machine may miss some.
const METRICS_PER_SIZE = 12;
const MINUTE_MS = 60_000;
// From the end of the last fault until the source is stopped, and from then until all has come.
const CALM_MS = 5000;
const ARRIVAL_LIMIT_MS = 60_000;

/** Lets faults befall a source of 36 metrics at 100 Hz for so long. */
export async function soak(options: SoakOptions): Promise<SoakOutcome> {
  const { network, random, durationMs, onMinute } = options;
  const metrics = soakMetrics();
  const account = new RunningAccount(Object.keys(metrics));
  const memory = new MemorySamples();
  const events = new EventAccount();
  await bindQueue(network.queueUrl, TOKEN, "soak.#", network.queueType);
  const reading = new AbortController();
  const read = readOn(
    network.queueUrl,
    TOKEN,
    (chunk, isRedelivered) => account.receive(chunk, isRedelivered),
    reading.signal,
  );
  await using source = new SourceProcess("deno", {
    source: { token: TOKEN, url: network.url(2), stopTimeout: ARRIVAL_LIMIT_MS / 1000 },
    metrics,
    periodMs: PERIOD_MS,
    firstTick: 0,
  }, {
    onTick: (tick, timeNs) => account.make(tick, timeNs),
    onMemory: (residentBytes, heapBytes) => memory.add({ residentBytes, heapBytes }),
    events,
  });
  await source.started();
  let minute = 0;
  const timer = setInterval(() => onMinute(++minute, account.sums, memory.last(60)), MINUTE_MS);
  try {
    const faults = await randomFaults({ network, random, healed: () => {} }, durationMs);
    await pause(CALM_MS);
    const end = await source.stop();
    const limitMs = performance.now() + ARRIVAL_LIMIT_MS;
    while (account.sums.missing > 0 && performance.now() < limitMs) await pause(100);
    const { stats, errorOutput } = source;
    const { sums } = account;
    const eventProblems = events.problems(await loginsOf(TOKEN, network.nodes), [], stats);
    return { sums, end, eventProblems, faults, memory: memory.compare(), stats, errorOutput };
  } finally {
    clearInterval(timer);
    reading.abort();
    await read;
  }
}

function soakMetrics(): Record<string, number> {
  const metrics: Record<string, number> = {};
  for (const size of CHUNK_SIZES) {
    for (let i = 0; i < METRICS_PER_SIZE; i++) metrics[`soak.by${size}.value${i}`] = size;
  }
  return metrics;
}

/** What a source has needed, second by second. */
class MemorySamples {
  readonly #samples: Memory[] = [];

  add(sample: Memory): void {
    this.#samples.push(sample);
  }

  last(count: number): Memory {
    return medians(this.#samples.slice(-count));
  }

  compare(): SoakOutcome["memory"] {
    const twelfth = Math.floor(this.#samples.length / 12);
    return {
      afterWarmUp: medians(this.#samples.slice(twelfth, 2 * twelfth)),
      atEnd: this.last(twelfth),
    };
  }
}

function medians(samples: readonly Memory[]): Memory {
  return {
    residentBytes: median(samples.map(({ residentBytes }) => residentBytes)),
    heapBytes: median(samples.map(({ heapBytes }) => heapBytes)),
  };
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
