/**
 * JSON as messages carry it: read with distrust, written with care.
 *
 * @module
 */

import { MessageError } from "../errors.ts";
import { quote } from "../quote.ts";

/** What JSON can carry. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;

/** A JSON object: the arguments of a remote procedure call, its result, a configuration. */
export interface JsonObject {
  /** A name may be missing: check before use. */
  [name: string]: JsonValue;
}

/**
 * A type without what JSON cannot carry: functions, bigints and symbols are `never` in it, which
 * makes a compile error of them. Interfaces, readonly arrays and `as const` stay as they are, so
 * `Value & Jsonable<Value>` accepts them, where {@linkcode JsonValue} wants an index signature.
 *
 * @example
 * ```ts
 * import type { Jsonable } from "@metricq/source";
 *
 * interface Range {
 *   readonly low: number;
 *   readonly tags: readonly string[];
 * }
 *
 * function toText<Value>(value: Value & Jsonable<Value>): string {
 *   return JSON.stringify(value);
 * }
 *
 * const range: Range = { low: 1, tags: ["a"] };
 * toText(range);
 * // toText({ low: 1n }) does not compile.
 * ```
 */
export type Jsonable<Value> = Value extends JsonValue | undefined ? Value
  : Value extends { toJSON(): unknown } ? Value
  : Value extends bigint | symbol | ((...args: never) => unknown) ? never
  : Value extends object ? { readonly [Field in keyof Value]: Jsonable<Value[Field]> }
  : unknown extends Value ? Value
  : never;

/** As {@linkcode Jsonable}, of what is an object at its top, and not an array, a `Map` or a `Date`. */
export type JsonableObject<Value> = Value extends readonly unknown[] | Date ? never
  : Jsonable<Value>;

const MAX_QUOTED_BYTES = 80;

// Asking a function about every value is slow, so it is left to the few texts that need it: those
// with the name itself, or with one of its letters written as an escape.
const MAY_HOLD_PROTO = /__proto__|\\u00(?:5f|70|72|6f|74)/i;

const decoder = new TextDecoder("utf-8", { fatal: true });
const lenientDecoder = new TextDecoder();
const encoder = new TextEncoder();

/**
 * Reads the body of a message, which must be a JSON object in UTF-8.
 *
 * Properties named `__proto__` are dropped, at every depth: an engine may keep them as ordinary
 * ones, but copying such an object with `Object.assign` would give the copy another prototype.
 *
 * @throws {MessageError} If it is anything else. The message quotes how the body begins.
 */
export function parseJsonObject(body: Uint8Array): JsonObject {
  let text: string;
  try {
    text = decoder.decode(body);
  } catch (cause) {
    const start = lenientDecoder.decode(body.subarray(0, MAX_QUOTED_BYTES));
    throw new MessageError(`Cannot read message: no UTF-8: ${quote(start)}`, { cause });
  }
  let value: unknown;
  try {
    value = MAY_HOLD_PROTO.test(text) ? JSON.parse(text, dropProto) : JSON.parse(text);
  } catch (cause) {
    // A RangeError is a stack overflow.
    const reason = cause instanceof RangeError ? "nested too deeply" : "no JSON";
    throw new MessageError(`Cannot read message: ${reason}: ${quote(text)}`, { cause });
  }
  if (isJsonObject(value)) return value;
  throw new MessageError(
    `Cannot read message: ${kindOf(value)} is given, an object is required: ${quote(text)}`,
  );
}

/**
 * Writes an object as the body of a message. Properties that are `undefined` are left out.
 *
 * @param where How error messages name the object: `"answer to config"`.
 * @throws {TypeError} If the value is not an object, or holds what JSON cannot carry.
 */
export function encodeJsonObject(value: unknown, where: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(JSON.stringify(copyJsonObject(value, where)));
}

/**
 * A deep copy of a value as JSON carries it: fields that are `undefined` are left out, and objects
 * with a method `toJSON` are what that returns.
 *
 * Stricter than `JSON.stringify`, which leaves functions out and makes NaN `null`: a peer would act
 * on that.
 *
 * @param where How error messages name the value, such as `metadata of metric "a.b"`.
 * @throws {TypeError} If a part is what JSON cannot carry: a bigint, a function, a symbol, NaN,
 * Infinity, a cycle, an object of a class. The message names the part.
 */
export function copyJson(value: unknown, where: string): JsonValue {
  try {
    return copy(value, where, new Set());
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new TypeError(`Cannot use ${where}: it is nested too deeply`, { cause });
  }
}

/** As {@linkcode copyJson}, of an object. */
export function copyJsonObject(value: unknown, where: string): JsonObject {
  const copied = copyJson(value, where);
  if (isJsonObject(copied)) return copied;
  throw new TypeError(`Cannot use ${where}: ${kindOf(copied)} is given, an object is required`);
}

/** Whether a value is an object as JSON means it: neither an array nor `null`. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is an object that was made without a class: neither an array nor a `Map`. */
export function isPlainObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value) && isPlain(value);
}

/** What a value is, for error messages: `null`, `an array`, `a string`, `an object` … */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function dropProto(name: string, value: unknown): unknown {
  return name === "__proto__" ? undefined : value;
}

function copy(value: unknown, where: string, parents: Set<object>): JsonValue {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (typeof value !== "object") throw refusal(where, describe(value));
  if (parents.has(value)) throw refusal(where, "a cycle");
  if ("toJSON" in value && typeof value.toJSON === "function") {
    return copy(value.toJSON(), where, parents);
  }
  if (!isPlain(value)) throw refusal(where, `a ${value.constructor?.name ?? "object"}`);
  parents.add(value);
  const copied = Array.isArray(value)
    ? value.map((item, index) => copy(item, `${where}[${index}]`, parents))
    : Object.fromEntries(
      Object.entries(value)
        .filter(([, field]) => field !== undefined)
        .map(([name, field]) => [name, copy(field, `${where}.${name}`, parents)]),
    );
  parents.delete(value);
  return copied;
}

function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function refusal(where: string, given: string): TypeError {
  return new TypeError(`Cannot use ${where}: ${given} is given, JSON cannot carry it`);
}

function describe(value: unknown): string {
  return typeof value === "bigint" ? `${value}n` : String(value);
}
