/**
 * The syntax of the command line and the text of `--help`. The only place that knows commander.
 *
 * @module
 */

import type { Command, CommanderError } from "commander";
import type { NamedOption } from "./options.ts";
import { quoteGiven, UsageError } from "./usage_error.ts";

/** What `--help` and `--version` say about a program. */
export interface ProgramText {
  /** The program's name. */
  readonly name: string;
  /** What it does, in a sentence or two. */
  readonly description?: string | undefined;
  /** The line that `--version` prints. */
  readonly version: string;
  /**
   * What it takes beside options.
   * @default {nothing}
   */
  readonly operands?: Operands | undefined;
}

/** What a program takes beside its options, such as names of files. */
export interface Operands {
  /** Their name in `--help`, such as `"FILE"`. */
  readonly name: string;
  /** What they are for, shown by `--help`. */
  readonly description: string;
  /**
   * How many there have to be.
   * @default {0}
   */
  readonly least?: number | undefined;
  /**
   * How many there may be.
   * @default {any number}
   */
  readonly most?: number | undefined;
}

/** What a command line asks for: a text to print instead of running, or what was given. */
export type Arguments =
  | { readonly print: string }
  | {
    readonly given: ReadonlyMap<string, readonly string[]>;
    readonly operands: readonly string[];
  };

// The width that fits everywhere; wider lines are also harder to read.
const HELP_WIDTH = 80;

/**
 * Reads a command line. Every given option is found under its `key`, with the texts given for it:
 * several if it was repeated, an empty one if it takes none.
 *
 * @throws {UsageError} If the command line has an unknown option, an option without its value, or more
 * or fewer operands than the program takes.
 */
export async function parseArguments(
  text: ProgramText,
  options: readonly NamedOption[],
  args: readonly string[],
): Promise<Arguments> {
  // Loaded here, so that a program with a command line of its own does not load it.
  const { Command, Option } = await import("commander");
  const program = new Command(text.name);
  let printed = "";
  program
    .exitOverride()
    // Every entry that is not set makes commander ask the environment or the terminal.
    .configureOutput({
      writeOut: (output) => printed += output,
      writeErr: () => {},
      getOutHelpWidth: () => HELP_WIDTH,
      getErrHelpWidth: () => HELP_WIDTH,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .usage(text.operands ? `[options] ${usage(text.operands)}` : "[options]")
    .description(text.description ?? "")
    .helpOption("-h, --help", "Print this help")
    .allowExcessArguments(text.operands !== undefined)
    .addHelpText(
      "after",
      options.some(({ name }) => name === "server") ? NETWORK_HELP : SETTINGS_HELP,
    );
  // For the help alone: commander's own check of how many there are knows only none, one and any.
  if (text.operands) program.argument(`[${text.operands.name}...]`, text.operands.description);
  for (const named of options) {
    program.addOption(
      new Option(flags(named), describe(named))
        .argParser((value, previous: string[] | undefined) => [...previous ?? [], value]),
    );
  }
  program.version(text.version, "--version", "Print the versions of program, library and Deno");

  try {
    program.parse(args, { from: "user" });
  } catch (error) {
    if (printed !== "") return { print: printed.trimEnd() };
    if (isCommanderError(error)) throw explain(error, program, options);
    throw error;
  }
  checkOperands(text.operands, program.args);
  return { given: givenOptions(program, options), operands: program.args };
}

function usage({ name, least = 0, most = Infinity }: Operands): string {
  const more = most > least ? `[${name}${most > least + 1 ? "..." : ""}]` : "";
  return `${`${name} `.repeat(least)}${more}`.trimEnd();
}

function checkOperands(operands: Operands | undefined, given: readonly string[]): void {
  if (operands === undefined) return;
  const { name, least = 0, most = Infinity } = operands;
  if (given.length >= least && given.length <= most) return;
  const required = given.length < least ? `at least ${least}` : `at most ${most}`;
  const range = least === most ? `${least}` : required;
  throw new UsageError(`${given.length} × ${name} given, ${range} required`);
}

const SETTINGS_HELP = `
Every option can also be set in the environment: METRICQ_VERBOSITY for
--verbosity, and so on. So can it in a file ".metricq" in the current folder,
one of its parents, or the home folder, with lines such as
  METRICQ_VERBOSITY=info
The command line comes first, then the environment, then the file.`;

const NETWORK_HELP = `
Every option can also be set in the environment: METRICQ_SERVER for --server,
METRICQ_TOKEN for --token, and so on. So can it in a file ".metricq" in the
current folder, one of its parents, or the home folder, with lines such as
  METRICQ_SERVER=amqp://user:password@broker.example.org/
The command line comes first, then the environment, then the file.

In server and token, $USER and $HOST stand for your user name and this host.
Your shell fills in $USER itself unless it stands in single quotes.`;

function flags({ name, option, valueOptional }: NamedOption): string {
  const long = option.short === undefined ? `--${name}` : `-${option.short}, --${name}`;
  if (option.flag) return long;
  return valueOptional
    ? `${long} [${valueName(name, option.valueName)}]`
    : `${long} <${valueName(name, option.valueName)}>`;
}

function valueName(name: string, given: string | undefined): string {
  return given ?? name.toUpperCase().replaceAll("-", "_");
}

function describe({ option }: NamedOption): string {
  if (option.flag) return option.description;
  const notes = [];
  if (option.choices) notes.push(option.choices.join("|"));
  if (option.default !== undefined && option.default !== null) {
    notes.push(`default: ${option.default}`);
  }
  if (option.required) notes.push("required");
  if (option.multiple) notes.push("may be repeated");
  return notes.length === 0 ? option.description : `${option.description} (${notes.join("; ")})`;
}

function givenOptions(
  program: Command,
  options: readonly NamedOption[],
): ReadonlyMap<string, readonly string[]> {
  const values = program.opts<Record<string, string[] | true | undefined>>();
  const given = new Map<string, readonly string[]>();
  const flagTexts = new Set(program.options.flatMap(({ short, long }) => [short, long]));
  for (const { key, name, option } of options) {
    const value = values[key];
    if (value === undefined) continue;
    const texts = value === true ? [""] : value; // true: the option came without a value.
    // commander takes the next argument as the value: `--token --syslog` would make "--syslog" the token.
    const swallowed = texts.find((text) => flagTexts.has(text));
    if (!option.flag && swallowed !== undefined) {
      throw new UsageError(`Option --${name} has no value: ${swallowed} comes next`);
    }
    given.set(key, texts);
  }
  return given;
}

function isCommanderError(error: unknown): error is CommanderError {
  return error instanceof Error && "code" in error && String(error.code).startsWith("commander.");
}

// commander's messages repeat the arguments, and with them passwords; these do not.
function explain(
  error: CommanderError,
  program: Command,
  options: readonly NamedOption[],
): UsageError {
  switch (error.code) {
    case "commander.unknownOption": {
      const [, flag] = /'(-[^'=:]*)/.exec(error.message) ?? [];
      const known = options.find(({ name }) => flag?.replace(/^--?/, "") === name);
      if (known && flag?.startsWith("--")) return new UsageError(`Option ${flag} takes no value`);
      const [, similar] = /Did you mean (?:one of )?(.+)\?/.exec(error.message) ?? [];
      const meant = known ? `--${known.name}` : similar;
      return new UsageError(
        `Unknown option ${flag}${meant === undefined ? "" : `: did you mean ${meant}?`}`,
      );
    }
    case "commander.excessArguments": {
      const [unexpected = ""] = program.args;
      return new UsageError(
        `Unexpected argument ${quoteGiven(unexpected)}: only options are taken`,
      );
    }
    case "commander.optionMissingArgument": {
      const [, name] = /--([a-z0-9-]+)/.exec(error.message) ?? [];
      return new UsageError(`Option --${name} has no value`);
    }
    default:
      return new UsageError(error.message.replace(/^error: /, ""));
  }
}
