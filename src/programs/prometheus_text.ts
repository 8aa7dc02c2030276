/**
 * What exporters for Prometheus answer: its text format 0.0.4, and OpenMetrics 1.0.
 *
 * @module
 */

import { errorText } from "../error_text.ts";
import { quote } from "../quote.ts";
import { Timestamp } from "../time/timestamp.ts";

// More than is shown of a line, which may be a whole answer.
const MAX_QUOTED_CHARACTERS = 1000;

/** The types of families, and what the names of their samples end with. */
const SUFFIXES = {
  counter: ["_total", "_created"],
  gauge: [""],
  histogram: ["_bucket", "_sum", "_count", "_created"],
  gaugehistogram: ["_bucket", "_gsum", "_gcount"],
  summary: ["", "_sum", "_count", "_created"],
  stateset: [""],
  info: ["_info"],
  unknown: [""],
} as const;

const ALL_SUFFIXES = [...new Set(Object.values(SUFFIXES).flat())];

/** What a family's samples are. */
export type FamilyType = keyof typeof SUFFIXES;

/** What the samples of one name have in common. */
export interface Family {
  /** The name. In OpenMetrics that of a counter has no `_total` at its end. */
  readonly name: string;
  readonly type: FamilyType;
  readonly help: string | undefined;
  readonly unit: string | undefined;
}

/** One line with a value. */
export interface Sample {
  readonly name: string;
  /** What its name adds to the family's, such as `"_bucket"`. */
  readonly suffix: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
  /** The time that the exporter gives it. */
  readonly time: Timestamp | undefined;
  readonly family: Family;
}

/**
 * Reads the samples of an answer, in their order. As Prometheus does, it takes the whole or nothing:
 * one line that breaks the rules makes all others doubtful.
 *
 * Exemplars are checked, and left out.
 *
 * @param contentType The answer's media type, which tells OpenMetrics from the text format.
 * @throws {SyntaxError} If a line breaks the rules, or OpenMetrics' last line `# EOF` is missing.
 */
export function readSamples(text: string, contentType: string): Sample[] {
  const reader = contentType.startsWith("application/openmetrics-text")
    ? new OpenMetricsReader()
    : new TextReader();
  const lines = text.split("\n");
  // A last line with its end has nothing behind it.
  if (lines.at(-1) === "") lines.pop();
  for (const [index, line] of lines.entries()) {
    try {
      reader.take(line);
    } catch (error) {
      const reason = errorText(error);
      throw new SyntaxError(
        `Cannot read metrics: line ${index + 1} is ${quoteLine(line)}, ${reason}`,
      );
    }
  }
  reader.end();
  return reader.samples;
}

// What stands in quotation marks may be a key, if this is another page than that of an exporter.
function quoteLine(line: string): string {
  return quote(line.slice(0, MAX_QUOTED_CHARACTERS).replaceAll(/(["'])[^"']+/g, "$1…"));
}

/** What both formats have in common. */
abstract class Reader {
  readonly samples: Sample[] = [];
  readonly #families = new Map<string, { -readonly [Key in keyof Family]: Family[Key] }>();

  abstract take(line: string): void;
  abstract end(): void;

  protected describe(name: string, field: "help" | "unit" | "type", text: string): void {
    let family = this.#families.get(name);
    if (family === undefined) {
      family = { name, type: "unknown", help: undefined, unit: undefined };
      this.#families.set(name, family);
    }
    if (field !== "type") family[field] = text;
    else if (Object.hasOwn(SUFFIXES, text)) family.type = text as FamilyType;
    else {throw new SyntaxError(
        `one of ${Object.keys(SUFFIXES).join(", ")} is required as its type`,
      );}
  }

  protected add(
    { name, labels, value }: Pick<SampleParts, "name" | "labels" | "value">,
    time: Timestamp | undefined,
  ): void {
    const { family, suffix } = this.#familyOf(name);
    this.samples.push({ name, suffix, labels, value: readNumber(value), time, family });
  }

  /** How the names of a type's samples end. */
  protected abstract suffixesOf(type: FamilyType): readonly string[];

  #familyOf(name: string): { family: Family; suffix: string } {
    for (const suffix of ALL_SUFFIXES) {
      if (!name.endsWith(suffix)) continue;
      const family = this.#families.get(name.slice(0, name.length - suffix.length));
      if (family && this.suffixesOf(family.type).includes(suffix)) return { family, suffix };
    }
    const family = { name, type: "unknown", help: undefined, unit: undefined } as const;
    return { family, suffix: "" };
  }
}

/** A line with a value, in pieces. */
interface SampleParts {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: string;
  readonly time: string | undefined;
  /** What stands behind these. */
  readonly rest: string;
}

/** The text format: any blanks between the parts, any comments, times in ms. */
class TextReader extends Reader {
  take(line: string): void {
    const text = line.trim();
    const [, keyword, name = "", rest = ""] =
      /^#[ \t]*(HELP|TYPE)[ \t]+([^ \t]+)[ \t]*(.*)$/.exec(text) ?? [];
    if (keyword === "HELP") this.describe(name, "help", unescape(rest));
    else if (keyword === "TYPE") this.describe(name, "type", rest === "untyped" ? "unknown" : rest);
    else if (text !== "" && !text.startsWith("#")) this.#takeSample(text);
  }

  end(): void {}

  // A counter has its whole name here, with or without `_total`, and `_created` is a family.
  protected suffixesOf(type: FamilyType): readonly string[] {
    return type === "counter"
      ? [""]
      : SUFFIXES[type].filter((suffix) => suffix !== "_created" && suffix !== "_info");
  }

  #takeSample(text: string): void {
    const { time, rest, ...sample } = splitSample(text, TEXT_GRAMMAR);
    if (rest !== "") missing();
    if (time !== undefined && !/^-?\d+$/.test(time)) {
      throw new SyntaxError("an integer of ms is required as its time");
    }
    this.add(sample, time === undefined ? undefined : Timestamp.fromPosixMs(Number(time)));
  }
}

/** OpenMetrics: exactly one space between the parts, no other comments, times in seconds, exemplars. */
class OpenMetricsReader extends Reader {
  #hasEnded = false;

  take(line: string): void {
    if (this.#hasEnded) throw new SyntaxError("nothing is allowed behind # EOF");
    if (line === "# EOF") {
      this.#hasEnded = true;
      return;
    }
    if (!line.startsWith("#")) return this.#takeSample(line);
    const [, keyword, name = "", rest = ""] =
      /^# (HELP|TYPE|UNIT) ([a-zA-Z_:][a-zA-Z0-9_:]*)(?: (.*))?$/.exec(line) ?? [];
    if (keyword === "HELP") this.describe(name, "help", unescape(rest));
    else if (keyword === "UNIT") this.describe(name, "unit", rest);
    else if (keyword === "TYPE") this.describe(name, "type", rest);
    else throw new SyntaxError("# HELP, # TYPE, # UNIT or # EOF is required");
  }

  end(): void {
    if (this.#hasEnded) return;
    throw new SyntaxError("Cannot read metrics: the text is cut off, # EOF is required at its end");
  }

  protected suffixesOf(type: FamilyType): readonly string[] {
    return SUFFIXES[type];
  }

  #takeSample(line: string): void {
    const { time, rest, ...sample } = splitSample(line, OPEN_METRICS_GRAMMAR);
    if (rest !== "") {
      // The same form as a sample that has no name; it is only checked.
      if (!rest.startsWith(" # {")) missing();
      const exemplar = splitSample(`exemplar${rest.slice(3)}`, OPEN_METRICS_GRAMMAR);
      if (exemplar.rest !== "") missing();
      readNumber(exemplar.value);
      if (exemplar.time !== undefined) readSeconds(exemplar.time);
    }
    this.add(sample, time === undefined ? undefined : readSeconds(time));
  }
}

const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const CLOSING = /\}/y;

/** How the parts of a line stand together; the formats differ in the blanks only. */
interface Grammar {
  readonly opening: RegExp;
  /** With its name and its value as groups. */
  readonly label: RegExp;
  readonly comma: RegExp;
  readonly valueBehindLabels: RegExp;
  readonly number: RegExp;
}

const TEXT_GRAMMAR: Grammar = {
  opening: /[ \t]*\{[ \t]*/y,
  label: /([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"([^"\\]*(?:\\.[^"\\]*)*)"[ \t]*/y,
  comma: /,[ \t]*/y,
  valueBehindLabels: /[ \t]*([^ \t#]+)/y,
  number: /[ \t]+([^ \t#]+)/y,
};

const OPEN_METRICS_GRAMMAR: Grammar = {
  opening: /\{/y,
  label: /([a-zA-Z_][a-zA-Z0-9_]*)="([^"\\]*(?:\\.[^"\\]*)*)"/y,
  comma: /,(?!\})/y,
  valueBehindLabels: / ([^ \t#]+)/y,
  number: / ([^ \t#]+)/y,
};

/** Cuts a line into its parts. */
function splitSample(line: string, grammar: Grammar): SampleParts {
  const labels = new Map<string, string>();
  let at = 0;
  const next = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(line);
    if (match) at += match[0].length;
    return match;
  };
  const [name] = next(NAME) ?? missing();
  const hasLabels = next(grammar.opening) !== null;
  // A comma may stand behind the last label in the text format.
  for (let hasMore = true; hasLabels && !next(CLOSING); hasMore = next(grammar.comma) !== null) {
    if (!hasMore) missing();
    const [, label = "", value = ""] = next(grammar.label) ?? missing();
    if (labels.has(label)) throw new SyntaxError(`label ${quote(label)} is allowed once`);
    labels.set(label, unescape(value));
  }
  const [, value = ""] = next(hasLabels ? grammar.valueBehindLabels : grammar.number) ?? missing();
  const [, time] = next(grammar.number) ?? [];
  return { name, labels, value, time, rest: line.slice(at) };
}

function missing(): never {
  throw new SyntaxError('NAME VALUE or NAME{LABEL="VALUE"} VALUE is required');
}

function unescape(text: string): string {
  return text.replaceAll(/\\([\\"n])/g, (_, sign) => sign === "n" ? "\n" : sign);
}

function readNumber(text: string): number {
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return Number(text);
  const [, sign] = /^([+-]?)inf(?:inity)?$/i.exec(text) ?? [];
  if (sign !== undefined) return sign === "-" ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return NaN;
  throw new SyntaxError("a number, NaN, +Inf or -Inf is required as its value");
}

// Digit by digit: a number of seconds since 1970 is only exact to a tenth of a microsecond.
function readSeconds(text: string): Timestamp {
  const [, sign, seconds, fraction = ""] = /^([+-]?)(\d+)(?:\.(\d*))?$/.exec(text) ?? [];
  if (seconds === undefined) return Timestamp.fromPosixSeconds(readNumber(text));
  const ns = BigInt(`${seconds}${fraction.slice(0, 9).padEnd(9, "0")}`);
  return Timestamp.fromPosixNs(sign === "-" ? -ns : ns);
}
