/**
 * The types of JSON Schema, in words.
 *
 * @module
 */

import { isJsonObject, type JsonValue } from "../../rpc/json.ts";
import type { Schema } from "./schema.ts";

const TYPE_WORDS: Readonly<Record<string, string>> = {
  null: "null",
  boolean: "true or false",
  number: "a number",
  integer: "a whole number",
  string: "a text",
  array: "a list",
  object: "an object",
};

const IS_OF_TYPE: Readonly<Record<string, (value: JsonValue) => boolean>> = {
  null: (value) => value === null,
  boolean: (value) => typeof value === "boolean",
  number: (value) => typeof value === "number",
  integer: Number.isInteger,
  string: (value) => typeof value === "string",
  array: Array.isArray,
  object: isJsonObject,
};

/** Whether a value is of a type. */
export function isOfType(type: string, value: JsonValue): boolean {
  return IS_OF_TYPE[type]?.(value) ?? false;
}

/** What is wrong with the type of a value. */
export function typeProblem({ type }: Schema, value: JsonValue): string | undefined {
  if (type === undefined || type.some((each) => isOfType(each, value))) return undefined;
  return `${list(type.map((each) => TYPE_WORDS[each] ?? each))} is required, ${
    wordFor(value)
  } is given`;
}

function wordFor(value: JsonValue): string {
  if (typeof value === "string") return "a text";
  if (Array.isArray(value)) return "a list";
  return isJsonObject(value) ? "an object" : String(value);
}

/** Words in a list, as in "a, b or c". */
export function list(words: readonly string[], before = "or"): string {
  if (words.length < 2) return words.join();
  return `${words.slice(0, -1).join(", ")} ${before} ${words.at(-1)}`;
}
