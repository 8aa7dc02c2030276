/**
 * How a program ends: what it says about an error, and the status it exits with.
 *
 * @module
 */

import { constants } from "node:os";
import { sanitizeControlSequences } from "@logtape/logtape";
import { redactUrl } from "../amqp/server_address.ts";
import { ReceivedSignal } from "../errors.ts";
import { UsageError } from "./usage_error.ts";

/** The status of a program that has done its work, or was stopped by SIGINT. */
export const EXIT_SUCCESS = 0;
/** The status of a program that something went wrong for. */
export const EXIT_FAILURE = 1;
/** The status of a program that was used wrongly. */
export const EXIT_USAGE = 2;

/** The exit status that tells a caller about an error. */
export function exitStatus(error: unknown): number {
  if (error instanceof UsageError) return EXIT_USAGE;
  if (error instanceof ReceivedSignal) return 128 + signalNumber(error.signal);
  return EXIT_FAILURE;
}

const MAX_CAUSES = 5;

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
  const text = error.message.trim() || error.name;
  if (!(error instanceof AggregateError)) return text;
  return `${text} (${[...new Set(error.errors.map(ownMessage))].join("; ")})`;
}

function signalNumber(signal: string): number {
  const numbers: Partial<Record<string, number>> = constants.signals;
  return numbers[signal] ?? 0;
}
