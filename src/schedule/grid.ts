/**
 * The deadlines of a ticker.
 *
 * @module
 */

import type { Timedelta } from "../time/timedelta.ts";
import type { Timestamp } from "../time/timestamp.ts";

/** The deadlines of one period: the one that is waited for, and the way to the next. */
export interface Grid {
  /** The time from deadline to deadline. */
  readonly period: Timedelta;
  /** When the deadline is due, on the monotonic clock, as far as is known. */
  readonly deadlineMs: number;
  /** When to look at the clocks, on the monotonic one: at the deadline, or earlier. */
  readonly lookMs: number;
  /** What a tick tells as its time. */
  readonly time: Timestamp;
  /**
   * Does in vain what `look` and `time` do, and changes nothing: after a rest the processor has
   * nothing of it in its caches, and then it takes 30 µs instead of 3.
   */
  rehearse(): void;
  /**
   * Looks at the clocks. Returns, if the deadline has come, how many were given up meanwhile for
   * being too late.
   */
  look(): number | undefined;
  /** Goes on to the first deadline that is not over yet, and counts those between. */
  skip(): number;
}
