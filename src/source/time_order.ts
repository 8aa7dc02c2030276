/**
 * Whether the times of a metric increase, and what is done about those that do not.
 *
 * @module
 */

import { logger } from "../log.ts";
import { quote } from "../quote.ts";
import { type MonotonicClock, wallTimeOf } from "../time/clock.ts";
import type { Timestamp } from "../time/timestamp.ts";

const log = logger("source");

/**
 * What happens to a point whose time is not later than that of the metric's points before it, which
 * databases refuse:
 *
 * - `"drop"`: it is not sent. A warning tells so once, `Source.stats` counts it as dropped, and
 *   `onPointsLost` is told `"out-of-order"`.
 * - `"send"`: it is sent, without a word.
 */
export type OnTime = "drop" | "send";

/** What a {@linkcode TimeOrder} is made with. */
export interface TimeOrderOptions {
  readonly onTime: OnTime | undefined;
  /** The clock beside which the time of day is. */
  readonly clock: MonotonicClock;
  /** Called when a point of a metric is dropped. */
  readonly onDrop: (metric: string) => void;
}

/**
 * No point is older than MetricQ, so that an earlier time is a mistake, such as seconds since the
 * start of the program for seconds since 1970.
 */
export const EARLIEST_SECONDS = 946_684_800; // 2000-01-01T00:00:00Z

const COUNTED_NANOSECONDS = 1_000_000;

/** What is done about points of a source whose times do not increase. */
export class TimeOrder {
  readonly #options: TimeOrderOptions;
  #dropped = 0;

  /**
   * No point was sent yet.
   *
   * @throws {TypeError} If `onTime` is not one of its values.
   */
  constructor(options: TimeOrderOptions) {
    const { onTime } = options;
    if (onTime !== undefined && onTime !== "drop" && onTime !== "send") {
      throw new TypeError(
        `Cannot use onTime: ${quote(onTime)} is given, "drop" or "send" is required`,
      );
    }
    this.#options = options;
  }

  /** Whether times matter at all. */
  get isChecked(): boolean {
    return this.#options.onTime !== "send";
  }

  /** How many points were dropped. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes note that a point of a metric is not later than the one before, which was in order. */
  noteBehind(metric: string, time: Timestamp, last: Timestamp): void {
    const { onTime } = this.#options;
    if (!this.isChecked) return;
    // Made only for a log that is kept: there may be one for each point.
    log.warn("The times of {metric} do not increase: {time} comes after {last}, {what}", () => ({
      metric,
      time: `${time}`,
      last: `${last}`,
      what: onTime === "drop"
        ? 'and such points are dropped, as onTime "drop" says'
        : "and databases refuse such points (onTime drops them, or sends them without this line)",
    }));
  }

  /** Whether a point is to be sent that is not later than one before it. */
  keepsBehind(metric: string): boolean {
    if (this.#options.onTime !== "drop") return true;
    this.#dropped++;
    this.#options.onDrop(metric);
    return false;
  }

  /** Takes note that the first point of a metric is from before the year 2000. */
  noteAge(metric: string, time: Timestamp): void {
    if (!this.isChecked) return;
    // Tests move clocks that begin in 1970, and count points by the nanosecond.
    if (wallTimeOf(this.#options.clock).seconds < EARLIEST_SECONDS) return;
    if (time.seconds === 0 && time.nanoseconds < COUNTED_NANOSECONDS) return;
    log.warn("The time of {metric} is {time}: is its unit right?", { metric, time: `${time}` });
  }
}

/** The index of the first time that is not later than the one before it, or -1. */
export function firstOutOfOrder(timesNs: BigInt64Array, lastNs: bigint): number {
  const [first] = timesNs;
  if (first === undefined) return -1;
  if (first <= lastNs) return 0;
  // As a bigint for each would cost more than encoding it: two halves, the lower one first.
  const halves = new Int32Array(timesNs.buffer, timesNs.byteOffset, 2 * timesNs.length);
  let low = halves[0] as number >>> 0;
  let high = halves[1] as number;
  for (let at = 2; at < halves.length; at += 2) {
    const nextLow = halves[at] as number >>> 0;
    const nextHigh = halves[at + 1] as number;
    if (nextHigh === high ? nextLow <= low : nextHigh < high) return at / 2;
    low = nextLow;
    high = nextHigh;
  }
  return -1;
}
