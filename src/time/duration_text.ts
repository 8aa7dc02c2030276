/**
 * Durations as text, such as `500ms`, to and from nanoseconds, exactly.
 *
 * @module
 */

import { quote } from "../quote.ts";

/** The units from the largest to the smallest; the first name of each is the one that is written. */
const UNITS: [nsPerUnit: bigint, ...names: [string, ...string[]]][] = [
  [86_400_000_000_000n, "d", "day", "days"],
  [3_600_000_000_000n, "h", "hour", "hours"],
  [60_000_000_000n, "min", "minute", "minutes"],
  [1_000_000_000n, "s", "second", "seconds", ""],
  [1_000_000n, "ms", "millisecond", "milliseconds"],
  // Two characters look like this: the Greek letter, which the reference knows, and the micro sign.
  [1_000n, "\u03BCs", "\u00B5s", "us", "microsecond", "microseconds"],
  [1n, "ns", "nanosecond", "nanoseconds"],
];

const NS_PER_UNIT = new Map(
  UNITS.flatMap(([nsPerUnit, ...names]) => names.map((name) => [name, nsPerUnit])),
);

const PATTERN =
  /^\s*(?<sign>[+-]?)(?=[.,]?\d)(?<whole>\d*)(?:[.,](?<fraction>\d+))?\s*(?<unit>\p{L}*)\s*$/u;

// Keeps a text from elsewhere from becoming an integer of a million digits.
const LONGEST_TEXT = 64;

/**
 * The nanoseconds that a number with a unit means; what is finer is cut off. Without a unit the
 * number means seconds.
 *
 * @throws {TypeError} If `text` is not a string.
 * @throws {SyntaxError} If it is not a number and a unit, or longer than 64 characters.
 */
export function parseDurationNs(text: string): bigint {
  if (typeof text !== "string") {
    throw new TypeError(`Cannot parse a duration: ${quote(text)} is given, a string is required`);
  }
  const parts = text.length <= LONGEST_TEXT ? PATTERN.exec(text)?.groups : undefined;
  const { sign, whole = "", fraction = "", unit = "" } = parts ?? {};
  const nsPerUnit = NS_PER_UNIT.get(unit);
  if (parts === undefined || nsPerUnit === undefined) {
    throw new SyntaxError(
      `Cannot parse a duration: ${quote(text)} is given, ` +
        `a number and one of the units d, h, min, s, ms, us and ns are required`,
    );
  }
  const magnitude = BigInt(whole + fraction) * nsPerUnit / 10n ** BigInt(fraction.length);
  return sign === "-" ? -magnitude : magnitude;
}

/** Nanoseconds as a whole number of the largest unit in which they are one; `0s` for none. */
export function formatDuration(ns: bigint): string {
  if (ns === 0n) return "0s";
  const [nsPerUnit, unit] = UNITS.find(([nsPerUnit]) => ns % nsPerUnit === 0n) ?? [1n, "ns"];
  return `${ns / nsPerUnit}${unit}`;
}
