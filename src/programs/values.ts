/**
 * Numbers in the output of a program or in the answer of a server: how a configuration says where
 * they are, and how they are found.
 *
 * @module
 */

import * as v from "valibot";
import { errorText } from "../error_text.ts";
import { quote } from "../quote.ts";
import { parseCsv } from "./csv.ts";
import { parseJsonPath, valueAt } from "./json_path.ts";
import { accepts } from "./schema.ts";

const WAYS = ["regex", "json", "csv"] as const;

/**
 * Where a number is. One of `regex`, `json` and `csv` is required; what is not listed here becomes
 * metadata of the metric, such as `unit` and `description`.
 */
export const ValueConfig = v.pipe(
  v.looseObject({
    /** The number is what the first group matches, or the whole. */
    regex: v.optional(v.pipe(v.string(), accepts((text) => void regExp(text)))),
    /** A path such as `sensors[0].temperature`. */
    json: v.optional(v.pipe(v.string(), accepts((text) => void parseJsonPath(text)))),
    /** A column: its name in the first line, or its number from 1 of a table without such a line. */
    csv: v.optional(v.union([v.string(), v.pipe(v.number(), v.integer(), v.minValue(1))])),
    /** The row, from 0 without the first line of names; from the end if negative. */
    row: v.optional(v.pipe(v.number(), v.integer())),
    /** What stands between two columns. */
    separator: v.optional(v.pipe(v.string(), v.minLength(1))),
    /** What the number is multiplied with. */
    scale: v.optional(v.number()),
    unit: v.optional(v.string()),
    description: v.optional(v.string()),
  }),
  v.check(
    (config) => WAYS.filter((way) => config[way] !== undefined).length === 1,
    `one of ${WAYS.join(", ")} is required`,
  ),
);

/** What {@linkcode ValueConfig} makes. */
export type ValueConfig = v.InferOutput<typeof ValueConfig>;

/** The metadata in a {@linkcode ValueConfig}. */
export function metadataOf(config: ValueConfig): Record<string, unknown> {
  const { regex: _1, json: _2, csv: _3, row: _4, separator: _5, scale: _6, ...metadata } = config;
  return metadata;
}

/** Finds the numbers in a text; for one that is not there the reason. */
export function findValues<Name extends string>(
  configs: Readonly<Record<Name, ValueConfig>>,
  text: string,
): Record<string, number | Error> {
  const output = new Output(text);
  return Object.fromEntries(
    Object.entries<ValueConfig>(configs).map(([name, config]) => {
      try {
        return [name, toNumber(output.find(config)) * (config.scale ?? 1)];
      } catch (error) {
        const reason = errorText(error);
        return [name, new Error(`${name}: ${reason}`)];
      }
    }),
  );
}

/** A text, read in each of the ways at most once. */
class Output {
  readonly #text: string;
  readonly #tables = new Map<string, string[][]>();
  #json: { readonly value: unknown } | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  find({ regex, json, csv, row = -1, separator = "," }: ValueConfig): unknown {
    if (regex !== undefined) {
      const match = regExp(regex).exec(this.#text);
      if (match === null) throw new Error(`nothing matches ${quote(regex)}`);
      return match[1] ?? match[0];
    }
    if (json !== undefined) {
      this.#json ??= { value: JSON.parse(this.#text) };
      const value = valueAt(this.#json.value, parseJsonPath(json));
      if (value === undefined) throw new Error(`there is no ${json}`);
      return value;
    }
    const table = this.#table(separator);
    const [names = [], ...rows] = table;
    const isNamed = typeof csv === "string";
    const column = isNamed ? names.indexOf(csv) : (csv ?? 1) - 1;
    const field = (isNamed ? rows : table).at(row)?.[column];
    if (field === undefined) throw new Error(`there is no row ${row} of column ${csv}`);
    return field;
  }

  #table(separator: string): string[][] {
    let table = this.#tables.get(separator);
    if (table === undefined) {
      table = parseCsv(this.#text, separator);
      this.#tables.set(separator, table);
    }
    return table;
  }
}

function regExp(text: string): RegExp {
  return new RegExp(text, "m");
}

// With or without a unit behind it: 45, -4.5e3, "45.2 °C", "45%".
const NUMBER = /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(?:[^\d\s.,+-][^\d\s]*)?\s*$/i;

function toNumber(value: unknown): number {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value === null) return NaN;
  const [, number] = typeof value === "string" ? NUMBER.exec(value) ?? [] : [];
  if (number !== undefined) return Number(number);
  throw new Error(`${quote(String(value))} is given, a number is required`);
}
