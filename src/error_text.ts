/**
 * What people are told about an error.
 *
 * @module
 */

import { sanitizeControlSequences } from "@logtape/logtape";
import { redactUrl } from "./redact_url.ts";

const MAX_CAUSES = 5;

const UNKNOWN = "Unknown error";

/** What to say of anything that was thrown. Never throws itself. */
export function errorText(error: unknown): string {
  if (!isError(error)) return textOf(error) || UNKNOWN;
  return textOf(read(error, "message")) || textOf(read(error, "name")) || UNKNOWN;
}

/** Anything that was thrown as an error whose name and message can be relied upon. */
export function toError(thrown: unknown): Error {
  const isDecent = isError(thrown) && typeof read(thrown, "message") === "string" &&
    typeof read(thrown, "name") === "string";
  return isDecent ? thrown : new Error(errorText(thrown), { cause: thrown });
}

/** An error and its causes in one line, whatever was thrown, without passwords, such as `"Cannot connect to …: refused"`. */
export function describeError(error: unknown): string {
  const parts: string[] = [];
  let cause = error;
  for (let depth = 0; depth < MAX_CAUSES; depth++) {
    const text = ownMessage(cause);
    // Many an error repeats its cause's message in its own.
    if (!parts.some((part) => part.includes(text))) parts.push(text);
    // What both errors say is its own message here, and its cause only where runtimes show it.
    const isBoth = isInstance(cause, globalThis.SuppressedError);
    const next = isError(cause) && !isBoth ? read(cause, "cause") : undefined;
    if (next === undefined) break;
    cause = next;
  }
  return oneLine(redactUrl(parts.join(": ")));
}

/** An error with its stack and those of its causes, without passwords. */
export function inspectError(error: unknown): string {
  return sanitizeControlSequences(redactUrl(inspected(error)), { sgr: "escape" });
}

/** A text from anywhere with line breaks and what could command a terminal made visible. */
export function oneLine(text: string): string {
  return sanitizeControlSequences(text, { newlines: "escape", sgr: "escape" });
}

function ownMessage(error: unknown): string {
  // Of an `await using` block that has failed, and then again at its end: its own message is empty words.
  if (isInstance(error, globalThis.SuppressedError)) {
    return `${ownMessage(read(error, "suppressed"))}; then: ${ownMessage(read(error, "error"))}`;
  }
  const text = error === undefined ? "undefined" : errorText(error).trim() || UNKNOWN;
  if (!isInstance(error, AggregateError)) return text;
  const errors = read(error, "errors");
  return `${text} (${
    [...new Set(Array.isArray(errors) ? errors.map(ownMessage) : [])].join("; ")
  })`;
}

function inspected(error: unknown): string {
  try {
    return Deno.inspect(error, { colors: false });
  } catch {
    return describeError(error); // its own way of being shown fails
  }
}

function isError(value: unknown): value is Error {
  return isInstance(value, Error);
}

function isInstance<Type extends object>(
  value: unknown,
  type: (abstract new (...args: never[]) => Type) | undefined,
): value is Type {
  try {
    return type !== undefined && value instanceof type;
  } catch {
    return false; // a proxy may fail at that
  }
}

/** A property, which may be a getter that fails. */
function read(error: object, property: string): unknown {
  try {
    return Reflect.get(error, property);
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string {
  if (value === undefined) return "";
  try {
    return Array.isArray(value) ? value.map(textOf).join("; ") : String(value);
  } catch {
    return ""; // an object without a prototype, or with a `toString` of its own that fails
  }
}
