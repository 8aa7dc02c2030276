/**
 * What `--check` prints.
 *
 * @module
 */

import type { CheckedSource } from "../agent/supervision.ts";
import { redactUrl, SECRET_NAME } from "../redact_url.ts";
import { printLine } from "./print.ts";

/** Prints, as JSON, what a source is configured with and what it would declare, but no secrets. */
export function printCheck(source: CheckedSource): void {
  printLine(JSON.stringify(source, hideSecret, 2));
}

function hideSecret(name: string, value: unknown): unknown {
  // Not the source's own token, which is its name.
  if (name !== "token" && SECRET_NAME.test(name) && typeof value !== "object") return "…";
  return typeof value === "string" ? redactUrl(value) : value;
}
