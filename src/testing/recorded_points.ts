/**
 * All points that sources have sent, for tests that look at them afterwards.
 *
 * @module
 */

import type { DecodedChunk } from "../chunk/decode_chunk.ts";

const MAX_POINTS = 5_000_000; // 80 MB

/** A point as it came. */
export interface RecordedPoint {
  /** Nanoseconds since the Unix epoch. */
  readonly timeNs: bigint;
  readonly value: number;
}

/** The points of all metrics, each metric's in the order of arrival; beyond a limit they are only counted. */
export class RecordedPoints {
  readonly #chunks = new Map<string, DecodedChunk[]>();
  #kept = 0;
  #dropped = 0;

  /** Adds the points of a chunk. */
  add(metric: string, chunk: DecodedChunk): void {
    if (this.#kept + chunk.values.length > MAX_POINTS) {
      this.#dropped += chunk.values.length;
      return;
    }
    this.#kept += chunk.values.length;
    const chunks = this.#chunks.get(metric);
    if (chunks === undefined) this.#chunks.set(metric, [chunk]);
    else chunks.push(chunk);
  }

  /**
   * Looks for the first `count` points of a metric, later than a time if one is given.
   *
   * @returns A function that finds them as soon as there are enough; it resumes where it stopped.
   */
  search(metric: string, count: number, afterNs?: bigint): () => RecordedPoint[] | undefined {
    const found: RecordedPoint[] = [];
    let next = 0;
    return () => {
      const chunks = this.#chunks.get(metric) ?? [];
      for (const chunk of chunks.slice(next)) {
        for (const point of pointsOf(chunk)) {
          if (afterNs === undefined || point.timeNs > afterNs) found.push(point);
        }
      }
      next = chunks.length;
      return found.length < count ? undefined : found.slice(0, count);
    };
  }

  /** What has come, in words, of the given metric first. */
  describe(metric: string): string {
    const others = [...this.#chunks.keys()].filter((name) => name !== metric)
      .map((name) => `${this.#count(name)} of "${name}"`);
    const shown = others.length > 10
      ? [...others.slice(0, 10), `${others.length - 10} other metrics`]
      : others;
    const dropped = this.#dropped > 0
      ? `; ${this.#dropped} were not kept, as they were more than ${MAX_POINTS}`
      : "";
    return `${[`${this.#count(metric)} have come`, ...shown].join(", ")}${dropped}`;
  }

  #count(metric: string): number {
    return (this.#chunks.get(metric) ?? []).reduce((sum, { values }) => sum + values.length, 0);
  }
}

function* pointsOf({ timesNs, values }: DecodedChunk): Iterable<RecordedPoint> {
  for (const [i, timeNs] of timesNs.entries()) yield { timeNs, value: values[i] ?? NaN };
}
