/**
 * Regular expressions of a configuration, searched for in the answer of a device.
 *
 * @module
 */

import { RE2JS } from "re2js";
import { errorText } from "../error_text.ts";
import { quote } from "../quote.ts";

/** A regular expression that was compiled. */
export interface Pattern {
  /** As it was given. */
  readonly text: string;
  /** How many instructions it has. */
  readonly size: number;
  /** What its first group matches, or without groups the whole; `undefined` if nothing matches. */
  readonly find: (text: string) => string | undefined;
}

/** How a regular expression is read. */
export interface PatternOptions {
  /**
   * Whether `^` and `$` match at each line, and not only at the ends of the text.
   * @default {true}
   */
  readonly isMultiline?: boolean;
}

// Repetitions such as (a{100}){100} are written out.
const MAX_SIZE = 2000;
// What compiling takes grows faster than the text.
const MAX_CHARACTERS = 10_000;

/**
 * Compiles a regular expression that is matched in linear time: one of JavaScript's, but without `(?=…)`, `(?<=…)` and `\1`, which take longer. A long answer of a device
 * thus cannot hold up a source.
 *
 * @throws {SyntaxError} If it is not a regular expression, or cannot be matched in linear time.
 * @throws {RangeError} If it is too large.
 */
export function compilePattern(text: string, { isMultiline = true }: PatternOptions = {}): Pattern {
  if (text.length > MAX_CHARACTERS) {
    throw new RangeError(
      `Cannot use regular expression: ${
        quote(text)
      } has ${text.length} characters, at most ${MAX_CHARACTERS} are allowed`,
    );
  }
  const pattern = compile(text, isMultiline);
  const size = pattern.programSize();
  if (size > MAX_SIZE) {
    throw new RangeError(
      `Cannot use regular expression: ${
        quote(text)
      } has ${size} instructions, at most ${MAX_SIZE} are allowed`,
    );
  }
  return {
    text,
    size,
    find: (searched) => {
      const matcher = pattern.matcher(searched);
      if (!matcher.find()) return undefined;
      const first = matcher.groupCount() > 0 ? matcher.group(1) : null;
      return first ?? matcher.group() ?? undefined;
    },
  };
}

function compile(text: string, isMultiline: boolean): RE2JS {
  try {
    // RE2 writes a character by its number in another way.
    const source = text.replaceAll(
      /\\(?:u([\da-f]{4})|[^])/gi,
      (all, digits?: string) => digits === undefined ? all : `\\x{${digits}}`,
    );
    return RE2JS.compile(source, isMultiline ? RE2JS.MULTILINE : 0);
  } catch (error) {
    const reason = errorText(error).replace(/^error parsing regexp: /, "").replace(/: `.*/s, "");
    throw new SyntaxError(
      `Cannot use regular expression: ${quote(text)} is given (${reason}), ` +
        "one that can be matched in linear time is required",
    );
  }
}

/** The budget of one reading: characters times instructions. */
const MAX_STEPS = 1e8;

/**
 * Bounds the cost of all expressions of one reading. Matching takes at most about 25 ns per character
 * and instruction, usually a hundredth of that.
 */
export class PatternBudget {
  #left = MAX_STEPS;

  /**
   * Finds a pattern.
   *
   * @throws {RangeError} If that could cost more than is left.
   */
  find(pattern: Pattern, text: string): string | undefined {
    this.#left -= text.length * pattern.size;
    if (this.#left >= 0) return pattern.find(text);
    this.#left += text.length * pattern.size;
    throw new RangeError(
      `Cannot look for ${
        quote(pattern.text)
      }: the text of ${text.length} characters is too long for ` +
        "all the regular expressions of the reading",
    );
  }
}
