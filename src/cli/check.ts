/**
 * What `--check` prints.
 *
 * @module
 */

import type { CheckedSource } from "../agent/supervision.ts";
import { redactUrl, SECRET_NAME } from "../redact_url.ts";
import { printLine } from "./print.ts";

/** Prints, as JSON, a source's configuration and what it would declare; secrets are left out. */
export function printCheck(source: CheckedSource): void {
  printLine(JSON.stringify(source, hideSecret, 2));
}

function hideSecret(name: string, value: unknown): unknown {
  // The source's own token is its name, and not a secret.
  if (name !== "token" && SECRET_NAME.test(name) && typeof value !== "object") return "…";
  return typeof value === "string" ? redactUrl(value) : value;
}
