/**
 * Parsers for the values of options: durations, times, names of metrics, numbers.
 *
 * @module
 */

import { checkMetricName } from "../chunk/metric_name.ts";
import { Timedelta } from "../time/timedelta.ts";
import { Timestamp } from "../time/timestamp.ts";
import { fillPlaceholders } from "./placeholders.ts";

/**
 * Reads a duration: a number and a unit such as `"500ms"`, `"1.5 h"` or `"2 days"`; seconds without
 * a unit.
 *
 * @throws {SyntaxError} If the text is not a duration.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseDuration } from "@metricq/source/cli";
 *
 * assert.equal(parseDuration("1.5 min").s, 90);
 * ```
 */
export function parseDuration(text: string): Timedelta {
  return Timedelta.fromString(text);
}

/**
 * Reads a point in time: ISO 8601 with a zone, seconds since 1970, `"now"`, `"epoch"`, or a time
 * before now as a duration with a minus sign, such as `"-10h"`.
 *
 * @throws {SyntaxError} If the text is none of these.
 * @throws {RangeError} If there is no such date, or it is out of range.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseTimestamp } from "@metricq/source/cli";
 *
 * assert.equal(parseTimestamp("1970-01-01T01:00:00+01:00").posixNs, 0n);
 * assert.equal(parseTimestamp("1700000000.000000001").posixNs, 1700000000000000001n);
 * assert(parseTimestamp("-10h") < parseTimestamp("now"));
 * ```
 */
export function parseTimestamp(text: string): Timestamp {
  if (text === "now") return Timestamp.now();
  if (text === "epoch") return Timestamp.fromPosixNs(0n);
  try {
    if (text.startsWith("-")) return Timestamp.now().add(Timedelta.fromString(text));
    // Not through a number, which would lose the nanoseconds.
    if (/^\d+(\.\d*)?$/.test(text)) return Timestamp.fromPosixNs(Timedelta.fromString(text).ns);
    return Timestamp.fromIso8601(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new SyntaxError(
      `Cannot parse a time: ${JSON.stringify(text)} is given, ISO 8601 with a zone ` +
        '("2012-12-21T00:00:00Z"), seconds since 1970, "now", "epoch" or a past duration ("-10h") is required',
    );
  }
}

/**
 * Reads the name of a metric.
 *
 * @throws {RangeError} If the network cannot carry the name.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseMetric } from "@metricq/source/cli";
 *
 * assert.equal(parseMetric("example.room1.power"), "example.room1.power");
 * assert.throws(() => parseMetric("example.*"), RangeError);
 * ```
 */
export function parseMetric(text: string): string {
  checkMetricName(text);
  return text;
}

/**
 * Reads a whole number of at least 1.
 *
 * @throws {RangeError} If the text is not one.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parsePositiveInteger } from "@metricq/source/cli";
 *
 * assert.equal(parsePositiveInteger("10"), 10);
 * assert.throws(() => parsePositiveInteger("1.5"), RangeError);
 * ```
 */
export function parsePositiveInteger(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number > 0) return number;
  throw new RangeError("a positive integer is required");
}

/**
 * Reads a TCP port.
 *
 * @throws {RangeError} If the text is not an integer from 0 to 65535.
 */
export function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new RangeError("a port from 0 to 65535 is required");
}

/**
 * Fills in `$USER` and `$HOST`, as in `--server` and `--token`. Other names stay as they are.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseTemplate } from "@metricq/source/cli";
 *
 * assert.equal(parseTemplate("$OTHER costs 5 $$"), "$OTHER costs 5 $");
 * ```
 */
export function parseTemplate(text: string): string {
  return fillPlaceholders(text).text;
}
