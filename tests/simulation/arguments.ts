/**
 * What `deno task simulate` can be told.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { errorText } from "../../src/error_text.ts";

interface Kind {
  readonly text: string;
  readonly isValid: (number: number) => boolean;
}

const INTEGER: Kind = {
  text: "an integer of 0 or more",
  isValid: (number) => Number.isSafeInteger(number) && number >= 0,
};
const RATE: Kind = {
  text: "a number above 0",
  isValid: (number) => number > 0 && number < Infinity,
};

/** Options that have a value, which is a number, and those that have none. */
const OPTIONS = {
  from: { type: "string", is: INTEGER, help: "the first seed; another one each time without it" },
  count: { type: "string", is: INTEGER, help: "how many seeds; until Ctrl-C without it" },
  first: { type: "boolean", help: "end with the first seed that fails" },
  rate: { type: "string", is: RATE, help: "points per second at first, for a look at the speed" },
  open: { type: "boolean", help: "also faults that sources are known not to bear" },
  seed: { type: "string", is: INTEGER, help: "one seed, with its log and all that is said" },
  shrink: { type: "boolean", help: "with --seed: the fewest faults with which it still fails" },
  hash: { type: "boolean", help: "with --seed: what stands for all that happens" },
  help: { type: "boolean", help: "print this" },
} as const;

/** What was given. */
export type Arguments = {
  readonly [Name in keyof typeof OPTIONS]?: (typeof OPTIONS)[Name] extends { type: "string" }
    ? number | undefined
    : boolean | undefined;
};

/** Arguments that cannot be used; the message is one line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What `--help` prints. */
export function usage(): string {
  const lines = Object.entries(OPTIONS).map(([name, { type, help }]) =>
    `  ${`--${name}${type === "string" ? " N" : ""}`.padEnd(12)}${help}`
  );
  return `Usage: deno task simulate [OPTION …]\n\n${lines.join("\n")}`;
}

/**
 * Reads arguments.
 *
 * @throws {UsageError} If one is unknown, or not what it has to be.
 */
export function readArguments(args: string[]): Arguments {
  const { from, count, rate, seed, ...switches } = parse(args);
  for (const name of ["shrink", "hash"] as const) {
    if (!switches[name] || seed !== undefined) continue;
    throw new UsageError(`Cannot use --${name}: --seed is not given, it is required`);
  }
  return {
    ...switches,
    from: readNumber("from", from),
    count: readNumber("count", count),
    rate: readNumber("rate", rate),
    seed: readNumber("seed", seed),
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS }).values;
  } catch (error) {
    // What follows the first sentence is about arguments that this has none of.
    throw new UsageError(errorText(error).split(/\. |\n/)[0] ?? "", { cause: error });
  }
}

function readNumber(
  name: "from" | "count" | "rate" | "seed",
  text: string | undefined,
): number | undefined {
  if (text === undefined) return undefined;
  const { text: required, isValid } = OPTIONS[name].is;
  const number = text.trim() === "" ? NaN : Number(text);
  if (isValid(number)) return number;
  throw new UsageError(
    `Cannot use --${name}: ${JSON.stringify(text)} is given, ${required} is required`,
  );
}
