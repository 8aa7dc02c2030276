/**
 * What a device says.
 *
 * @module
 */

import type { Timestamp } from "../time/timestamp.ts";

/** A value that has a time of its own, such as that at which the device has measured it. */
export interface TimedValue {
  /** When it was measured. */
  readonly time: Timestamp;
  /** The value; NaN is "no reading". */
  readonly value: number;
}

/**
 * What a device says of one metric: a number, which has the time of the reading; one value or several
 * with times of their own, in their order, an empty list being nothing to send yet; or why there is no
 * number.
 */
export type Reading = number | Error | TimedValue | readonly TimedValue[];

/** What a device says: a reading of each metric. */
export type Readings = Readonly<Record<string, Reading>>;

/** Whether a reading has times of its own. */
export function isTimed(
  reading: Reading | undefined,
): reading is TimedValue | readonly TimedValue[] {
  return typeof reading === "object" && !(reading instanceof Error);
}
