/**
 * What the terminal's log and syslog's have in common: local time, and a line for every record.
 *
 * @module
 */

import { getTextFormatter, type LogRecord, type TextFormatterOptions } from "@logtape/logtape";
import { describeError } from "../error_text.ts";
import { redactUrl } from "../redact_url.ts";

/** A formatter without a line break at the end: each destination ends lines in its own way. */
export function lineFormatter(options: TextFormatterOptions): (record: LogRecord) => string {
  const format = getTextFormatter({ timeZone: null, value: formatValue, ...options });
  return (record) => format(record).replace(/\n$/, "");
}

// Deno.inspect shows a URL's password among its properties.
const PASSWORD = /(\bpassword: )"(?:[^"\\]|\\.)*"/g;

/** A value as text: of an error its message, of anything else that is not a string its code, without passwords. */
export function formatValue(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Error) return describeError(value);
  if (value instanceof URL) return redactUrl(value.href);
  return Deno.inspect(value, { colors: false, compact: true, breakLength: Infinity })
    .replaceAll(PASSWORD, '$1"******"');
}
