/**
 * The limits of JSON Schema: how large, how long, how many.
 *
 * @module
 */

import { isJsonObject, type JsonValue } from "../../rpc/json.ts";
import type { Schema } from "./schema.ts";

/** Which limits a value is beyond. */
export function countProblems(schema: Schema, value: JsonValue): string[] {
  const { minLength, maxLength, minItems, maxItems, minProperties, maxProperties } = schema;
  if (typeof value === "number") return numberProblems(schema, value);
  if (typeof value === "string") {
    const isCounted = minLength !== undefined || maxLength !== undefined;
    return isCounted ? limitProblems([...value].length, minLength, maxLength, "character") : [];
  }
  if (Array.isArray(value)) return limitProblems(value.length, minItems, maxItems, "item");
  if (!isJsonObject(value)) return [];
  return limitProblems(Object.keys(value).length, minProperties, maxProperties, "field");
}

function numberProblems(schema: Schema, value: number): string[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const limits: [boolean, string][] = [
    [minimum !== undefined && value < minimum, `at least ${minimum}`],
    [maximum !== undefined && value > maximum, `at most ${maximum}`],
    [exclusiveMinimum !== undefined && value <= exclusiveMinimum, `more than ${exclusiveMinimum}`],
    [exclusiveMaximum !== undefined && value >= exclusiveMaximum, `less than ${exclusiveMaximum}`],
    [multipleOf !== undefined && !isMultiple(value, multipleOf), `a multiple of ${multipleOf}`],
  ];
  return limits.filter(([isBroken]) => isBroken)
    .map(([, required]) => `${required} is required, ${value} is given`);
}

// 0.3 is three times 0.1 for people, and not quite for doubles.
function isMultiple(value: number, of: number): boolean {
  const times = value / of;
  return Math.abs(times - Math.round(times)) <= 1e-9 * Math.max(1, Math.abs(times));
}

function limitProblems(
  count: number,
  least: number | undefined,
  most: number | undefined,
  what: string,
): string[] {
  const problems: string[] = [];
  const several = (number: number) => `${number} ${what}${number === 1 ? "" : "s"}`;
  if (least !== undefined && count < least) problems.push(`at least ${several(least)} required`);
  if (most !== undefined && count > most) problems.push(`at most ${several(most)} allowed`);
  return problems.map((problem) => `${problem}, ${count} given`);
}
