/**
 * Numbers in the output of a program or in the answer of a server: how a configuration says where
 * they are, and how they are found.
 *
 * @module
 */

import * as v from "valibot";
import { errorText } from "../error_text.ts";
import type { TimedValue } from "../source/readings.ts";
import { numberOf } from "./number_text.ts";
import { OwnTime, readTime } from "./own_time.ts";
import { FINDING, hasOneWay, ONE_WAY, TextFinder, WAYS } from "./text_finder.ts";
import { about, DESCRIPTION, SCALE, told, UNIT } from "./told_schema.ts";

/**
 * Where a number is. One of `regex`, `json` and `csv` is required; what is not listed here becomes
 * metadata of the metric, such as `unit` and `description`.
 */
export const ValueConfig = v.pipe(
  v.looseObject({
    ...FINDING,
    /** Where the time is at which it was measured. */
    time: v.optional(about("Where the time is at which it was measured", OwnTime)),
    /**
     * What the number is multiplied with. Without it a number that has a unit behind it, such as `831 mV`,
     * is converted to `unit`.
     */
    scale: v.optional(SCALE),
    unit: v.optional(UNIT),
    description: v.optional(DESCRIPTION),
  }),
  told({ oneOf: WAYS.map((way) => ({ required: [way] })) }),
  v.check((finding) => hasOneWay(finding), ONE_WAY),
);

/** What {@linkcode ValueConfig} makes. */
export type ValueConfig = v.InferOutput<typeof ValueConfig>;

/** The metadata in a {@linkcode ValueConfig}. */
export function metadataOf(config: ValueConfig): Record<string, unknown> {
  const { regex: _1, json: _2, csv: _3, row: _4, separator: _5, time: _6, scale: _7, ...metadata } =
    config;
  return metadata;
}

/**
 * Finds the numbers in a text; for one that is not there the reason. A text that takes too long is
 * given up, see {@linkcode PatternBudget}.
 *
 * @param time Where the time of the values is that have none of their own.
 */
export function findValues<Name extends string>(
  configs: Readonly<Record<Name, ValueConfig>>,
  text: string,
  time?: OwnTime,
): Record<string, number | Error | TimedValue> {
  const finder = new TextFinder(text);
  return Object.fromEntries(
    Object.entries<ValueConfig>(configs).map(([name, config]) => {
      try {
        const value = numberOf(finder.find(config), config);
        const own = config.time ?? time;
        return [name, own ? { value, time: readTime(finder.find(own), own.unit) } : value];
      } catch (error) {
        const reason = errorText(error);
        return [name, new Error(`${name}: ${reason}`)];
      }
    }),
  );
}
