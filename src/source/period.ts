/**
 * What sources do with the period in their configuration: read it, and derive from it.
 *
 * @module
 */

import { MAX_CHUNK_POINTS } from "../chunk/chunk_builder.ts";
import { quote } from "../quote.ts";
import { requireDuration } from "../time/require_duration.ts";
import type { Duration, Timedelta } from "../time/timedelta.ts";

/** How often to measure, in a configuration: one of these fields. */
export interface PeriodConfig {
  /** The time between two points: seconds as a number, or a text such as `"500ms"`. */
  readonly interval?: number | string | undefined;
  /** The same by another name. */
  readonly period?: number | string | undefined;
  /** Points per second: a number, or a text such as `"10"` or `"10 Hz"`. */
  readonly rate?: number | string | undefined;
}

const FIELDS = ["interval", "period", "rate"] as const;

/**
 * Reads the period of a configuration, whether it is called `interval`, `period` or `rate`.
 *
 * @param config The configuration; its other fields do not matter.
 * @param fallback The period of a configuration without one; if it is left out too, that is an error.
 * @throws {TypeError} If there is neither a period nor a fallback, or more than one period.
 * @throws {TypeError | RangeError | SyntaxError} If it is not a duration, or a rate, above 0.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { readPeriod } from "@metricq/source";
 *
 * assert.equal(readPeriod({ interval: "500ms" }).s, 0.5);
 * assert.equal(readPeriod({ rate: "20 Hz" }).ms, 50);
 * assert.equal(readPeriod({}, "1min").s, 60);
 * assert.throws(() => readPeriod({ rate: 0 }), RangeError);
 * ```
 */
export function readPeriod(config: PeriodConfig, fallback?: Duration): Timedelta {
  if (typeof config !== "object" || config === null) {
    throw new TypeError(
      `Cannot read period: ${quote(config)} is given, a configuration is required`,
    );
  }
  const given = FIELDS.filter((field) => config[field] !== undefined && config[field] !== null);
  const [field] = given;
  if (given.length > 1 || field === undefined && fallback === undefined) {
    throw new TypeError(
      `Cannot read period: ${
        given.join(" and ") || "none"
      } is given, one of interval, period and rate is required`,
    );
  }
  if (field === undefined) return requireDuration("Cannot read fallback", fallback ?? NaN);
  const value = config[field] ?? NaN;
  return requireDuration(`Cannot read ${field}`, field === "rate" ? 1 / readRate(value) : value);
}

/**
 * The fields of metadata that follow from a period: the rate in Hz, and the exact interval.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { periodMetadata } from "@metricq/source";
 *
 * const metadata = { unit: "W", ...periodMetadata("50ms") };
 * assert.deepEqual(metadata, { unit: "W", rate: 20, interval: "50ms" });
 * ```
 */
export function periodMetadata(period: Duration): { rate: number; interval: string } {
  const timedelta = requireDuration("Cannot use period", period);
  // Of integers: 1 / 0.05 s is 20, while 1 / 0.3 ms as seconds is not quite 3333.3…
  return { rate: 1e9 / Number(timedelta.ns), interval: timedelta.preciseString };
}

/**
 * The chunk size with which a metric of a period is sent about once a second; 1 for one that is not
 * faster than that.
 *
 * @param period The time between two points.
 * @param sendPeriod The time between two messages, 1 s by default.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { chunkSizeFor } from "@metricq/source";
 *
 * assert.equal(chunkSizeFor("1ms"), 1000);
 * assert.equal(chunkSizeFor("1min"), 1);
 * ```
 */
export function chunkSizeFor(period: Duration, sendPeriod: Duration = 1): number {
  const size = requireDuration("Cannot use sendPeriod", sendPeriod)
    .divide(requireDuration("Cannot use period", period));
  return Math.min(Math.max(Math.round(size), 1), MAX_CHUNK_POINTS);
}

function readRate(rate: number | string): number {
  const hz = typeof rate === "string" ? Number(rate.trim().replace(/Hz$/i, "") || NaN) : rate;
  if (typeof hz === "number" && hz > 0 && hz < Infinity) return hz;
  throw new RangeError(
    `Cannot read rate: ${JSON.stringify(rate)} is given, a number of Hz above 0 is required`,
  );
}
