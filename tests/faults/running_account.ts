/**
 * The account of a source that makes too many points to keep them all.
 *
 * @module
 */

import type { ReceivedChunk } from "./account.ts";

// Ticks whose times are known even if all metrics have got further.
const KEPT_TICKS = 6000;

/** What has come of all ticks so far; the numbers of points are sums over all metrics. */
export interface RunningSums {
  made: number;
  received: number;
  /** Made and not received yet. */
  missing: number;
  /** Received more than once, each time after the first counted. */
  repeated: number;
  /** Received more than once, as the broker says, since the reader could not confirm in time. */
  redelivered: number;
  /** Received for the first time after a later one of the same metric. */
  outOfOrder: number;
  /** Received with another value or time than was made, or so late that it is not known any more. */
  wrong: number;
  /** Chunks that hold some of the points of an earlier one and other points, too. */
  mixedChunks: number;
}

/**
 * Compares what is made with what is received while both go on. The ticks of the source have to be
 * without a gap, as those of one process are.
 */
export class RunningAccount {
  readonly #sums: Omit<RunningSums, "made" | "missing"> = {
    received: 0,
    repeated: 0,
    redelivered: 0,
    outOfOrder: 0,
    wrong: 0,
    mixedChunks: 0,
  };
  readonly #metrics: ReadonlyMap<string, MetricAccount>;
  readonly #times = new Map<number, bigint>();
  #firstTick: number | undefined;
  #lastTick = -1;
  // They were faster than the line by which the source tells of their ticks.
  #early: [ReceivedChunk, boolean][] = [];

  /** Begins with nothing. */
  constructor(metrics: readonly string[]) {
    this.#metrics = new Map(metrics.map((metric) => [metric, new MetricAccount()]));
  }

  /** What has come of all so far. */
  get sums(): Readonly<RunningSums> {
    const ticks = this.#firstTick === undefined ? 0 : this.#lastTick - this.#firstTick + 1;
    let missing = 0;
    for (const { last, gaps } of this.#metrics.values()) {
      missing += gaps.size + this.#lastTick - Math.max(last, (this.#firstTick ?? 0) - 1);
    }
    return { ...this.#sums, made: ticks * this.#metrics.size, missing };
  }

  /** Notes a tick that the source has made, for all metrics. */
  make(tick: number, timeNs: bigint): void {
    if (this.#firstTick === undefined) {
      this.#firstTick = tick;
      for (const metric of this.#metrics.values()) metric.last = tick - 1;
    }
    this.#lastTick = tick;
    this.#times.set(tick, timeNs);
    this.#forget();
    const early = this.#early;
    this.#early = [];
    for (const [chunk, isRedelivered] of early) this.receive(chunk, isRedelivered);
  }

  /** Notes a chunk that was received, and whether the broker says that it was delivered before. */
  receive(chunk: ReceivedChunk, isRedelivered: boolean): void {
    if ((chunk.ticks.at(-1) ?? 0) > this.#lastTick) {
      this.#early.push([chunk, isRedelivered]);
      return;
    }
    const metric = this.#metrics.get(chunk.metric);
    if (metric === undefined) throw new Error(`Cannot note a chunk of ${chunk.metric}: not made`);
    let known = 0;
    for (const [i, tick] of chunk.ticks.entries()) {
      const place = metric.receive(tick);
      if (place === "known") known++;
      if (place === "late") this.#sums.outOfOrder++;
      if (this.#times.get(tick) !== chunk.timesNs[i]) this.#sums.wrong++;
    }
    this.#sums.received += chunk.ticks.length;
    this.#sums[isRedelivered ? "redelivered" : "repeated"] += known;
    if (known > 0 && known < chunk.ticks.length) this.#sums.mixedChunks++;
  }

  #forget(): void {
    let horizon = Infinity;
    for (const { last } of this.#metrics.values()) horizon = Math.min(horizon, last - KEPT_TICKS);
    for (const tick of this.#times.keys()) {
      if (tick >= horizon) break;
      this.#times.delete(tick);
    }
  }
}

/** Which ticks of a metric were received. */
class MetricAccount {
  /** The latest. */
  last = -1;
  /** Those before it that were not. */
  readonly gaps = new Set<number>();

  receive(tick: number): "new" | "late" | "known" {
    if (tick > this.last) {
      for (let missed = this.last + 1; missed < tick; missed++) this.gaps.add(missed);
      this.last = tick;
      return "new";
    }
    return this.gaps.delete(tick) ? "late" : "known";
  }
}
