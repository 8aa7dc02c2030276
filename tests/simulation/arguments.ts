/**
 * What `deno task simulate` can be told.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { errorText } from "../../src/error_text.ts";
import type { DrawOptions } from "./plan.ts";

interface Kind {
  readonly text: string;
  readonly isValid: (number: number) => boolean;
}

// With as many seeds behind it, it is still one that a number holds.
const MOST = 2 ** 52;
const INTEGER: Kind = {
  text: "an integer from 0 to 2^52",
  isValid: (number) => Number.isSafeInteger(number) && number >= 0 && number <= MOST,
};
const COUNT: Kind = {
  text: "an integer from 1 to 2^52",
  isValid: (number) => INTEGER.isValid(number) && number > 0,
};
const RATE: Kind = {
  text: "a number above 0",
  isValid: (number) => number > 0 && number < Infinity,
};

/** Options that have a value, which is a number, and those that have none. */
const OPTIONS = {
  from: { type: "string", is: INTEGER, help: "the first seed; another one each time without it" },
  count: { type: "string", is: COUNT, help: "how many seeds; until Ctrl-C without it" },
  first: { type: "boolean", help: "end with the first seed that fails" },
  rate: { type: "string", is: RATE, help: "points per second at first, for a look at the speed" },
  seed: { type: "string", is: INTEGER, help: "one seed, with its log and all that is said" },
  shrink: { type: "boolean", help: "with --seed: the fewest faults with which it still fails" },
  hash: { type: "boolean", help: "with --seed: what stands for all that happens" },
  help: { type: "boolean", help: "print this" },
} as const;

type Name = keyof typeof OPTIONS;

/** What one option goes with, and what it does not go with. */
const COMBINATIONS: Partial<Record<Name, { needs?: readonly Name[]; excludes?: readonly Name[] }>> =
  {
    seed: { excludes: ["from", "count", "first"] },
    shrink: { needs: ["seed"], excludes: ["hash"] },
    hash: { needs: ["seed"] },
  };

/** What decides a plan beside its seed, and the options that give it. */
const DRAWN_BY = { pointsPerSecond: "rate" } as const satisfies Record<keyof DrawOptions, Name>;

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

/** How the plans of seeds are to be drawn. */
export function drawingOf(given: Arguments): DrawOptions {
  return { pointsPerSecond: given[DRAWN_BY.pointsPerSecond] };
}

/** What runs a seed once more, with the plan that it had. */
export function replayCommand(seed: number, drawing: DrawOptions): string {
  // The cast: these are the keys of DRAWN_BY.
  const names = Object.keys(DRAWN_BY) as (keyof typeof DRAWN_BY)[];
  const options = names.filter((name) => drawing[name] !== undefined)
    .map((name) => ` --${DRAWN_BY[name]} ${drawing[name]}`);
  return `deno task simulate --seed ${seed}${options.join("")}`;
}

/**
 * Reads arguments.
 *
 * @throws {UsageError} If one is unknown, not what it has to be, or has no effect beside another.
 */
export function readArguments(args: string[]): Arguments {
  const { values, given } = parse(args.flatMap(withItsValue));
  requireCombination(given);
  const { from, count, rate, seed, ...switches } = values;
  return {
    ...switches,
    from: readNumber("from", from),
    count: readNumber("count", count),
    rate: readNumber("rate", rate),
    seed: readNumber("seed", seed),
  };
}

/** Makes one of `--seed` and `-1`: `parseArgs` takes the latter for an option, and asks to write it so. */
function withItsValue(arg: string, at: number, args: readonly string[]): string[] {
  const isNegative = (text: string | undefined) => text !== undefined && /^-[\d.]/.test(text);
  const isLong = (text: string | undefined) => text !== undefined && /^--\w+$/.test(text);
  if (isLong(arg) && isNegative(args[at + 1])) return [`${arg}=${args[at + 1]}`];
  return isNegative(arg) && isLong(args[at - 1]) ? [] : [arg];
}

function parse(args: string[]) {
  try {
    const { values, tokens } = parseArgs({ args, options: OPTIONS, tokens: true });
    // The cast: others are refused.
    const given = tokens.flatMap((token) => token.kind === "option" ? [token.name as Name] : []);
    return { values, given };
  } catch (error) {
    // What follows the first sentence is about arguments that this has none of.
    throw new UsageError(errorText(error).split(/\. |\n/)[0] ?? "", { cause: error });
  }
}

/** Refuses what would be ignored. */
function requireCombination(given: readonly Name[]): void {
  for (const [at, name] of given.entries()) {
    if (given.indexOf(name) < at) {
      throw new UsageError(`Cannot use --${name}: it is given twice, once is required`);
    }
    const { needs = [], excludes = [] } = COMBINATIONS[name] ?? {};
    const missing = needs.find((other) => !given.includes(other));
    if (missing !== undefined) {
      throw new UsageError(`Cannot use --${name}: --${missing} is not given, it is required`);
    }
    const excluded = excludes.find((other) => given.includes(other));
    if (excluded !== undefined) {
      throw new UsageError(`Cannot use --${excluded}: --${name} is given, it has no effect then`);
    }
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
