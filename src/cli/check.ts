/**
 * What `--check` prints.
 *
 * @module
 */

import type { CheckedSource } from "../agent/supervision.ts";
import { redactUrl, SECRET_NAME } from "../redact_url.ts";
import { printLine } from "./print.ts";

/** Prints what {@linkcode checkText} tells. */
export function printCheck(source: CheckedSource): void {
  printLine(checkText(source));
}

/** A source's configuration and what it would declare, as JSON; secrets are left out. */
export function checkText(source: CheckedSource): string {
  return JSON.stringify(source, hideSecrets(source), 2);
}

function hideSecrets(
  source: CheckedSource,
): (this: unknown, name: string, value: unknown) => unknown {
  return function (name, value) {
    // The source's own token is its name, and not a secret.
    if (this === source && name === "token") return value;
    // Which header holds a key is known to the device only.
    if (name === "headers" && typeof value === "object" && value !== null) {
      return Object.fromEntries(Object.keys(value).map((header) => [header, HIDDEN]));
    }
    if (SECRET_NAME.test(name) && typeof value !== "object") return HIDDEN;
    return typeof value === "string" ? redactUrl(value) : value;
  };
}

const HIDDEN = "…";
