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
import { compilePattern, type Pattern, PatternBudget } from "./pattern.ts";
import { accepts } from "./schema.ts";
import { conversion, convert, isUnit } from "./units.ts";

const WAYS = ["regex", "json", "csv"] as const;

/**
 * Where a number is. One of `regex`, `json` and `csv` is required; what is not listed here becomes
 * metadata of the metric, such as `unit` and `description`.
 */
export const ValueConfig = v.pipe(
  v.looseObject({
    /** The number is what the first group matches, or the whole: see {@linkcode compilePattern}. */
    regex: v.optional(v.pipe(v.string(), accepts((text) => void compilePattern(text)))),
    /** A path such as `sensors[0].temperature`. */
    json: v.optional(v.pipe(v.string(), accepts((text) => void parseJsonPath(text)))),
    /** A column: its name in the first line, or its number from 1 of a table without such a line. */
    csv: v.optional(v.union([v.string(), v.pipe(v.number(), v.integer(), v.minValue(1))])),
    /** The row, from 0 without the first line of names; from the end if negative. */
    row: v.optional(v.pipe(v.number(), v.integer())),
    /** What stands between two columns. */
    separator: v.optional(v.pipe(v.string(), v.minLength(1))),
    /**
     * What the number is multiplied with. Without it a number that has a unit behind it, such as `831 mV`,
     * is converted to `unit`.
     */
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

/**
 * Finds the numbers in a text; for one that is not there the reason. A text that takes too long is
 * given up, see {@linkcode PatternBudget}.
 */
export function findValues<Name extends string>(
  configs: Readonly<Record<Name, ValueConfig>>,
  text: string,
): Record<string, number | Error> {
  const output = new Output(text);
  return Object.fromEntries(
    Object.entries<ValueConfig>(configs).map(([name, config]) => {
      try {
        return [name, toNumber(output.find(config), config)];
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
  readonly #budget = new PatternBudget();
  #json: { readonly value: unknown } | undefined;
  #lines: string | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  find({ regex, json, csv, row = -1, separator = "," }: ValueConfig): unknown {
    if (regex !== undefined) {
      this.#lines ??= this.#text.replaceAll(/\r\n?/g, "\n");
      const found = this.#budget.find(patternOf(regex), this.#lines);
      if (found === undefined) throw new Error(`nothing matches ${quote(regex)}`);
      return found;
    }
    if (json !== undefined) {
      this.#json ??= { value: parseJson(this.#text) };
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

// The runtime's message shows a part of the text, and devices repeat in their answers what they were
// asked, with what may be a key to them.
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SyntaxError("the text is not JSON");
  }
}

// A configuration is used at every reading, and compiling takes longer than finding.
const patterns = new Map<string, Pattern>();
const MAX_PATTERNS = 1000;

function patternOf(regex: string): Pattern {
  const known = patterns.get(regex);
  if (known !== undefined) return known;
  if (patterns.size >= MAX_PATTERNS) patterns.clear();
  const pattern = compilePattern(regex);
  patterns.set(regex, pattern);
  return pattern;
}

// With or without a unit behind it: 45, -4.5e3, "45.2 °C", "45%".
const NUMBER = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*([^\d\s.,+-].*)?$/i;
// No number is longer, and what is shown of it is cut anyway.
const MAX_NUMBER_CHARACTERS = 200;

function toNumber(value: unknown, { scale, unit = "" }: ValueConfig): number {
  if (typeof value === "number") return value * (scale ?? 1);
  if (typeof value === "boolean") return (value ? 1 : 0) * (scale ?? 1);
  if (value === null) return NaN;
  const text = typeof value === "string" ? value.trim() : "";
  const [, number, given = ""] = text.length > MAX_NUMBER_CHARACTERS ? [] : NUMBER.exec(text) ?? [];
  if (number === undefined || /[\d\s]/.test(given) && !isUnit(given)) {
    throw new Error(`${quote(String(value))} is given, a number is required`);
  }
  if (scale !== undefined || unit === "" || given === "") return Number(number) * (scale ?? 1);
  const factor = conversion(given, unit);
  if (factor !== undefined) return convert(Number(number), factor);
  throw new Error(`${quote(text)} is given, a number in ${unit} is required`);
}
