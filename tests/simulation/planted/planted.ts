/**
 * A fault to plant into the code, to see that simulations find it.
 *
 * @module
 */

import type { Plan } from "../plan.ts";

/** A patch. */
export interface Planted {
  /** What is wrong then. */
  readonly what: string;
  readonly file: string;
  /** A text that is there once. */
  readonly text: string;
  /** What comes in its place. */
  readonly replacement: string;
  /**
   * Whether a plan has what the fault is about; others are not tried.
   * @default {every plan}
   */
  readonly shows?: (plan: Plan) => boolean;
  /**
   * Whether it shows where many points are sent, in plans that are left out otherwise as they take long.
   * @default {false}
   */
  readonly needsMany?: boolean;
}

/**
 * Puts a fault into a text.
 *
 * @throws {Error} If its place is not there exactly once.
 */
export function plant(source: string, { what, file, text, replacement }: Planted): string {
  const places = source.split(text).length - 1;
  if (places === 1) return source.replace(text, () => replacement);
  throw new Error(`Cannot plant "${what}" into ${file}: the place is there ${places} times`);
}
