/**
 * Finding something in the output of a program or in the answer of a server, as a configuration says.
 *
 * @module
 */

import * as v from "valibot";
import { quote } from "../quote.ts";
import { parseCsv } from "./csv.ts";
import { parseJsonPath, valueAt } from "./json_path.ts";
import { compilePattern, type Pattern, PatternBudget } from "../pattern/pattern.ts";
import { accepts } from "./schema.ts";
import { about } from "./told_schema.ts";

/** The ways to find something, of which one is chosen. */
export const WAYS = ["regex", "json", "csv"] as const;

/** The fields that tell where something is. */
export const FINDING = {
  /** What the first group matches, or the whole: see {@linkcode compilePattern}. */
  regex: v.optional(about(
    "A regular expression: its first group is taken, or the whole match",
    v.pipe(v.string(), accepts((text) => void compilePattern(text))),
  )),
  /** A path such as `sensors[0].temperature`. */
  json: v.optional(about(
    "A path in JSON, such as sensors[0].temperature",
    v.pipe(v.string(), accepts((text) => void parseJsonPath(text))),
  )),
  /** A column: its name in the first line, or its number from 1 of a table without such a line. */
  csv: v.optional(about(
    "A column of a table: its name in the first line, or its number from 1",
    v.union([v.string(), v.pipe(v.number(), v.integer(), v.minValue(1))]),
  )),
  /** The row, from 0 without the first line of names; from the end if negative. */
  row: v.optional(about(
    "The row of the table, from the end if negative; the last unless given",
    v.pipe(v.number(), v.integer()),
  )),
  /** What stands between two columns. */
  separator: v.optional(about(
    'What stands between two columns; "," unless given',
    v.pipe(v.string(), v.minLength(1)),
  )),
};

const Finding = v.object(FINDING);

/** What {@linkcode FINDING} makes. */
export type Finding = v.InferOutput<typeof Finding>;

/** Whether exactly one way to find it is given. */
export function hasOneWay(finding: Finding): boolean {
  return countWays(finding) === 1;
}

/** How many ways to find it are given. */
export function countWays(finding: Finding): number {
  return WAYS.filter((way) => finding[way] !== undefined).length;
}

/** What is told where {@linkcode hasOneWay} is not so. */
export const ONE_WAY: string = `one of ${WAYS.join(", ")} is required`;

/** A text, read in each of the ways at most once. */
export class TextFinder {
  readonly #text: string;
  readonly #tables = new Map<string, string[][]>();
  readonly #budget = new PatternBudget();
  #json: { readonly value: unknown } | undefined;
  #lines: string | undefined;

  /** Nothing is read yet. */
  constructor(text: string) {
    this.#text = text;
  }

  /**
   * Finds something: the text itself if no way is given.
   *
   * @throws {Error} If it is not there, or the text is not of that kind.
   */
  find({ regex, json, csv, row = -1, separator = "," }: Finding): unknown {
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
    if (csv === undefined) return this.#text;
    const table = this.#table(separator);
    const [names = [], ...rows] = table;
    const isNamed = typeof csv === "string";
    const column = isNamed ? names.indexOf(csv) : csv - 1;
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
