/**
 * What people are told about an error.
 *
 * @module
 */

import { sanitizeControlSequences } from "@logtape/logtape";
import { redactUrl } from "./redact_url.ts";

const MAX_CAUSES = 5;

/** What to say of anything that was thrown. Never throws itself. */
export function errorText(error: unknown): string {
  if (error instanceof Error) return error.message || error.name;
  if (error === undefined || error === "") return "Unknown error";
  try {
    return String(error);
  } catch {
    // An object without a prototype, or with a `toString` of its own that fails.
    return "Unknown error";
  }
}

/** An error and its causes in one line without passwords, such as `"Cannot connect to …: refused"`. */
export function describeError(error: unknown): string {
  const parts: string[] = [];
  let cause = error;
  for (let depth = 0; depth < MAX_CAUSES; depth++) {
    const text = ownMessage(cause);
    // Many an error repeats its cause's message in its own.
    if (!parts.some((part) => part.includes(text))) parts.push(text);
    if (!(cause instanceof Error) || cause.cause === undefined) break;
    cause = cause.cause;
  }
  return oneLine(redactUrl(parts.join(": ")));
}

/** An error with its stack and those of its causes, without passwords. */
export function inspectError(error: unknown): string {
  const text = Deno.inspect(error, { colors: false });
  return sanitizeControlSequences(redactUrl(text), { sgr: "escape" });
}

/** A text from anywhere with line breaks and what could command a terminal made visible. */
export function oneLine(text: string): string {
  return sanitizeControlSequences(text, { newlines: "escape", sgr: "escape" });
}

function ownMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Of an `await using` block that has failed, and then again at its end: its own message is empty words.
  if (typeof SuppressedError === "function" && error instanceof SuppressedError) {
    return `${ownMessage(error.suppressed)}; then: ${ownMessage(error.error)}`;
  }
  const text = error.message.trim() || error.name;
  if (!(error instanceof AggregateError)) return text;
  return `${text} (${[...new Set(error.errors.map(ownMessage))].join("; ")})`;
}
