/**
 * Durations that users give and that have to be above 0.
 *
 * @module
 */

import { quote } from "../quote.ts";
import { type Duration, Timedelta } from "./timedelta.ts";

/**
 * Refuses what is not a duration above 0.
 *
 * @param action What cannot be done without one: `"Cannot set period"`.
 * @throws {TypeError} If `value` is of another type.
 * @throws {RangeError} If it is not above 0, NaN, or infinite: `1 / rate` of a rate of 0.
 * @throws {SyntaxError} If it is a text that cannot be parsed.
 */
export function requireDuration(action: string, value: Duration): Timedelta {
  const given = value instanceof Timedelta ? value.preciseString : quote(value);
  const message = `${action}: ${given} is given, a duration above 0 is required`;
  if (value === null || value === undefined) throw new TypeError(message);
  if (typeof value === "number" && !Number.isFinite(value)) throw new RangeError(message);
  const duration = readDuration(action, value);
  if (duration.seconds > 0 || duration.seconds === 0 && duration.nanoseconds > 0) return duration;
  throw new RangeError(message);
}

/**
 * Reads a duration of whatever sign; otherwise as {@linkcode requireDuration}. `Timedelta.from` alone
 * would not say which of a program's durations is meant.
 *
 * @throws {TypeError} If `value` is of another type.
 * @throws {SyntaxError} If it is a text that cannot be parsed.
 */
export function readDuration(action: string, value: Duration): Timedelta {
  try {
    return Timedelta.from(value);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
    const Kind = error instanceof TypeError ? TypeError : SyntaxError;
    throw new Kind(error.message.replace(/^[^:]*/, action));
  }
}
