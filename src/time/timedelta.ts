/**
 * A duration, exact to the nanosecond.
 *
 * @module
 */

import { recogniseAcrossCopies } from "../across_copies.ts";
import { quote } from "../quote.ts";
import { formatDuration, parseDurationNs } from "./duration_text.ts";
import { INSPECT } from "./inspect.ts";
import {
  carry,
  compare,
  fromUnits,
  join,
  type Nanoseconds,
  split,
  toUnits,
  validate,
} from "./nanoseconds.ts";

/** What people write for a span of time: a number of seconds, a text such as `"500ms"`, a Timedelta. */
export type Duration = number | string | Timedelta;

/**
 * A duration of up to ±292 years, exact to the nanosecond. Immutable: arithmetic returns new ones.
 *
 * `<`, `<=`, `>` and `>=` compare durations exactly; `==` and `===` ask whether two are the same
 * object, as for objects in JavaScript: use {@linkcode Timedelta.equals}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Timedelta } from "@metricq/source";
 *
 * const period = Timedelta.fromString("500 ms");
 * assert.equal(period.s, 0.5);
 * assert.equal(period.multiply(3).preciseString, "1500ms");
 * assert(period < Timedelta.fromS(1));
 * ```
 */
export class Timedelta {
  /** Whole seconds, rounded down: -1 for half a second below zero. */
  readonly seconds: number;
  /** The nanoseconds to add to `seconds`: 0 to 999 999 999, for negative durations too. */
  readonly nanoseconds: number;

  /**
   * Makes a duration of its two parts. The `from…` methods are for everyday use.
   *
   * @throws {TypeError} If a part is not a number.
   * @throws {RangeError} If a part is not an integer, if `nanoseconds` is not within a second, or if
   * the whole is beyond 64 bits of nanoseconds.
   */
  constructor(seconds: number, nanoseconds: number = 0) {
    validate("Cannot make a Timedelta", seconds, nanoseconds);
    this.seconds = seconds + 0; // Adding 0 makes -0 0, from which deep comparisons tell it apart.
    this.nanoseconds = nanoseconds + 0;
  }

  /**
   * A duration from what people write for one: a number of seconds, a text such as `"500ms"`
   * (see {@linkcode Timedelta.fromString}), or a duration already.
   *
   * @throws {TypeError} If `value` is of another type.
   * @throws {RangeError} If it is NaN, infinite or out of range.
   * @throws {SyntaxError} If it is a text that cannot be parsed.
   *
   * @example
   * ```ts
   * import assert from "node:assert/strict";
   * import { Timedelta } from "@metricq/source";
   *
   * assert(Timedelta.from(0.5).equals(Timedelta.from("500ms")));
   * ```
   */
  static from(value: Duration): Timedelta {
    if (value instanceof Timedelta) return value;
    if (typeof value === "number") return Timedelta.fromS(value);
    if (typeof value === "string") return Timedelta.fromString(value);
    throw new TypeError(
      `Cannot make a Timedelta: ${quote(value)} is given, ` +
        `a number of seconds, a string such as "500ms" or a Timedelta is required`,
    );
  }

  /**
   * A duration from a number of seconds, rounded to the nearest nanosecond. (The reference truncates
   * here, in {@linkcode Timedelta.multiply} and in {@linkcode Timedelta.divide}: 1.001 s become
   * 1000999999 ns there.)
   *
   * @throws {TypeError} If `seconds` is not a number.
   * @throws {RangeError} If it is NaN, infinite or out of range.
   */
  static fromS(seconds: number): Timedelta {
    return make(fromUnits("Cannot make a Timedelta", seconds, "seconds", 1));
  }

  /** A duration from a number of milliseconds; otherwise like {@linkcode Timedelta.fromS}. */
  static fromMs(milliseconds: number): Timedelta {
    return make(fromUnits("Cannot make a Timedelta", milliseconds, "milliseconds", 1e3));
  }

  /** A duration from a number of microseconds; otherwise like {@linkcode Timedelta.fromS}. */
  static fromUs(microseconds: number): Timedelta {
    return make(fromUnits("Cannot make a Timedelta", microseconds, "microseconds", 1e6));
  }

  /**
   * A duration from an integer number of nanoseconds.
   *
   * @throws {TypeError} If `nanoseconds` is neither a bigint nor a number.
   * @throws {RangeError} If it is a number but not a safe integer, or beyond 64 bits.
   */
  static fromNs(nanoseconds: bigint | number): Timedelta {
    if (typeof nanoseconds === "number" && !Number.isSafeInteger(nanoseconds)) {
      throw new RangeError(
        `Cannot make a Timedelta: ${nanoseconds} nanoseconds are given, ` +
          `a safe integer or a bigint is required`,
      );
    }
    const ns = typeof nanoseconds === "number" ? BigInt(nanoseconds) : nanoseconds;
    return make(split("Cannot make a Timedelta", ns));
  }

  /**
   * A duration from a text: an optional sign, a decimal number with `.` or `,`, and a unit. Spaces
   * may surround either. Without a unit the number means seconds. The number is read digit by digit,
   * without rounding; what is finer than 1 ns is cut off.
   *
   * | unit         | short      | long                          |
   * | ------------ | ---------- | ----------------------------- |
   * | days         | `d`        | `day`, `days`                 |
   * | hours        | `h`        | `hour`, `hours`               |
   * | minutes      | `min`      | `minute`, `minutes`           |
   * | seconds      | `s`        | `second`, `seconds`           |
   * | milliseconds | `ms`       | `millisecond`, `milliseconds` |
   * | microseconds | `us`, `μs` | `microsecond`, `microseconds` |
   * | nanoseconds  | `ns`       | `nanosecond`, `nanoseconds`   |
   *
   * @throws {TypeError} If `text` is not a string.
   * @throws {SyntaxError} If it is not a number and a unit, or longer than 64 characters.
   * @throws {RangeError} If the duration is out of range.
   *
   * @example
   * ```ts
   * import assert from "node:assert/strict";
   * import { Timedelta } from "@metricq/source";
   *
   * assert.equal(Timedelta.fromString("1,5 h").s, 5400);
   * assert.equal(Timedelta.fromString("-250 μs").ns, -250_000n);
   * ```
   */
  static fromString(text: string): Timedelta {
    return Timedelta.fromNs(parseDurationNs(text));
  }

  /** The duration in nanoseconds, exactly. */
  get ns(): bigint {
    return join(this);
  }

  /** The duration in microseconds, as near as a number comes. */
  get us(): number {
    return toUnits(this, 1e6);
  }

  /** The duration in milliseconds, as near as a number comes. */
  get ms(): number {
    return toUnits(this, 1e3);
  }

  /** The duration in seconds, as near as a number comes. */
  get s(): number {
    return toUnits(this, 1);
  }

  /**
   * The duration as a whole number of the largest unit in which it is one, such as `"100ms"`.
   * {@linkcode Timedelta.fromString} makes the same duration of it again.
   */
  get preciseString(): string {
    return formatDuration(this.ns);
  }

  /**
   * The sum of two durations.
   *
   * @throws {RangeError} If it is out of range, as in all arithmetic here.
   */
  add(other: Timedelta): Timedelta {
    requireTimedelta("Cannot add to a Timedelta", other);
    return make(carry(this.seconds + other.seconds, this.nanoseconds + other.nanoseconds));
  }

  /** This duration without another. */
  subtract(other: Timedelta): Timedelta {
    requireTimedelta("Cannot subtract from a Timedelta", other);
    return make(carry(this.seconds - other.seconds, this.nanoseconds - other.nanoseconds));
  }

  /**
   * This duration times a factor, rounded once, to the nearest nanosecond.
   *
   * @throws {RangeError} If the factor is NaN or infinite.
   */
  multiply(factor: number): Timedelta {
    const [numerator, denominator] = ratio("multiply", factor);
    return Timedelta.fromNs(divideRounded(this.ns * numerator, denominator));
  }

  /**
   * This duration divided by a number, rounded once, to the nearest nanosecond.
   *
   * @throws {RangeError} If the divisor is 0, NaN or infinite.
   */
  divide(divisor: number): Timedelta;
  /**
   * How often another duration goes into this one, with the fraction.
   *
   * @throws {RangeError} If the divisor is 0.
   */
  divide(divisor: Timedelta): number;
  divide(divisor: number | Timedelta): Timedelta | number {
    if (divisor instanceof Timedelta) return Number(this.ns) / Number(nonzero(divisor.ns));
    const [numerator, denominator] = ratio("divide", divisor);
    return Timedelta.fromNs(divideRounded(this.ns * denominator, nonzero(numerator)));
  }

  /**
   * This duration divided by an integer, rounded down.
   *
   * @throws {RangeError} If the divisor is 0 or not an integer.
   */
  floorDivide(divisor: number): Timedelta;
  /**
   * How often another duration goes into this one, rounded down.
   *
   * @throws {RangeError} If the divisor is 0, or the quotient beyond a safe integer.
   */
  floorDivide(divisor: Timedelta): number;
  floorDivide(divisor: number | Timedelta): Timedelta | number {
    if (!(divisor instanceof Timedelta)) {
      const [numerator, denominator] = ratio("divide", divisor);
      if (denominator !== 1n) {
        throw new RangeError(
          `Cannot divide a Timedelta: ${divisor} is given, an integer is required`,
        );
      }
      return Timedelta.fromNs(floorQuotient(this.ns, nonzero(numerator)));
    }
    const quotient = Number(floorQuotient(this.ns, nonzero(divisor.ns)));
    if (Number.isSafeInteger(quotient)) return quotient;
    throw new RangeError(
      `Cannot divide a Timedelta: the quotient is ${quotient}, a safe integer is required`,
    );
  }

  /**
   * What is left of this duration after {@linkcode Timedelta.floorDivide}: it has the sign of the
   * divisor, as in Python.
   *
   * @throws {RangeError} If the divisor is 0.
   */
  modulo(divisor: Timedelta): Timedelta {
    return Timedelta.fromNs(floorRemainder(this.ns, nonzero(divisor.ns)));
  }

  /** The same duration in the other direction. */
  negate(): Timedelta {
    return make(carry(-this.seconds, -this.nanoseconds));
  }

  /** The duration without its sign. */
  abs(): Timedelta {
    return this.seconds < 0 ? this.negate() : this;
  }

  /** -1, 0 or 1, as this duration is less than, equal to or more than another. */
  compare(other: Timedelta): -1 | 0 | 1 {
    return compare(this, other);
  }

  /** Whether two durations are equal. */
  equals(other: Timedelta): boolean {
    return compare(this, other) === 0;
  }

  /**
   * The nanoseconds, for `<` and its kin. A bigint makes them exact, and makes what would be inexact
   * (`+duration`, `Math.max`, mixing with numbers) a `TypeError` of the language.
   */
  valueOf(): bigint {
    return this.ns;
  }

  /** The same as {@linkcode Timedelta.preciseString}. */
  toString(): string {
    return this.preciseString;
  }

  /** The same as {@linkcode Timedelta.preciseString}: what JSON gets. */
  toJSON(): string {
    return this.preciseString;
  }

  /** What `console.log` and `Deno.inspect` print. */
  [INSPECT](): string {
    return `Timedelta(${this.preciseString})`;
  }
}

recogniseAcrossCopies({ Timedelta });

/**
 * Refuses what is not a duration where TypeScript could not.
 *
 * @throws {TypeError} If `value` is not a Timedelta.
 */
export function requireTimedelta(action: string, value: unknown): asserts value is Timedelta {
  if (value instanceof Timedelta) return;
  throw new TypeError(`${action}: ${quote(value)} is given, a Timedelta is required`);
}

function make({ seconds, nanoseconds }: Nanoseconds): Timedelta {
  return new Timedelta(seconds, nanoseconds);
}

/** The fraction that a double exactly is: its denominator is a power of two. */
function ratio(verb: string, value: number): [numerator: bigint, denominator: bigint] {
  if (typeof value !== "number") {
    throw new TypeError(
      `Cannot ${verb} a Timedelta: ${quote(value)} is given, a number is required`,
    );
  }
  if (!Number.isFinite(value)) {
    throw new RangeError(
      `Cannot ${verb} a Timedelta: ${value} is given, a finite number is required`,
    );
  }
  let exponent = 0n;
  for (; !Number.isInteger(value); exponent++) value *= 2; // Exact, and at most 1074 times.
  return [BigInt(value), 1n << exponent];
}

/** The quotient rounded to the nearest integer, halves away from zero. */
function divideRounded(dividend: bigint, divisor: bigint): bigint {
  const magnitude = (2n * absolute(dividend) + absolute(divisor)) / (2n * absolute(divisor));
  return (dividend < 0n) === (divisor < 0n) ? magnitude : -magnitude;
}

/** What is left after a division that rounds down. */
function floorRemainder(dividend: bigint, divisor: bigint): bigint {
  const rest = dividend % divisor;
  return rest !== 0n && (rest < 0n) !== (divisor < 0n) ? rest + divisor : rest;
}

function floorQuotient(dividend: bigint, divisor: bigint): bigint {
  return (dividend - floorRemainder(dividend, divisor)) / divisor;
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function nonzero(divisor: bigint): bigint {
  if (divisor !== 0n) return divisor;
  throw new RangeError("Cannot divide a Timedelta: 0 is given, a divisor other than 0 is required");
}
