/**
 * What the terminal's log and syslog's have in common: local time, and a line for every record.
 *
 * @module
 */

import { getTextFormatter, type LogRecord, type TextFormatterOptions } from "@logtape/logtape";
import { describeError } from "./failure.ts";

/** A formatter without a line break at the end: what writes the line adds what ends it there. */
export function lineFormatter(options: TextFormatterOptions): (record: LogRecord) => string {
  const format = getTextFormatter({ timeZone: null, value: formatValue, ...options });
  return (record) => format(record).replace(/\n$/, "");
}

// Errors as their messages, other values as code.
function formatValue(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Error) return describeError(value);
  return Deno.inspect(value, { colors: false, compact: true, breakLength: Infinity });
}
