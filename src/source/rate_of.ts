/**
 * Counters that only grow, as rates.
 *
 * @module
 */

import { checkOptions } from "../option_names.ts";
import { clockOrSystem } from "../time/clock.ts";
import { Timestamp } from "../time/timestamp.ts";

/** Options of {@linkcode rateOf}. */
export interface RateOptions {
  /**
   * The number of values after which the counter begins again at 0: `2 ** 32` of one that counts in 32
   * bits.
   * @default {Infinity}
   */
  readonly wrapsAt?: number | undefined;
}

/** A counter's rate; see {@linkcode rateOf}. */
export interface Rate {
  /**
   * Takes a reading of the counter.
   *
   * @param count What the counter shows.
   * @param at When it was read: a time of the device's, or milliseconds of a monotonic clock.
   * @default {performance.now()}
   * @returns How much it has grown per second since the reading before; `undefined` for the first
   * reading, and NaN if the two tell nothing.
   */
  (count: number, at?: Timestamp | number): number | undefined;
}

/**
 * Makes rates per second of a counter's readings.
 *
 * A counter that shows less than before has either begun again at 0, having reached `wrapsAt`, or it
 * was reset, as by a restart of its device. It is taken for the first if it has then grown by no more
 * than half of `wrapsAt`; the second is "no reading" (NaN), as the growth before it is not known. A
 * reading that is NaN, and one with the time of the reading before, gives NaN and counts for nothing:
 * the next rate is the mean since the reading before it.
 *
 * @throws {RangeError} If `wrapsAt` is not above 0.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { rateOf } from "@metricq/source";
 *
 * const rate = rateOf({ wrapsAt: 2 ** 32 });
 * assert.equal(rate(2 ** 32 - 100, 1000), undefined);
 * assert.equal(rate(400, 2000), 500);
 * assert.equal(rate(0, 3000), NaN); // a reset
 * assert.equal(rate(50, 4000), 50);
 * ```
 */
export function rateOf(options: RateOptions = {}): Rate {
  checkOptions("make rate", options, { wrapsAt: true });
  const { wrapsAt = Infinity } = options;
  if (!(wrapsAt > 0)) {
    throw new RangeError(
      `Cannot make rate: wrapsAt ${wrapsAt} is given, a number above 0 is required`,
    );
  }
  let last: { readonly count: number; readonly atNs: number; readonly origin: bigint } | undefined;
  return (count, at = clockOrSystem().nowMs()) => {
    // Nanoseconds since 1970 do not fit into a double: they are counted from the first reading.
    const origin = last?.origin ?? (at instanceof Timestamp ? at.posixNs : 0n);
    const atNs = at instanceof Timestamp ? Number(at.posixNs - origin) : at * 1e6;
    const before = last;
    if (Number.isNaN(count) || atNs === before?.atNs) return NaN;
    last = { count, atNs, origin };
    if (before === undefined) return undefined;
    const seconds = (atNs - before.atNs) / 1e9;
    return seconds > 0 ? growth(before.count, count, wrapsAt) / seconds : NaN;
  };
}

function growth(before: number, now: number, wrapsAt: number): number {
  if (!(now < before)) return now - before;
  const wrapped = now + wrapsAt - before;
  return wrapped <= wrapsAt / 2 && wrapped < Infinity ? wrapped : NaN;
}
