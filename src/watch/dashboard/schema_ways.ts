/**
 * What is said of a value that is right in none of several ways, or in too many.
 *
 * @module
 */

import { isJsonObject, type JsonValue } from "../../rpc/json.ts";
import type { Schema, SchemaProblem } from "./schema.ts";
import { isOfType, list, typeProblem } from "./schema_types.ts";

type Path = SchemaProblem["path"];

/** Is told of steps that are about to be made; throws if they are too many. */
type Step = (steps: number) => void;

/** Of the ways to be right, the problems of that which was meant most likely. */
export function closest(
  ways: readonly Schema[],
  all: readonly SchemaProblem[][],
  value: JsonValue,
  path: Path,
  step: Step,
): readonly SchemaProblem[] {
  const names = requiredNames(ways);
  if (names !== undefined) return [{ path, message: `one of ${names} is required in it` }];
  const meant = all.filter((_, index) => isMeant(ways[index] ?? {}, value, step));
  const [first] = meant;
  if (first !== undefined && meant.length === 1) return first;
  const types = [...new Set(ways.flatMap(({ type }) => type ?? []))];
  const isByType = types.length > 0 && ways.every(({ type }) => type !== undefined);
  if (isByType && meant.length === 0) {
    return [{ path, message: typeProblem({ type: types }, value) ?? "" }];
  }
  const [least] = meant.toSorted((a, b) => a.length - b.length);
  return least ?? [{ path, message: "it is none of what is allowed here" }];
}

/** Whether a value is of the type of a schema, and has the constants that tell it from others. */
function isMeant(
  { type, properties = {}, oneOf, anyOf }: Schema,
  value: JsonValue,
  step: Step,
): boolean {
  step(1);
  if (type && !type.some((each) => isOfType(each, value))) return false;
  const ways = oneOf ?? anyOf;
  if (ways && !ways.some((each) => isMeant(each, value, step))) return false;
  if (!isJsonObject(value)) return true;
  const fields = Object.entries(properties);
  step(fields.length);
  return fields.every(([name, { const: constant }]) =>
    constant === undefined || !Object.hasOwn(value, name) ||
    constant === value[name]
  );
}

/** What is said of a value that is right in more than one way. */
export function tooManyMessage(ways: readonly Schema[]): string {
  const names = requiredNames(ways);
  return names ? `only one of ${names} is allowed in it` : "it is of more than one kind";
}

/** The names, if the ways differ only in which field is required. */
function requiredNames(ways: readonly Schema[]): string | undefined {
  const isBare = ways.every((way) => way.required && Object.keys(way).length === 1);
  return isBare ? list(ways.flatMap(({ required = [] }) => required), "and") : undefined;
}
