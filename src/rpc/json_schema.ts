/**
 * The JSON Schema of what a function takes, as the schemas of its handlers tell it.
 *
 * @module
 */

import { copyJsonObject, type JsonObject } from "./json.ts";
import { excessOf, type RequestLimits } from "./request_size.ts";
import type { StandardSchema } from "./schema.ts";

/** The version of JSON Schema that is asked for. */
const TARGET = "draft-2020-12";

/** So that what JSON Schema cannot say is left out, where libraries throw otherwise. */
const LENIENT: Readonly<Record<string, Record<string, unknown>>> = {
  valibot: { errorMode: "ignore" },
  zod: { unrepresentable: "any" },
};

/** What others have to read. */
const LIMITS: RequestLimits = { maxBytes: 256 * 1024, maxDepth: 64, maxValues: 20_000 };

/**
 * The JSON Schema of what all of some schemas take.
 *
 * @returns `undefined` if none of them can tell one: most libraries' can, but need not.
 * @throws {Error} If a library fails, or makes of its schema what JSON cannot carry or what is too large.
 */
export function tellJsonSchema(schemas: readonly StandardSchema[]): JsonObject | undefined {
  const told = schemas.map(tell).filter((each) => each !== undefined);
  const [first, ...rest] = told;
  if (first === undefined) return undefined;
  const whole = copyJsonObject(rest.length === 0 ? first : { allOf: told }, "JSON Schema");
  const excess = excessOf(new TextEncoder().encode(JSON.stringify(whole)), LIMITS);
  if (excess !== undefined) throw new RangeError(`Cannot use JSON Schema: ${excess}`);
  return whole;
}

function tell({ "~standard": { vendor, jsonSchema } }: StandardSchema) {
  const libraryOptions = LENIENT[vendor];
  return jsonSchema?.input({ target: TARGET, ...libraryOptions && { libraryOptions } });
}
