/**
 * The value of every option: from the command line, else from the environment, else from a
 * `.metricq` file, else its default.
 *
 * @module
 */

import { describeError } from "../error_text.ts";
import { type EnvFile, findEnvFile } from "./env_file.ts";
import { environmentNames, environmentVariable } from "./environment.ts";
import type { NamedOption, ValueOption } from "./options.ts";
import { mayHoldPassword, quoteGiven, UsageError } from "./usage_error.ts";

/** Where to look for options that the command line does not give. Tests give their own. */
export interface SettingSources {
  /** Reads a variable of the environment. */
  readonly environment: (name: string) => string | undefined;
  /** Finds the `.metricq` file. */
  readonly file: () => EnvFile | undefined;
  /**
   * Finds the names of variables with a prefix in the environment: those of the guesses, if they may not
   * be listed.
   */
  readonly names?: (prefix: string, guesses: () => Iterable<string>) => readonly string[];
}

/** The sources of an ordinary program. */
export const SYSTEM_SOURCES: SettingSources = {
  environment: environmentVariable,
  file: () => findEnvFile(),
  names: environmentNames,
};

/**
 * Finds the values of the options, by their `key`.
 *
 * @throws {UsageError} If one is required and missing, or cannot be used.
 */
export function resolveSettings(
  options: readonly NamedOption[],
  given: ReadonlyMap<string, readonly string[]>,
  sources: SettingSources = SYSTEM_SOURCES,
): Record<string, unknown> {
  const file = sources.file();
  const values: Record<string, unknown> = {};
  for (const named of options) {
    const found = find(named, given, sources, file);
    values[named.key] = found ? parse(named, found) : fallback(named);
  }
  return values;
}

interface Found {
  /** The place's name in a message. */
  readonly label: string;
  readonly texts: readonly string[];
}

function find(
  { name, key, variable, option }: NamedOption,
  given: ReadonlyMap<string, readonly string[]>,
  sources: SettingSources,
  file: EnvFile | undefined,
): Found | undefined {
  const texts = given.get(key);
  if (texts) return { label: `--${name}`, texts: option.flag ? ["true"] : texts };

  const split = (text: string) => !option.flag && option.multiple ? text.split(/\s+/) : [text];
  const inEnvironment = sources.environment(variable);
  if (inEnvironment) {
    return { label: `${variable} of the environment`, texts: split(inEnvironment) };
  }
  const inFile = file?.settings.get(variable);
  if (file && inFile) return { label: `${variable} of ${file.path}`, texts: split(inFile) };
  return undefined;
}

function fallback({ name, variable, option }: NamedOption): unknown {
  if (option.flag) return false;
  if (option.default !== undefined) return option.default;
  if (option.required) {
    throw new UsageError(
      `Option --${name} is missing: give it, or set ${variable} in the environment or a .metricq file`,
    );
  }
  return option.multiple ? [] : undefined;
}

function parse({ option }: NamedOption, { label, texts }: Found): unknown {
  if (option.flag) return parseFlag(texts[0] ?? "", label);
  const values = texts.map((text) => parseValue(option, text, label));
  return option.multiple ? values : values.at(-1);
}

function parseValue({ choices, parse }: ValueOption, text: string, label: string): unknown {
  const choice = choices?.find((choice) => choice.toLowerCase() === text.toLowerCase());
  if (choices && choice === undefined) {
    throw refusal(label, text, `one of ${choices.join(", ")} is required`);
  }
  const value = choice ?? text;
  try {
    return parse ? parse(value) : value;
  } catch (error) {
    throw refusal(label, text, describeError(error), error);
  }
}

const TRUE = ["1", "true", "t", "yes", "y", "on"];
const FALSE = ["0", "false", "f", "no", "n", "off"];

function parseFlag(text: string, label: string): boolean {
  const lower = text.toLowerCase();
  if (TRUE.includes(lower)) return true;
  if (FALSE.includes(lower)) return false;
  throw refusal(label, text, "true or false is required");
}

function refusal(label: string, text: string, reason: string, cause?: unknown): UsageError {
  // A message in the style of this package, "Cannot parse a duration: … is given, … is required",
  // says everything but has a "Cannot" of its own. Any other only says what is required.
  let detail = /^Cannot [^:]*: (.*)$/.exec(reason)?.[1];
  // A parser may repeat what it was given.
  if (mayHoldPassword(text)) detail = detail?.replaceAll(text, "…");
  return new UsageError(
    `Cannot use ${label}: ${detail ?? `${quoteGiven(text)} is given, ${reason}`}`,
    { cause },
  );
}
