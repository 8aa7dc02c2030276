/**
 * JSON as messages carry it: read with distrust, written with care.
 *
 * @module
 */

import { MessageError } from "../errors.ts";

/** What JSON can carry. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;

/** A JSON object: the arguments of a remote procedure call, its result, a configuration. */
export interface JsonObject {
  /** Any name may be missing: check before use. */
  [name: string]: JsonValue;
}

const MAX_QUOTE_CHARACTERS = 80;

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
    const start = lenientDecoder.decode(body.subarray(0, MAX_QUOTE_CHARACTERS));
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
 * @param purpose What cannot be done if this fails, for the error message: `"answer config"`.
 * @throws {TypeError} If the value is no object, or holds what JSON cannot carry or would silently
 * change: a bigint, a function, a symbol, NaN, Infinity, a cycle.
 */
export function encodeJsonObject(value: object, purpose: string): Uint8Array<ArrayBuffer> {
  let text: string | undefined;
  try {
    text = JSON.stringify(value, requireJson);
  } catch (cause) {
    throw new TypeError(`Cannot ${purpose}: ${describeFailure(cause)}`, { cause });
  }
  // Looked at here and not above, because a `toJSON` method may make anything of an object.
  if (text?.startsWith("{")) return encoder.encode(text);
  throw new TypeError(`Cannot ${purpose}: ${kindOf(value)} is given, a JSON object is required`);
}

/** Whether a value is an object as JSON means it: no array, and not `null`. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a value is, for error messages: `null`, `an array`, `a string`, `an object` … */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** The beginning of a text, in quotation marks and with control characters escaped. */
export function quote(text: string): string {
  if (text.length <= MAX_QUOTE_CHARACTERS) return JSON.stringify(text);
  return `${JSON.stringify(text.slice(0, MAX_QUOTE_CHARACTERS))}…`;
}

function dropProto(name: string, value: unknown): unknown {
  return name === "__proto__" ? undefined : value;
}

/** What JSON cannot carry, `JSON.stringify` leaves out or makes `null`; a peer would act on that. */
function requireJson(name: string, value: unknown): unknown {
  switch (typeof value) {
    case "number":
      if (Number.isFinite(value)) return value;
      throw new TypeError(`"${name}" is ${value}, which JSON cannot carry`);
    case "bigint":
    case "function":
    case "symbol":
      throw new TypeError(`"${name}" is a ${typeof value}, which JSON cannot carry`);
    default:
      return value;
  }
}

function describeFailure(error: unknown): string {
  if (error instanceof RangeError) return "it is nested too deeply";
  // The text about a cycle goes on for several lines, drawing it.
  return error instanceof Error
    ? error.message.replace(/\n.*/s, "")
    : "it cannot be written as JSON";
}
