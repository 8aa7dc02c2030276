/**
 * A signed 64-bit count of nanoseconds in two numbers: what `Timestamp` and `Timedelta` are made of.
 * One number holds such a count exactly for 104 days only, and a `bigint` is allocated anew by
 * every operation.
 *
 * @module
 */

import { quote } from "../quote.ts";

/** Nanoseconds in a second. */
export const NS_PER_S = 1_000_000_000;

/** A count of nanoseconds: `seconds` rounded down, and the `nanoseconds` that remain. */
export interface Nanoseconds {
  /** Whole seconds, rounded down: -1 for half a second below zero. */
  readonly seconds: number;
  /** 0 to 999 999 999, counted up from `seconds`, below zero too. */
  readonly nanoseconds: number;
}

const MIN_NS = -(2n ** 63n);
const MAX_NS = 2n ** 63n - 1n;
const FIRST = divide(MIN_NS);
const LAST = divide(MAX_NS);
const RANGE = "a count of nanoseconds within 64 bits (about ±292 years)";

/**
 * Refuses what is not a count of nanoseconds within 64 bits.
 *
 * @throws {TypeError} If either part is not a number.
 * @throws {RangeError} If either part is not an integer or is out of range.
 */
export function validate(action: string, seconds: number, nanoseconds: number): void {
  if (
    Number.isInteger(nanoseconds) && nanoseconds >= 0 && nanoseconds < NS_PER_S &&
    Number.isInteger(seconds) && seconds > FIRST.seconds && seconds < LAST.seconds
  ) return;
  validateSlowly(action, seconds, nanoseconds);
}

/**
 * -1, 0 or 1, as `a` is below, equal to or above `b`.
 *
 * @throws {TypeError} If one is of another type.
 */
export function compare(a: Nanoseconds, b: Nanoseconds): -1 | 0 | 1 {
  const difference = a.seconds - b.seconds || a.nanoseconds - b.nanoseconds;
  if (difference < 0) return -1;
  if (difference > 0) return 1;
  if (difference === 0) return 0;
  throw new TypeError(`Cannot compare ${quote(a)} to ${quote(b)}: two times are required`);
}

/** The count as one integer. */
export function join({ seconds, nanoseconds }: Nanoseconds): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
}

/**
 * One integer as a count of nanoseconds.
 *
 * @throws {TypeError} If `ns` is not a bigint.
 * @throws {RangeError} If it is beyond 64 bits.
 */
export function split(action: string, ns: bigint): Nanoseconds {
  if (typeof ns !== "bigint") {
    throw new TypeError(`${action}: ${quote(ns)} is given, a bigint is required`);
  }
  if (ns < MIN_NS || ns > MAX_NS) {
    throw new RangeError(`${action}: ${quote(ns)} ns are given, ${RANGE} is required`);
  }
  return divide(ns);
}

/**
 * A number of some unit, rounded to the nearest nanosecond, halves away from zero. `0.001` seconds
 * is meant to be a millisecond, although the nearest double is a little more or less: truncation
 * would turn many decimal fractions into 1 ns too little.
 *
 * @throws {TypeError} If `value` is not a number.
 * @throws {RangeError} If `value` is NaN, infinite, or beyond 64 bits of nanoseconds.
 */
export function fromUnits(
  action: string,
  value: number,
  unit: string,
  perSecond: number,
): Nanoseconds {
  if (typeof value !== "number") {
    throw new TypeError(`${action}: ${quote(value)} is given, a number of ${unit} is required`);
  }
  const magnitude = Math.abs(value);
  // Remainders of doubles are exact, so only the product below is rounded.
  const rest = magnitude % perSecond;
  const seconds = (magnitude - rest) / perSecond;
  const nanoseconds = Math.round(rest * (NS_PER_S / perSecond));
  if (!(seconds <= LAST.seconds + 1)) {
    throw new RangeError(`${action}: ${value} ${unit} is given, ${RANGE} is required`);
  }
  return value < 0 ? carry(-seconds, -nanoseconds) : carry(seconds, nanoseconds);
}

/** The count in some unit, as the nearest number wherever the count is within 104 days of zero. */
export function toUnits({ seconds, nanoseconds }: Nanoseconds, perSecond: number): number {
  const total = seconds * NS_PER_S + nanoseconds;
  if (Number.isSafeInteger(total)) return total / (NS_PER_S / perSecond);
  return seconds * perSecond + nanoseconds / (NS_PER_S / perSecond);
}

/** Brings nanoseconds that have left their second by less than a second back into one. */
export function carry(seconds: number, nanoseconds: number): Nanoseconds {
  if (nanoseconds < 0) return { seconds: seconds - 1, nanoseconds: nanoseconds + NS_PER_S };
  if (nanoseconds < NS_PER_S) return { seconds, nanoseconds };
  return { seconds: seconds + 1, nanoseconds: nanoseconds - NS_PER_S };
}

function divide(ns: bigint): Nanoseconds {
  const rest = ns % 1_000_000_000n;
  const nanoseconds = rest < 0n ? rest + 1_000_000_000n : rest;
  return {
    seconds: Number((ns - nanoseconds) / 1_000_000_000n),
    nanoseconds: Number(nanoseconds),
  };
}

function validateSlowly(action: string, seconds: number, nanoseconds: number): void {
  if (typeof seconds !== "number" || typeof nanoseconds !== "number") {
    throw new TypeError(
      `${action}: ${quote(seconds)} and ${quote(nanoseconds)} are given, two numbers are required`,
    );
  }
  if (!Number.isInteger(nanoseconds) || nanoseconds < 0 || nanoseconds >= NS_PER_S) {
    throw new RangeError(
      `${action}: ${nanoseconds} nanoseconds are given, an integer of 0 to 999999999 is required`,
    );
  }
  if (!Number.isInteger(seconds)) {
    throw new RangeError(`${action}: ${seconds} seconds are given, an integer is required`);
  }
  const given = { seconds, nanoseconds };
  if (compare(given, FIRST) < 0 || compare(given, LAST) > 0) {
    throw new RangeError(
      `${action}: ${seconds} s and ${nanoseconds} ns are given, ${RANGE} is required`,
    );
  }
}
