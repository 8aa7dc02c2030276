/**
 * What a program says of itself on its command line.
 *
 * @module
 */

import type { OptionNames } from "../option_names.ts";

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

/** The names of what {@linkcode Operands} have. */
export const OPERANDS: OptionNames<Operands> = {
  name: true,
  description: true,
  least: true,
  most: true,
};
