/**
 * Points in two arrays, which become a chunk without being collected before.
 *
 * @module
 */

import { copyDoubles, type Points } from "./data_chunk.ts";
import { packBetween, packFour, writeHalves } from "./time_delta.ts";
import { distanceError, halvesIn } from "./time_halves.ts";

/** The points from index `start` up to, not including, `end`. */
export class ArrayPoints implements Points {
  readonly #timesNs: BigInt64Array;
  readonly #values: Float64Array;
  readonly #start: number;
  readonly #end: number;

  /** Of times in nanoseconds since the Unix epoch, and as many values. */
  constructor(timesNs: BigInt64Array, values: Float64Array, start: number, end: number) {
    this.#timesNs = timesNs;
    this.#values = values;
    this.#start = start;
    this.#end = end;
  }

  get length(): number {
    return this.#end - this.#start;
  }

  /** @throws {RangeError} If two times that follow each other are not less than 2^63 ns apart. */
  packTimes(view: DataView, at: number): number {
    const halves = halvesIn(this.#timesNs);
    const end = this.#end;
    let i = this.#start;
    let low = halves[2 * i] as number;
    let high = halves[2 * i + 1] as number;
    at = writeHalves(view, at, low, high);
    i++;
    while (i < end) {
      for (; i < end - 3; i += 4) {
        const first = halves[2 * i] as number;
        const second = halves[2 * i + 2] as number;
        const third = halves[2 * i + 4] as number;
        const fourth = halves[2 * i + 6] as number;
        const isNear =
          (high ^ (halves[2 * i + 1] as number) | high ^ (halves[2 * i + 3] as number) |
              high ^ (halves[2 * i + 5] as number) | high ^ (halves[2 * i + 7] as number)) === 0 &&
          // Not if one of them is below the one before, as its lower half has begun anew.
          (low & ~fourth) >= 0;
        if (!isNear) break;
        const next = packFour(
          view,
          at,
          first - low,
          second - first,
          third - second,
          fourth - third,
        );
        if (next === at) break;
        at = next;
        low = fourth;
      }
      for (const last = Math.min(i + 4, end); i < last; i++) {
        const nextLow = halves[2 * i] as number;
        const nextHigh = halves[2 * i + 1] as number;
        at = packBetween(view, at, low, high, nextLow, nextHigh);
        if (at === -1) throw distanceError(this.#timesNs[i]);
        low = nextLow;
        high = nextHigh;
      }
    }
    return at;
  }

  copyValues(bytes: Uint8Array, view: DataView, at: number): void {
    copyDoubles(this.#values, this.#start, this.#end, bytes, view, at);
  }
}
