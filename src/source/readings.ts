/**
 * What a device says.
 *
 * @module
 */

import { quote } from "../quote.ts";
import { timestampRequired } from "../time/instant.ts";
import { Timestamp } from "../time/timestamp.ts";

/** A value that has a time of its own, such as that at which the device has measured it. */
export interface TimedValue {
  /** When it was measured. */
  readonly time: Timestamp;
  /** The value; NaN is "no reading". */
  readonly value: number;
}

/**
 * What a device says of one metric: a number, which has the time of the reading; one value or several
 * with times of their own, in their order, an empty list being nothing to send yet; `null`, which is
 * "no reading"; or why there is no number. `undefined` is "no reading" as well, and a warning tells of
 * it unless there is a number the next time.
 */
export type Reading = number | null | undefined | Error | TimedValue | readonly TimedValue[];

/** What a device says: a reading of each metric. */
export type Readings<Name extends string = string> = Readonly<Record<Name, Reading>>;

/** Whether a reading has times of its own. */
export function isTimed(reading: Reading): reading is TimedValue | readonly TimedValue[] {
  return typeof reading === "object" && reading !== null && !(reading instanceof Error);
}

/**
 * Why something is no reading of a metric, whatever TypeScript says of it: much of what devices tell
 * is of type `any`.
 */
export function problemOf(metric: string, reading: unknown): Error | undefined {
  if (typeof reading === "number" || reading === null || reading === undefined) return undefined;
  if (reading instanceof Error) return reading;
  const isList = Array.isArray(reading);
  const values: readonly unknown[] = isList ? reading : [reading];
  for (const one of values) {
    if (typeof one !== "object" || one === null || !("time" in one && "value" in one)) {
      return isList ? timedRequired(metric, one) : numberRequired(metric, one);
    }
    if (!(one.time instanceof Timestamp)) return timestampRequired(metric, one.time);
    if (typeof one.value !== "number") return numberRequired(metric, one.value);
  }
  return undefined;
}

function numberRequired(metric: string, given: unknown): TypeError {
  return new TypeError(`${metric}: ${shown(given)} is given, a number is required`);
}

function timedRequired(metric: string, given: unknown): TypeError {
  return new TypeError(
    `${metric}: a list with ${
      shown(given)
    } is given, a number, or a list of { time, value } is required`,
  );
}

function shown(given: unknown): string {
  return typeof given === "bigint" ? `${quote(given)}n` : quote(given);
}
