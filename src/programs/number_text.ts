/**
 * Numbers as devices tell them.
 *
 * @module
 */

import { quote } from "../quote.ts";
import { conversion, convert, isUnit } from "./units.ts";

// With or without a unit behind it: 45, -4.5e3, "45.2 °C", "45%".
const NUMBER = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*([^\d\s.,+-].*)?$/i;
// No number is longer, and what is shown of it is cut anyway.
const MAX_NUMBER_CHARACTERS = 200;

/** What a number is to become. */
export interface NumberConfig {
  /** What it is multiplied with; then a unit behind it is left alone. */
  readonly scale?: number | undefined;
  /** To which a number with another unit behind it is converted. */
  readonly unit?: string | undefined;
}

/**
 * The number that a device tells, also in a text and with a unit behind it; NaN for `null`.
 *
 * @throws {Error} If it is not a number, or too large for one, or its unit is of another kind.
 */
export function numberOf(value: unknown, config: NumberConfig): number {
  const number = anyNumberOf(value, config);
  // JSON and texts have numbers such as 1e400, which no double holds.
  if (Math.abs(number) < Infinity || Number.isNaN(number)) return number;
  throw new Error(`${quote(value)} is given, a number that is finite is required`);
}

function anyNumberOf(value: unknown, { scale, unit = "" }: NumberConfig): number {
  if (typeof value === "number") return value * (scale ?? 1);
  if (typeof value === "boolean") return (value ? 1 : 0) * (scale ?? 1);
  if (value === null) return NaN;
  const text = typeof value === "string" ? value.trim() : "";
  const [, number, given = ""] = text.length > MAX_NUMBER_CHARACTERS ? [] : NUMBER.exec(text) ?? [];
  if (number === undefined || /[\d\s]/.test(given) && !isUnit(given)) {
    throw new Error(`${quote(value)} is given, a number is required`);
  }
  if (scale !== undefined || unit === "" || given === "") return Number(number) * (scale ?? 1);
  const factor = conversion(given, unit);
  if (factor !== undefined) return convert(Number(number), factor);
  throw new Error(`${quote(text)} is given, a number in ${unit} is required`);
}
