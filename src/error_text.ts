/**
 * What people are told about an error.
 *
 * @module
 */

import { sanitizeControlSequences } from "@logtape/logtape";
import { redactUrl } from "./redact_url.ts";

const MAX_CAUSES = 5;
// Of the errors of an `AggregateError`, and of the parts of a message that is a list.
const MAX_PARTS = 20;
// An error that quotes all that a device has answered would fill the log.
const MAX_CHARACTERS = 10_000;

const UNKNOWN = "Unknown error";

/** What to say of anything that was thrown, cut short and without passwords. Never throws itself. */
export function errorText(error: unknown): string {
  if (!isError(error)) return shown(textOf(error)) || UNKNOWN;
  return shown(textOf(read(error, "message"))) || shown(textOf(read(error, "name"))) || UNKNOWN;
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
  return oneLine(parts.join(": "));
}

/** An error with its stack and those of its causes, without passwords. */
export function inspectError(error: unknown): string {
  return sanitizeControlSequences(redactUrl(inspected(error)), { sgr: "escape" });
}

/** A text from anywhere with line breaks and what could command a terminal made visible. */
export function oneLine(text: string): string {
  return sanitizeControlSequences(text, { newlines: "escape", sgr: "escape" });
}

function ownMessage(error: unknown, depth: number = 0): string {
  if (depth > MAX_CAUSES) return "…"; // it may hold itself
  // Of an `await using` block that has failed, and then again at its end: its own message is empty words.
  if (isInstance(error, globalThis.SuppressedError)) {
    const [suppressed, then] = [read(error, "suppressed"), read(error, "error")];
    return `${ownMessage(suppressed, depth + 1)}; then: ${ownMessage(then, depth + 1)}`;
  }
  const text = error === undefined ? "undefined" : errorText(error).trim() || UNKNOWN;
  if (!isInstance(error, AggregateError)) return text;
  const errors = partsOf(read(error, "errors")) ?? [];
  const messages = errors.map((one) => ownMessage(one, depth + 1));
  return `${text} (${[...new Set(messages)].join("; ")})`;
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

function textOf(value: unknown, depth: number = 0): string {
  if (value === undefined) return "";
  try {
    const parts = partsOf(value);
    if (parts === undefined) return String(value);
    return depth > MAX_CAUSES ? "" : parts.map((part) => textOf(part, depth + 1)).join("; ");
  } catch {
    return ""; // an object without a prototype, or with a `toString` of its own that fails
  }
}

/** The first elements of a list, which may be a proxy that fails. */
function partsOf(value: unknown): unknown[] | undefined {
  try {
    return Array.isArray(value) ? Array.from(value.slice(0, MAX_PARTS)) : undefined;
  } catch {
    return undefined;
  }
}

function shown(text: string): string {
  // Twice: a password at the end is not cut in the middle, and the time is bounded all the same.
  const clean = redactUrl(text.slice(0, 2 * MAX_CHARACTERS));
  return clean.length <= MAX_CHARACTERS ? clean : `${clean.slice(0, MAX_CHARACTERS)}…`;
}
