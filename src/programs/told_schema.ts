/**
 * What the schemas of these programs tell those who write a configuration.
 *
 * @module
 */

import { toStandardJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";
import type { StandardSchema } from "../rpc/schema.ts";

/** What is told of a field beside its description. */
export interface AboutField {
  /** That of a number. */
  readonly unit?: string;
  /** What one may write. */
  readonly examples?: readonly (string | number)[];
}

/** A schema with words for people. */
export function about<Input, Output>(
  description: string,
  schema: v.GenericSchema<Input, Output>,
  field: AboutField = {},
): v.GenericSchema<Input, Output> {
  return v.pipe(schema, v.metadata({ description, ...field }));
}

/** What a value's number is multiplied with. */
export const SCALE: v.GenericSchema<number> = about(
  "A factor that the number is multiplied with",
  v.number(),
);

/** The unit of a value's metric. */
export const UNIT: v.GenericSchema<string> = about(
  'The unit of the metric, an SI symbol such as "W"; "" for a number without one',
  v.string(),
);

/** The description of a value's metric. */
export const DESCRIPTION: v.GenericSchema<string> = about(
  "What the metric is, for people",
  v.string(),
);

/** Tells in JSON Schema what valibot cannot say without another message for who breaks it. */
export function told<Value>(keywords: Readonly<Record<string, unknown>>): v.MetadataAction<
  Value,
  Readonly<Record<string, unknown>>
> {
  return v.metadata(keywords);
}

/**
 * A schema that can tell its JSON Schema. What that cannot say, such as whether a text is a URL that may
 * be asked, is left out: it takes all that the schema takes.
 */
export function telling<Input, Output>(
  schema: v.GenericSchema<Input, Output>,
): StandardSchema<Output> {
  return {
    "~standard": { ...toStandardJsonSchema(schema)["~standard"], ...schema["~standard"] },
  };
}
