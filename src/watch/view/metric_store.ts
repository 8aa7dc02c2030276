/**
 * The newest points of each metric, and statistics of all its points.
 *
 * @module
 */

import type { DecodedChunk } from "../../chunk/decode_chunk.ts";
import { Arrivals } from "./arrivals.ts";
import { GapCounter } from "./gap_counter.ts";
import type { ExactPoints, PointView, SeriesView } from "./network_view.ts";
import { PointBudget, PointRing, toMs } from "./point_ring.ts";
import { FaultCounter } from "./stream_faults.ts";
import type { HeardPoints } from "./stream_problems.ts";

const MIB = 1024 * 1024;
const MIN_INT64 = -(2n ** 63n);

/** The clocks and bounds of a {@linkcode MetricStore}. */
export interface MetricStoreOptions {
  /** Reads a monotonic clock, in ms. */
  readonly nowMs: () => number;
  /** The time of day, in ms since the Unix epoch, as in points. */
  readonly wallMs: () => number;
  /**
   * The most points that are kept of one metric: an hour of 18 Hz.
   * @default {65536}
   */
  readonly maxPointsPerMetric?: number;
  /**
   * The memory that all points together may take.
   * @default {128 MiB}
   */
  readonly maxBytes?: number;
  /**
   * The most metrics; points of further ones are not counted either.
   * @default {10000}
   */
  readonly maxMetrics?: number;
}

/** Statistics of a metric's points. */
export interface MetricStatistics {
  /** How many points have arrived. */
  readonly points: number;
  /** The newest point. */
  readonly last: PointView | undefined;
  /** Points per second over the last seconds; 0 if it was silent. */
  readonly ratePerSecond: number;
  /** The median of how long after their own time points arrived, over the last seconds. */
  readonly delayMs: number | undefined;
  /** How often the distance between two points was over twice the usual one. */
  readonly gaps: number;
  /** How many points were not newer than the one before; databases refuse them. */
  readonly disordered: number;
}

/** Keeps the newest points of many metrics, within bounds. */
export class MetricStore {
  readonly #options: MetricStoreOptions;
  readonly #budget: PointBudget;
  readonly #metrics = new Map<string, Metric>();

  /** Makes an empty store. */
  constructor(options: MetricStoreOptions) {
    this.#options = options;
    this.#budget = new PointBudget(options.maxBytes ?? 128 * MIB);
  }

  /** Adds the points of a chunk that has just arrived. */
  add(metric: string, chunk: DecodedChunk): void {
    const { nowMs, wallMs, maxPointsPerMetric = 65_536, maxMetrics = 10_000 } = this.#options;
    let known = this.#metrics.get(metric);
    if (known === undefined) {
      if (this.#metrics.size >= maxMetrics) return;
      known = new Metric(new PointRing(maxPointsPerMetric, this.#budget));
      this.#metrics.set(metric, known);
    }
    known.add(chunk, nowMs(), wallMs());
  }

  /** The names of the metrics that have sent points. */
  names(): IterableIterator<string> {
    return this.#metrics.keys();
  }

  /** The statistics of a metric, if it has sent points. */
  statistics(metric: string): MetricStatistics | undefined {
    return this.#metrics.get(metric)?.statistics(this.#options.nowMs());
  }

  /** The rate of a metric's points, if it has sent any. */
  ratePerSecond(metric: string): number | undefined {
    return this.#metrics.get(metric)?.ratePerSecond(this.#options.nowMs());
  }

  /** What there is to judge a metric's points by, if it has sent any. */
  heard(metric: string): HeardPoints | undefined {
    return this.#metrics.get(metric)?.heard(this.#options.nowMs());
  }

  /** Forgets a metric and its points. */
  forget(metric: string): void {
    this.#metrics.get(metric)?.ring.release();
    this.#metrics.delete(metric);
  }

  /** The points of a metric that are newer than `afterMs`, as far as they are kept. */
  series(metric: string, afterMs: number = -Infinity): SeriesView {
    return this.#metrics.get(metric)?.ring.after(afterMs) ??
      { timesMs: new Float64Array(0), values: new Float64Array(0) };
  }

  /** The points of a metric from `startMs` to `endMs` as they were sent, as far as they are kept. */
  exactPoints(metric: string, startMs: number, endMs: number): ExactPoints {
    return this.#metrics.get(metric)?.ring.exact(startMs, endMs) ??
      { timesNs: new BigInt64Array(0), values: new Float64Array(0) };
  }
}

class Metric {
  readonly ring: PointRing;
  readonly #arrivals = new Arrivals();
  readonly #gaps = new GapCounter();
  #lastNs = MIN_INT64;
  #lastMs = NaN;
  #lastValue = NaN;
  #lastArrivalMs = 0;
  readonly #faults = new FaultCounter();

  constructor(ring: PointRing) {
    this.ring = ring;
  }

  add({ timesNs, values }: DecodedChunk, nowMs: number, wallMs: number): void {
    if (values.length === 0) return;
    this.#lastArrivalMs = nowMs;
    for (let i = 0; i < values.length; i++) {
      this.#addPoint(timesNs[i] ?? 0n, values[i] ?? NaN, wallMs);
    }
    // The middle one stands for all: they were collected over some time, so their ages differ.
    const middleNs = timesNs[values.length >> 1] ?? 0n;
    this.#arrivals.add(nowMs, values.length, wallMs - toMs(middleNs));
  }

  ratePerSecond(nowMs: number): number {
    return this.#arrivals.ratePerSecond(nowMs);
  }

  statistics(nowMs: number): MetricStatistics {
    return {
      points: this.#arrivals.points,
      last: this.ring.size > 0 ? { timeMs: this.#lastMs, value: this.#lastValue } : undefined,
      ratePerSecond: this.ratePerSecond(nowMs),
      delayMs: this.#arrivals.delayMs(nowMs),
      gaps: this.#gaps.gaps,
      disordered: this.#faults.disordered?.count ?? 0,
    };
  }

  heard(nowMs: number): HeardPoints {
    return {
      points: this.#arrivals.points,
      ratePerSecond: this.ratePerSecond(nowMs),
      gaps: this.#gaps.gaps,
      silentForMs: nowMs - this.#lastArrivalMs,
      faults: this.#faults,
    };
  }

  #addPoint(timeNs: bigint, value: number, wallMs: number): void {
    const timeMs = toMs(timeNs);
    const isNewer = timeNs > this.#lastNs;
    this.#faults.add(timeMs, value, isNewer, wallMs);
    if (isNewer) {
      if (this.ring.size > 0) this.#gaps.add(timeMs - this.#lastMs);
    } else {
      // Most likely it was sent again. Older than all that is kept, it means a clock set back.
      if (timeMs >= this.ring.oldestMs) return;
      this.ring.clear();
    }
    this.ring.push(timeNs, value);
    this.#lastNs = timeNs;
    this.#lastMs = timeMs;
    this.#lastValue = value;
  }
}
