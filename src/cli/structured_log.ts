/**
 * The log for programs to read: a JSON object or a logfmt line for every record.
 *
 * LogTape's own JSON formatter is not used: it leaves passwords in addresses, and writes errors as
 * empty objects.
 *
 * @module
 */

import type { LogRecord } from "@logtape/logtape";
import { describeError, inspectError, oneLine } from "../error_text.ts";
import { redactUrl } from "../redact_url.ts";
import { formatValue } from "./log_format.ts";

/** The formats of the log on the standard error. */
export const LOG_FORMATS = ["pretty", "json", "logfmt"] as const;

/** The format of the log on the standard error. */
export type LogFormat = (typeof LOG_FORMATS)[number];

type Field = string | number | boolean | null;

/**
 * Formats a record as one line: `time` (ISO 8601, UTC), `level`, `logger`, `message`, and the
 * message's parts under their own names; with `showStacks` also an error's `stack`.
 */
export function structuredFormatter(
  format: Exclude<LogFormat, "pretty">,
  showStacks: boolean,
): (record: LogRecord) => string {
  return (record) => {
    const fields = fieldsOf(record, showStacks);
    if (format === "json") return JSON.stringify(fields);
    return Object.entries(fields).map(([name, value]) => `${logfmtName(name)}=${logfmt(value)}`)
      .join(" ");
  };
}

function fieldsOf(record: LogRecord, showStacks: boolean): Record<string, Field> {
  const message = record.message.map(formatValue).join("");
  const fields: Record<string, Field> = {
    time: new Date(record.timestamp).toISOString(),
    level: record.level,
    logger: record.category.join("."),
    message: oneLine(redactUrl(message)),
  };
  const values = [...Object.values(record.properties), ...record.message];
  for (const [name, value] of Object.entries(record.properties)) {
    fields[name in fields ? `${name}_` : name] = field(value);
  }
  const error = values.find((value) => value instanceof Error);
  if (showStacks && error !== undefined) fields["stack"] = inspectError(error);
  return fields;
}

function field(value: unknown): Field {
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "boolean" || value === null) return value;
  if (value instanceof Error) return describeError(value);
  return redactUrl(formatValue(value));
}

function logfmtName(name: string): string {
  return name.replaceAll(/[\s="]/g, "_");
}

function logfmt(value: Field): string {
  const text = String(value);
  // Quotes only where a bare word would be misread.
  return /^[^\s="\\\p{C}]+$/u.test(text) ? text : JSON.stringify(text);
}
