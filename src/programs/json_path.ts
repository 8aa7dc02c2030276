/**
 * Paths to a value within JSON.
 *
 * @module
 */

import { quote } from "../quote.ts";

/** The steps to a value: names of fields, and indexes of arrays, from the end if negative. */
export type JsonPath = readonly (string | number)[];

// The part of RFC 9535 that names one value: the member name shorthand, and names in either quotes.
// A hyphen in a shorthand is not in the RFC, but other libraries take it as well.
const FIRST = "A-Za-z_\\u0080-\\ud7ff\\u{e000}-\\u{10ffff}";
const SHORTHAND = `[${FIRST}][${FIRST}\\d-]*`;
const BLANK = "[ \\t\\n\\r]*";
const INDEX = "(0|-?[1-9]\\d*)";
const DOUBLE = `"((?:[^"\\\\\\u0000-\\u001f]|\\\\.)*)"`;
const SINGLE = `'((?:[^'\\\\\\u0000-\\u001f]|\\\\.)*)'`;
const BRACKETS = `\\[${BLANK}(?:${INDEX}|${DOUBLE}|${SINGLE})${BLANK}\\]`;
const ROOTED_STEP = new RegExp(`${BLANK}(?:\\.(${SHORTHAND})|${BRACKETS})`, "uy");
// Without a root, names may hold anything that does not end them.
const STEP = new RegExp(`\\.?([^.[\\]"'*]+)|\\.?${BRACKETS}`, "uy");

/**
 * Reads a path such as `sensors[0].temperature`, `rooms["1.07"].power` or `readings[-1]`; with a root
 * in front, `$.sensors[0]['temperature']`, by the rules of RFC 9535 for paths to one value.
 *
 * @throws {SyntaxError} If it is not a path, or a path to several values, such as `$..power` or `a[*]`.
 *
 * @example
 * ```ts no-assert
 * // parseJsonPath("$.sensors[0].temperature") is ["sensors", 0, "temperature"]
 * ```
 */
export function parseJsonPath(text: string): JsonPath {
  const isRooted = text.startsWith("$");
  const pattern = isRooted ? ROOTED_STEP : STEP;
  const path: (string | number)[] = [];
  let end = isRooted ? 1 : 0;
  while (end < text.length) {
    pattern.lastIndex = end;
    const step = pattern.exec(text);
    if (step === null) throw noPath(text);
    const [all, field, index, double, single] = step;
    end += all.length;
    if (index !== undefined) path.push(indexOf(index, text));
    else path.push(field ?? unescape(double, single, text));
  }
  if (!isRooted && (text === "" || text.startsWith("."))) throw noPath(text);
  return path;
}

/** The value at a path, or `undefined`. */
export function valueAt(json: unknown, path: JsonPath): unknown {
  let value = json;
  for (const step of path) {
    if (Array.isArray(value)) value = typeof step === "number" ? value.at(step) : undefined;
    else if (typeof step === "string" && isObject(value) && Object.hasOwn(value, step)) {
      value = Reflect.get(value, step);
    } else return undefined;
  }
  return value;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function indexOf(digits: string, text: string): number {
  const index = Number(digits);
  if (!Number.isSafeInteger(index)) throw noPath(text);
  return index;
}

/** Reads the text between quotes: with JSON's escapes, and with its own quote in place of the double one. */
function unescape(double: string | undefined, single: string | undefined, text: string): string {
  const inner = double ?? (single ?? "").replaceAll(
    /\\.|"/gu,
    (one) => one === '"' ? '\\"' : one === '\\"' ? "\\x" : one === "\\'" ? "'" : one,
  );
  try {
    const name: string = JSON.parse(`"${inner}"`);
    if (name.isWellFormed()) return name;
  } catch {
    // Refused below.
  }
  throw noPath(text);
}

function noPath(text: string): SyntaxError {
  return new SyntaxError(
    `Cannot read path: ${quote(text)} is given, ` +
      "a path to a single value, such as sensors[0].temperature or $.sensors[0], is required",
  );
}
