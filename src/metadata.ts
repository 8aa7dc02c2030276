/**
 * Metadata of metrics: the standard fields, and the copy that goes to the manager.
 *
 * @module
 */

import type { JsonObject, JsonValue } from "./rpc/json.ts";

/**
 * What is said about a metric when it is declared. Any further fields are passed on as they are.
 *
 * @example
 * ```ts
 * import type { Metadata } from "@metricq/source";
 *
 * const power: Metadata = { description: "Power of rack 1", unit: "W", rate: 10, rack: 1 };
 * ```
 */
export interface Metadata {
  /** What is measured, in words. */
  readonly description?: string;
  /** The SI symbol of the unit, such as `"W"`; `""` for a number without one. */
  readonly unit?: string;
  /** Points per second, in Hz. */
  readonly rate?: number;
  /** The exact time between points, such as `"3s"`. */
  readonly interval?: string;
  /** What a value is valid for: the time since the last point, until the next, or the point itself. */
  readonly scope?: "last" | "next" | "point";
  /** The physical quantity, such as `"power"`. */
  readonly quantity?: string;
  /** Anything else that JSON can carry. */
  readonly [field: string]: unknown;
}

/**
 * A deep copy of a value as JSON carries it. Fields that are `undefined` are left out.
 *
 * @param where How error messages name the value, such as `metadata of metric "a.b"`.
 * @throws {TypeError} When a part is what JSON cannot carry; the message names the part.
 */
export function copyJson(value: unknown, where: string): JsonValue {
  return copy(value, where, new Set());
}

/** As {@linkcode copyJson}, of an object. */
export function copyJsonObject(value: unknown, where: string): JsonObject {
  const copied = copyJson(value, where);
  if (copied === null || typeof copied !== "object" || Array.isArray(copied)) {
    throw new TypeError(`Cannot use ${where}: ${describe(value)} is given, an object is required`);
  }
  return copied;
}

function copy(value: unknown, where: string, parents: Set<object>): JsonValue {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (typeof value !== "object" || parents.has(value) || !isPlain(value)) {
    const what = typeof value === "object" && parents.has(value) ? "a cycle" : describe(value);
    throw new TypeError(`Cannot use ${where}: ${what} is given, JSON cannot carry it`);
  }
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

function describe(value: unknown): string {
  if (typeof value === "object" && value !== null) {
    return `a ${value.constructor?.name ?? "object"}`;
  }
  return typeof value === "bigint" ? `${value}n` : String(value);
}
