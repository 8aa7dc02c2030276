/**
 * From what a device says to the points that are sent.
 *
 * @module
 */

import type { Timestamp } from "../time/timestamp.ts";
import type { Values } from "./found_metrics.ts";
import type { CheckedGroup } from "./poll_group.ts";
import { isTimed, type TimedValue } from "./readings.ts";

/** A point to send. */
export interface Point extends TimedValue {
  /** The metric. */
  readonly metric: string;
}

/** What a reading has come to. */
export interface Batch {
  /** What is to be sent; the points of a metric have increasing times. */
  readonly points: readonly Point[];
  /** The metrics that there is no number of, and why. */
  readonly errors: ReadonlyMap<string, Error>;
  /** The metrics that there is one of. */
  readonly read: readonly string[];
}

interface LastTimes {
  // Of the values with times of their own, and of all points, "no reading" included.
  own: Timestamp;
  sent: Timestamp;
}

/** Makes points of a group's readings, and leaves out what was there before. */
export class PointFilter {
  readonly #skipRepeated: boolean;
  // Of metrics that had a time of their own.
  readonly #last = new Map<string, LastTimes>();
  #previous: Values | undefined;

  /** Nothing was read yet. */
  constructor({ skipRepeated }: Pick<CheckedGroup, "skipRepeated">) {
    this.#skipRepeated = skipRepeated;
  }

  /**
   * Takes a reading.
   *
   * @param values What was read of each metric; of a metric without a reading there is a "no reading".
   * @param time The time of what has none of its own.
   */
  pointsOf(values: Values, time: Timestamp): Batch {
    const points: Point[] = [];
    const errors = new Map<string, Error>();
    const read: string[] = [];
    const isRepeated = this.#isRepeated(values);
    for (const [metric, reading] of values) {
      if (isTimed(reading)) {
        const timed: readonly TimedValue[] = Array.isArray(reading) ? reading : [reading];
        const error = this.#takeTimed(metric, timed, points);
        if (error !== undefined) errors.set(metric, error);
        else if (timed.length > 0) read.push(metric);
        continue;
      }
      const value = typeof reading === "number" ? reading : NaN;
      if (reading instanceof Error) errors.set(metric, reading);
      else if (reading !== undefined) read.push(metric);
      if (!isRepeated && this.#isLater(metric, time)) points.push({ metric, time, value });
    }
    return { points, errors, read };
  }

  // At most one in a row is left out: a value that stays for long is still sent.
  #isRepeated(values: Values): boolean {
    if (!this.#skipRepeated) return false;
    const isRepeated = this.#previous !== undefined && areSame(this.#previous, values);
    this.#previous = isRepeated ? undefined : values;
    return isRepeated;
  }

  #takeTimed(metric: string, values: readonly TimedValue[], points: Point[]): Error | undefined {
    const last = this.#last.get(metric);
    const newest = values.at(-1)?.time;
    if (last !== undefined && newest?.isBefore(last.own)) {
      return new Error(`${metric}: its time has gone back from ${last.own} to ${newest}`);
    }
    let lost = 0;
    for (const { time, value } of values) {
      const before = this.#last.get(metric);
      // The device has told it before.
      if (before !== undefined && !time.isAfter(before.own)) continue;
      if (this.#isLater(metric, time)) points.push({ metric, time, value });
      else lost++;
      const sent = before?.sent.isAfter(time) ? before.sent : time;
      this.#last.set(metric, { own: time, sent });
    }
    if (lost === 0) return undefined;
    return new Error(`${metric}: ${lost} values are older than the last point that was sent`);
  }

  /** Whether a point is later than what was sent of its metric, and notes it. */
  #isLater(metric: string, time: Timestamp): boolean {
    const last = this.#last.get(metric);
    if (last === undefined) return true;
    if (!time.isAfter(last.sent)) return false;
    last.sent = time;
    return true;
  }
}

function areSame(one: Values, other: Values): boolean {
  return one.length === other.length && one.every(([metric, reading], at) => {
    const [otherMetric, otherReading] = other[at] ?? [];
    return metric === otherMetric && typeof reading === "number" &&
      Object.is(reading, otherReading);
  });
}
