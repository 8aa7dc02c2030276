/**
 * Wrong use of a program's command line, as opposed to anything that fails later.
 *
 * @module
 */

import { recogniseAcrossCopies } from "../across_copies.ts";
import { redactUrl } from "../redact_url.ts";

/**
 * The command line, the environment or a `.metricq` file holds a value that cannot be used. Thrown by
 * the `main` of {@linkcode command}, it ends the program with exit status 2 and a hint at `--help`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { UsageError } from "@metricq/source";
 *
 * function readChannels(text: string): number[] {
 *   const channels = text.split(",").map(Number);
 *   if (channels.every(Number.isInteger)) return channels;
 *   throw new UsageError(`Cannot use --channels "${text}": numbers such as 1,2,5 are required`);
 * }
 *
 * assert.deepEqual(readChannels("1,2,5"), [1, 2, 5]);
 * assert.throws(() => readChannels("all"), UsageError);
 * ```
 */
export class UsageError extends Error {
  /** The name of this class. */
  override name = "UsageError";
}

recogniseAcrossCopies({ UsageError });

/** Whether a given text may be a URL with a password, so that no message may repeat it. */
export function mayHoldPassword(text: string): boolean {
  return text.includes("@") || redactUrl(text) !== text;
}

/** A given text in quotes, for a message, unless it may hold a password. */
export function quoteGiven(text: string): string {
  if (mayHoldPassword(text)) return `"…" (hidden, as it may hold a password)`;
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
