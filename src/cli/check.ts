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
  // The source's own token is its name, and not a secret.
  const { token, ...others } = source;
  return JSON.stringify({ token, ...fieldsWithoutSecrets(others) }, undefined, 2);
}

const HIDDEN = "…";
// What an object that holds secrets may say besides.
const SHOWN_BESIDE_SECRETS = ["type", "user", "path"];

function fieldsWithoutSecrets(fields: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [redactUrl(name), withoutSecrets(name, value)]),
  );
}

function withoutSecrets(name: string, value: unknown): unknown {
  // Which header, or which argument of a program, holds a key is known to the device only.
  if (name === "headers") return hidden(value, []);
  if (name === "command" && Array.isArray(value)) return [value[0], ...hiddenParts(value.slice(1))];
  // One with a dot in it is the name of a metric.
  const isSecret = SECRET_NAME.test(name) && !(name.includes(".") && isObject(value));
  if (isSecret) return hidden(value, SHOWN_BESIDE_SECRETS);
  if (Array.isArray(value)) return value.map((part) => withoutSecrets("", part));
  if (isObject(value)) return fieldsWithoutSecrets(value);
  return typeof value === "string" ? shown(value) : value;
}

function hidden(value: unknown, except: readonly string[]): unknown {
  if (Array.isArray(value)) return hiddenParts(value);
  if (!isObject(value)) return HIDDEN;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [
      name,
      except.includes(name) && typeof part === "string" ? shown(part) : hidden(part, []),
    ]),
  );
}

function hiddenParts(parts: readonly unknown[]): unknown[] {
  return parts.map((part) => hidden(part, []));
}

function shown(text: string): string {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY/.test(text)) return HIDDEN;
  const [, path] = /^(\/[^?\s]*\?)/.exec(text) ?? [];
  return path === undefined ? redactUrl(text) : path + HIDDEN;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
