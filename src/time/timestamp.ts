/**
 * An instant, exact to the nanosecond.
 *
 * @module
 */

import { recogniseAcrossCopies } from "../across_copies.ts";
import { quote } from "../quote.ts";
import { INSPECT } from "./inspect.ts";
import { type Instant, isInstant, type TemporalInstant, timestampRequired } from "./instant.ts";
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
import { requireTimedelta, Timedelta } from "./timedelta.ts";
import { systemWallClock } from "./wall_clock.ts";

/**
 * An instant, exact to the nanosecond, within ±292 years of 1970. Immutable: arithmetic returns new
 * ones.
 *
 * `<`, `<=`, `>` and `>=` compare instants exactly; `==` and `===` ask whether two are the same
 * object, as for objects in JavaScript: use {@linkcode Timestamp.equals}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Timedelta, Timestamp } from "@metricq/source";
 *
 * const start = Timestamp.fromIso8601("2024-05-01T12:00:00.123456789Z");
 * const end = start.add(Timedelta.fromString("1 ns"));
 * assert.equal(end.posixNs, 1714564800123456790n);
 * assert.equal(end.subtract(start).ns, 1n);
 * assert(start < end);
 * ```
 */
export class Timestamp {
  /** Whole seconds since 1970-01-01T00:00:00Z, rounded down. */
  readonly seconds: number;
  /** The nanoseconds to add to `seconds`: 0 to 999 999 999, before 1970 too. */
  readonly nanoseconds: number;

  /**
   * Makes an instant of its two parts. The `from…` methods are for everyday use.
   *
   * @throws {TypeError} If a part is not a number.
   * @throws {RangeError} If a part is not an integer, if `nanoseconds` is not within a second, or if
   * the whole is beyond 64 bits of nanoseconds.
   */
  constructor(seconds: number, nanoseconds: number = 0) {
    validate("Cannot make a Timestamp", seconds, nanoseconds);
    this.seconds = seconds + 0; // Adding 0 makes -0 0, from which deep comparisons tell it apart.
    this.nanoseconds = nanoseconds + 0;
  }

  /**
   * The current time, with the finest steps that the system has. Two calls never return the same
   * instant, and a later call returns a later one, unless the system's time was stepped back by
   * more than a second meanwhile.
   *
   * @example
   * ```ts
   * import assert from "node:assert/strict";
   * import { Timestamp } from "@metricq/source";
   *
   * assert(Timestamp.now() < Timestamp.now());
   * ```
   */
  static now(): Timestamp {
    const { seconds, nanoseconds } = systemWallClock.now();
    return new Timestamp(seconds, nanoseconds);
  }

  /** The instant that lies this long in the past. */
  static ago(delta: Timedelta): Timestamp {
    return Timestamp.now().subtract(delta);
  }

  /** The instant that lies this long in the future. */
  static fromNow(delta: Timedelta): Timestamp {
    return Timestamp.now().add(delta);
  }

  /**
   * An instant from seconds since 1970, rounded to the nearest nanosecond. For today's times a
   * number of seconds has steps of 0.24 µs.
   *
   * @throws {TypeError} If `seconds` is not a number.
   * @throws {RangeError} If it is NaN, infinite or out of range.
   */
  static fromPosixSeconds(seconds: number): Timestamp {
    return make(fromUnits("Cannot make a Timestamp", seconds, "seconds", 1));
  }

  /** An instant from milliseconds since 1970; otherwise like {@linkcode Timestamp.fromPosixSeconds}. */
  static fromPosixMs(milliseconds: number): Timestamp {
    return make(fromUnits("Cannot make a Timestamp", milliseconds, "milliseconds", 1e3));
  }

  /** An instant from microseconds since 1970; otherwise like {@linkcode Timestamp.fromPosixSeconds}. */
  static fromPosixUs(microseconds: number): Timestamp {
    return make(fromUnits("Cannot make a Timestamp", microseconds, "microseconds", 1e6));
  }

  /**
   * An instant from nanoseconds since 1970.
   *
   * @throws {TypeError} If `nanoseconds` is not a bigint: no number holds today's exactly.
   * @throws {RangeError} If it is beyond 64 bits.
   */
  static fromPosixNs(nanoseconds: bigint): Timestamp {
    return make(split("Cannot make a Timestamp", nanoseconds));
  }

  /**
   * An instant from another kind of it: a `Temporal.Instant` or `Temporal.ZonedDateTime`, a `Date`, or
   * a Timestamp already. Numbers have methods of their own, which name their unit.
   *
   * @throws {TypeError} If `instant` is of another type.
   * @throws {RangeError} If it is out of range, or an invalid `Date`.
   *
   * @example
   * ```ts
   * import assert from "node:assert/strict";
   * import { Timestamp } from "@metricq/source";
   *
   * const instant = Temporal.Instant.from("2024-05-01T12:00:00.123456789Z");
   * const time = Timestamp.from(instant);
   * assert.equal(time.posixNs, 1714564800123456789n);
   * assert(time.toInstant().equals(instant));
   * ```
   */
  static from(instant: Timestamp | Date | Instant): Timestamp {
    if (instant instanceof Timestamp) return instant;
    if (instant instanceof Date) return Timestamp.fromDate(instant);
    if (isInstant(instant)) return Timestamp.fromPosixNs(instant.epochNanoseconds);
    throw timestampRequired("Cannot make a Timestamp", instant);
  }

  /**
   * The instant of a `Date`.
   *
   * @throws {TypeError} If `date` is not a `Date`.
   * @throws {RangeError} If it is invalid or out of range.
   */
  static fromDate(date: Date): Timestamp {
    if (!(date instanceof Date)) {
      throw new TypeError(`Cannot make a Timestamp: ${quote(date)} is given, a Date is required`);
    }
    return Timestamp.fromPosixMs(date.getTime());
  }

  /**
   * An instant from an ISO 8601 text: date, `T` (or a space), time and zone, with separators
   * (`2024-05-01T12:00:00.5+02:00`) or without (`20240501T120000.5Z`). Seconds and the minutes of the
   * zone may be left out. Nine digits of a fraction count, the rest is cut off.
   *
   * @throws {TypeError} If `text` is not a string.
   * @throws {SyntaxError} If it is not of that form; a time without
   * a zone is not an instant.
   * @throws {RangeError} If there is no such date or time, or if it is out of range.
   *
   * @example
   * ```ts
   * import assert from "node:assert/strict";
   * import { Timestamp } from "@metricq/source";
   *
   * assert.equal(Timestamp.fromIso8601("1970-01-01T01:00:00.000000001+01:00").posixNs, 1n);
   * ```
   */
  static fromIso8601(text: string): Timestamp {
    if (typeof text !== "string") {
      throw new TypeError(`Cannot parse a time: ${quote(text)} is given, a string is required`);
    }
    const parts = ISO_8601.exec(text)?.groups;
    if (parts === undefined) {
      throw new SyntaxError(
        `Cannot parse a time: ${quote(text)} is given, ` +
          `ISO 8601 with a zone such as "2024-05-01T12:00:00Z" is required`,
      );
    }
    const field = (name: string) => Number(parts[name] ?? 0);
    const [month, day] = [field("month"), field("day")];
    const [hour, minute, second] = [field("hour"), field("minute"), field("second")];
    const [zoneHour, zoneMinute] = [field("zoneHour"), field("zoneMinute")];
    const date = new Date(0);
    date.setUTCFullYear(field("year"), month - 1, day);
    // A day that the month does not have leads into another month.
    if (
      date.getUTCMonth() !== month - 1 || hour > 23 || minute > 59 || second > 59 ||
      zoneHour > 23 || zoneMinute > 59
    ) {
      throw new RangeError(
        `Cannot parse a time: ${quote(text)} is given, a date and a time that exist are required`,
      );
    }
    const zoneSeconds = (zoneHour * 60 + zoneMinute) * (parts.zoneSign === "-" ? -60 : 60);
    return new Timestamp(
      date.getTime() / 1000 + hour * 3600 + minute * 60 + second - zoneSeconds,
      Number((parts.fraction ?? "").slice(0, 9).padEnd(9, "0")),
    );
  }

  /** Seconds since 1970, as near as a number comes. */
  get posixSeconds(): number {
    return toUnits(this, 1);
  }

  /** Milliseconds since 1970, as near as a number comes. */
  get posixMs(): number {
    return toUnits(this, 1e3);
  }

  /** Microseconds since 1970, as near as a number comes. */
  get posixUs(): number {
    return toUnits(this, 1e6);
  }

  /** Nanoseconds since 1970, exactly. */
  get posixNs(): bigint {
    return join(this);
  }

  /** The instant as a `Date`, rounded down to its milliseconds. */
  toDate(): Date {
    return new Date(this.seconds * 1000 + Math.floor(this.nanoseconds / 1e6));
  }

  /**
   * The instant as a `Temporal.Instant`, exactly.
   *
   * @throws {TypeError} If the runtime has no `Temporal`, as Node 24 has none.
   */
  toInstant(): TemporalInstant {
    if (typeof Temporal === "undefined") {
      throw new TypeError(
        "Cannot make a Temporal.Instant: this runtime has no Temporal, one that has it is required",
      );
    }
    return Temporal.Instant.fromEpochNanoseconds(this.posixNs);
  }

  /**
   * The instant in ISO 8601, in UTC and with nine digits of a second: `2024-05-01T12:00:00.123456789Z`.
   * {@linkcode Timestamp.fromIso8601} makes the same instant of it again.
   */
  toIso8601(): string {
    const toSeconds = new Date(this.seconds * 1000).toISOString().slice(0, -".000Z".length);
    return `${toSeconds}.${String(this.nanoseconds).padStart(9, "0")}Z`;
  }

  /**
   * The instant that lies this much later.
   *
   * @throws {RangeError} If it is out of range.
   */
  add(delta: Timedelta): Timestamp {
    requireTimedelta("Cannot add to a Timestamp", delta);
    return make(carry(this.seconds + delta.seconds, this.nanoseconds + delta.nanoseconds));
  }

  /**
   * The instant that lies this much earlier.
   *
   * @throws {RangeError} If it is out of range.
   */
  subtract(delta: Timedelta): Timestamp;
  /**
   * How much later this instant is than another.
   *
   * @throws {RangeError} If they are more than 292 years apart.
   */
  subtract(other: Timestamp): Timedelta;
  subtract(other: Timedelta | Timestamp): Timestamp | Timedelta {
    const isTimestamp = other instanceof Timestamp;
    if (!isTimestamp) requireTimedelta("Cannot subtract from a Timestamp", other);
    const { seconds, nanoseconds } = carry(
      this.seconds - other.seconds,
      this.nanoseconds - other.nanoseconds,
    );
    return isTimestamp ? new Timedelta(seconds, nanoseconds) : new Timestamp(seconds, nanoseconds);
  }

  /**
   * How far this instant is past the last multiple of a duration since 1970. The remainder has the
   * sign of the duration, as in Python.
   *
   * @throws {RangeError} If the duration is 0.
   *
   * @example
   * ```ts
   * import assert from "node:assert/strict";
   * import { Timedelta, Timestamp } from "@metricq/source";
   *
   * const time = Timestamp.fromIso8601("2024-05-01T12:34:56Z");
   * const hour = time.subtract(time.modulo(Timedelta.fromString("1 h")));
   * assert.equal(hour.toIso8601(), "2024-05-01T12:00:00.000000000Z");
   * ```
   */
  modulo(divisor: Timedelta): Timedelta {
    return new Timedelta(this.seconds, this.nanoseconds).modulo(divisor);
  }

  /** -1, 0 or 1, as this instant is before, equal to or after another. */
  compare(other: Timestamp): -1 | 0 | 1 {
    return compare(this, other);
  }

  /** Whether two instants are equal. */
  equals(other: Timestamp): boolean {
    return compare(this, other) === 0;
  }

  /** Whether this instant is before another. */
  isBefore(other: Timestamp): boolean {
    return compare(this, other) < 0;
  }

  /** Whether this instant is after another. */
  isAfter(other: Timestamp): boolean {
    return compare(this, other) > 0;
  }

  /**
   * The nanoseconds since 1970, for `<` and its kin. A bigint makes them exact, and makes what would
   * be inexact (`+time`, `new Date(time)`, mixing with numbers) a `TypeError` of the language.
   * `Temporal` throws here instead; but then what reads best cannot be written.
   */
  valueOf(): bigint {
    return this.posixNs;
  }

  /** The same as {@linkcode Timestamp.toIso8601}. */
  toString(): string {
    return this.toIso8601();
  }

  /** The same as {@linkcode Timestamp.toIso8601}: what JSON gets. */
  toJSON(): string {
    return this.toIso8601();
  }

  /** What `console.log` and `Deno.inspect` print. */
  [INSPECT](): string {
    return `Timestamp(${this.toIso8601()})`;
  }
}

// The back references ask for all separators of the date, or of the time, or for none.
const ISO_8601 = new RegExp(
  "^(?<year>\\d{4})(?<dash>-?)(?<month>\\d\\d)\\k<dash>(?<day>\\d\\d)" +
    "[T ](?<hour>\\d\\d)(?<colon>:?)(?<minute>\\d\\d)" +
    "(?:\\k<colon>(?<second>\\d\\d)(?:[.,](?<fraction>\\d+))?)?" +
    "(?:Z|(?<zoneSign>[+-])(?<zoneHour>\\d\\d)(?::?(?<zoneMinute>\\d\\d))?)$",
  "i",
);

recogniseAcrossCopies({ Timestamp });

function make({ seconds, nanoseconds }: Nanoseconds): Timestamp {
  return new Timestamp(seconds, nanoseconds);
}
