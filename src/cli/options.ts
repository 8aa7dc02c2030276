/**
 * How a program declares its own options, and the types of the values it gets for them.
 *
 * @module
 */

import { requireBooleans } from "../option_names.ts";
import { quote } from "../quote.ts";
import { didYouMean } from "../suggestion.ts";

/** What options have. */
export interface OptionText {
  /** What the option is for, shown by `--help`. */
  readonly description: string;
  /**
   * A letter for the short form: `"m"` makes `-m`.
   * @default {none}
   */
  readonly short?: string | undefined;
}

/** An option without a value: given or not. */
export interface FlagOption extends OptionText {
  /** Marks the option as one without a value. */
  readonly flag: true;
}

/** An option with a value. */
export interface ValueOption extends OptionText {
  /** Absent: a {@linkcode FlagOption} is another thing. */
  readonly flag?: undefined;
  /**
   * The value's name in `--help`, such as `"URL"`.
   * @default {the option's name}
   */
  readonly valueName?: string | undefined;
  /** The only texts that are accepted, in upper or lower case; the value is as written here. */
  readonly choices?: readonly string[] | undefined;
  /**
   * Makes a value of the given text. The message of what it throws is shown, so it should say what
   * is required, such as `new RangeError("a positive integer is required")`.
   */
  readonly parse?: ((text: string) => unknown) | undefined;
  /**
   * The value if the option is not given; not together with `required`.
   * @default {undefined}
   */
  readonly default?: unknown;
  /**
   * Whether the program cannot run without it.
   * @default {false}
   */
  readonly required?: boolean | undefined;
  /**
   * Whether the option can be given several times, which makes its value a list. In the environment
   * and in files the values are separated by spaces.
   *
   * @default {false}
   */
  readonly multiple?: boolean | undefined;
}

/** An option of a program. */
export type OptionDeclaration = FlagOption | ValueOption;

/** The options of a program by name: `"chunk-size"` or `chunkSize` both mean `--chunk-size`. */
export type OptionDeclarations = Readonly<Record<string, OptionDeclaration>>;

/**
 * Makes a compile error of what an option cannot have, such as `requird`, or `default` beside `flag`
 * or `required`: to TypeScript the type of a generic option may have further fields.
 */
export type OnlyOptionFields<Options> = {
  readonly [Name in keyof Options]: {
    readonly [Field in keyof Options[Name]]: Field extends FieldsOf<Options[Name]> ? unknown
      : never;
  };
};

/** The names of what an option can have that is declared like this one. */
export type FieldsOf<Option> = Option extends { flag: true } ? keyof FlagOption
  : Option extends { required: true } ? Exclude<keyof ValueOption, "default">
  : keyof ValueOption;

/** A name in camel case: `CamelCase<"chunk-size">` is `"chunkSize"`. */
export type CamelCase<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

/** The type of one value of an option that may have several. */
export type SingleValue<Option> = Option extends { parse: (text: string) => infer Value } ? Value
  : Option extends { choices: readonly (infer Choice)[] } ? Choice
  : string;

/** The type of one option's value. */
export type OptionValue<Option extends OptionDeclaration> = Option extends { flag: true } ? boolean
  : Option extends { multiple: true } ? readonly SingleValue<Option>[]
  : Option extends { default: infer Default } ? SingleValue<Option> | Default
  : Option extends { required: true } ? SingleValue<Option>
  : SingleValue<Option> | undefined;

/** The values of a program's own options, by their names in camel case. */
export type OptionValues<Options extends OptionDeclarations> = {
  readonly [Name in keyof Options & string as CamelCase<Name>]: OptionValue<Options[Name]>;
};

/** An option with the names it has in each place. */
export interface NamedOption {
  /** On the command line, without its dashes: `"chunk-size"`. */
  readonly name: string;
  /** Among the values: `"chunkSize"`. */
  readonly key: string;
  /** In the environment and in `.metricq` files: `"METRICQ_CHUNK_SIZE"`. */
  readonly variable: string;
  /** What was declared. */
  readonly option: OptionDeclaration;
  /** Whether the value may be left out, which then is the empty text. */
  readonly valueOptional?: boolean;
}

// By convention --no-x takes --x back, which no option here does.
const NAME = /^(?!no-|no[A-Z])[a-z][a-z0-9]*(?:(?:-[a-z]|[A-Z])[a-z0-9]*)*$/;

const TEXT_FIELDS = ["description", "short", "flag"] as const;
const FLAG_FIELDS: readonly string[] = TEXT_FIELDS satisfies readonly (keyof FlagOption)[];
const VALUE_FIELDS: readonly string[] = [
  ...TEXT_FIELDS,
  "valueName",
  "choices",
  "parse",
  "default",
  "required",
  "multiple",
] satisfies (keyof ValueOption)[];

const BOOLEAN_FIELDS = { flag: "boolean", required: "boolean", multiple: "boolean" } as const;

/**
 * Gives an option its names.
 *
 * @throws {SyntaxError} If the name or the short form is not that of an option.
 * @throws {TypeError} If the declaration has a field that no option of its kind has.
 */
export function nameOption(name: string, option: OptionDeclaration): NamedOption {
  if (!NAME.test(name)) {
    throw new SyntaxError(
      `Cannot declare option: name "${name}" is given, one like "chunk-size" or "chunkSize" is required`,
    );
  }
  if (typeof option !== "object" || option === null || typeof option.description !== "string") {
    throw new TypeError(
      `Cannot declare option "${name}": ${
        quote(option)
      } is given, an object with a description is required`,
    );
  }
  if (option.short !== undefined && !/^[a-zA-Z]$/.test(option.short)) {
    throw new SyntaxError(
      `Cannot declare option "${name}": short form "${option.short}" is given, one letter is required`,
    );
  }
  requireBooleans(`declare option "${name}"`, option, BOOLEAN_FIELDS);
  const fields = option.flag ? FLAG_FIELDS : VALUE_FIELDS;
  for (const field of Object.keys(option)) {
    if (fields.includes(field)) continue;
    const kind = option.flag ? "an option with flag: true" : "an option";
    throw new TypeError(
      `Cannot declare option "${name}": "${field}" is given, which ${kind} does not have` +
        didYouMean(field, fields),
    );
  }
  if (!option.flag) checkValues(name, option);
  if (!option.flag && option.required && option.default !== undefined) {
    throw new TypeError(
      `Cannot declare option "${name}": required and default are given, only one of them has an effect`,
    );
  }
  const kebab = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return {
    name: kebab,
    key: kebab.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()),
    variable: `METRICQ_${kebab.toUpperCase().replaceAll("-", "_")}`,
    option,
  };
}

/** Refuses a `parse` or `choices` that could not be used when a value is given. */
function checkValues(name: string, { parse, choices }: ValueOption): void {
  if (parse !== undefined && typeof parse !== "function") {
    throw new TypeError(
      `Cannot declare option "${name}": parse is ${quote(parse)}, a function is required`,
    );
  }
  if (choices !== undefined && !Array.isArray(choices)) {
    throw new TypeError(
      `Cannot declare option "${name}": choices is ${quote(choices)}, a list is required`,
    );
  }
}
