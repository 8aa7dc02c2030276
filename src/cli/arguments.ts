/**
 * The syntax of the command line.
 *
 * @module
 */

import { similarName } from "../suggestion.ts";
import { helpText } from "./help.ts";
import type { NamedOption } from "./options.ts";
import type { Operands, ProgramText } from "./program_text.ts";
import { quoteGiven, UsageError } from "./usage_error.ts";

/** What a command line asks for: a text to print instead of running, or what was given. */
export type Arguments =
  | { readonly print: string }
  | {
    readonly given: ReadonlyMap<string, readonly string[]>;
    readonly operands: readonly string[];
  };

/**
 * Reads a command line. Every given option is found under its `key`, with the texts given for it:
 * several if it was repeated, an empty one if it takes none.
 *
 * An option's value is the rest of its argument behind `=` (behind the letter of a short one), or the
 * next argument. Letters of options without values may be put together: `-xy`. Behind `--` there are
 * operands only.
 *
 * @throws {UsageError} If the command line has an unknown option, an option without its value, or more
 * or fewer operands than the program takes.
 */
export function parseArguments(
  text: ProgramText,
  options: readonly NamedOption[],
  args: readonly string[],
): Arguments {
  const line = new CommandLine(options, args);
  const { asked, problem, operands } = line;
  // First, as those who ask for help may have made mistakes.
  if (asked === "version") return { print: text.version };
  if (asked === "help") return { print: helpText(text, options) };
  if (problem !== undefined) throw problem;
  checkOperands(text.operands, operands);
  return { given: line.given, operands };
}

/** A command line, read from left to right. */
class CommandLine {
  readonly given = new Map<string, string[]>();
  readonly operands: string[] = [];
  /** What is wrong with it, if anything is. */
  problem: UsageError | undefined;
  /** What is asked for of what every program has. */
  asked: "help" | "version" | undefined;
  readonly #options: readonly NamedOption[];
  readonly #rest: string[];

  constructor(options: readonly NamedOption[], args: readonly string[]) {
    this.#options = options;
    this.#rest = [...args];
    try {
      for (let arg = this.#rest.shift(); arg !== undefined; arg = this.#rest.shift()) {
        if (arg === "--") this.operands.push(...this.#rest.splice(0));
        else if (arg.startsWith("--")) this.#readLong(arg);
        else if (arg.startsWith("-") && arg !== "-") this.#readShort(arg);
        else this.operands.push(arg);
      }
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      this.problem = error;
      if (this.#rest.some((rest) => this.#isHelp(rest))) this.asked = "help";
    }
  }

  #readLong(arg: string): void {
    const [, name = "", inline] = /^--([^=]*)(?:=(.*))?$/s.exec(arg) ?? [];
    const named = this.#options.find((option) => option.name === name);
    if (named === undefined) {
      if (name !== "help" && name !== "version" || inline !== undefined) throw this.#unknown(arg);
      this.asked ??= name;
    } else if (named.option.flag) {
      if (inline !== undefined) throw new UsageError(`Option --${name} takes no value`);
      this.#add(named, "");
    } else this.#add(named, inline ?? this.#valueOf(named));
  }

  #readShort(arg: string): void {
    for (let at = 1; at < arg.length; at++) {
      const letter = arg.charAt(at);
      const named = this.#options.find(({ option }) => option.short === letter);
      if (named === undefined) {
        if (letter !== "h") throw this.#unknown(arg);
        this.asked ??= "help";
      } else if (named.option.flag) this.#add(named, "");
      else {
        const inline = arg.slice(at + 1);
        return this.#add(named, inline === "" ? this.#valueOf(named) : inline);
      }
    }
  }

  #valueOf({ name, valueOptional }: NamedOption): string {
    const [next] = this.#rest;
    if (valueOptional && (next === undefined || next.startsWith("-"))) return "";
    if (next === undefined) throw new UsageError(`Option --${name} has no value`);
    if (this.#isOption(next)) {
      throw new UsageError(`Option --${name} has no value: ${next} comes next`);
    }
    this.#rest.shift();
    return next;
  }

  #isOption(arg: string): boolean {
    return this.#isHelp(arg) || arg === "--version" || this.#named(arg) !== undefined;
  }

  #isHelp(arg: string): boolean {
    return (arg === "--help" || arg === "-h") && this.#named(arg) === undefined;
  }

  #named(arg: string): NamedOption | undefined {
    return this.#options.find(({ name, option }) =>
      arg === `--${name}` || arg === `-${option.short}`
    );
  }

  #add({ key }: NamedOption, value: string): void {
    const before = this.given.get(key);
    if (before === undefined) this.given.set(key, [value]);
    else before.push(value);
  }

  // What follows an unknown option may be a password: only its name is repeated.
  #unknown(arg: string): UsageError {
    const [flag = arg] = /^-[^=:]*/.exec(arg) ?? [];
    const name = flag.replace(/^--?/, "");
    const names = [...this.#options.map((option) => option.name), "help", "version"];
    const meant = names.includes(name) ? name : similarName(name, names);
    const isLong = arg.startsWith("--") || name.length > 1;
    const hint = meant !== undefined && isLong ? `: did you mean --${meant}?` : "";
    return new UsageError(`Unknown option ${flag}${hint}`);
  }
}

function checkOperands(operands: Operands | undefined, given: readonly string[]): void {
  if (operands === undefined) {
    const [unexpected] = given;
    if (unexpected === undefined) return;
    throw new UsageError(`Unexpected argument ${quoteGiven(unexpected)}: only options are taken`);
  }
  const { name, least = 0, most = Infinity } = operands;
  if (given.length >= least && given.length <= most) return;
  const required = given.length < least ? `at least ${least}` : `at most ${most}`;
  const range = least === most ? `${least}` : required;
  throw new UsageError(`${given.length} × ${name} given, ${range} required`);
}
