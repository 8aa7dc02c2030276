/**
 * Deadlines at round times of day, waited for on the monotonic clock.
 *
 * @module
 */

import { type MonotonicClock, wallTimeOf } from "../time/clock.ts";
import { Timedelta } from "../time/timedelta.ts";
import type { Timestamp } from "../time/timestamp.ts";
import { LONGEST_HOLD_S } from "../time/wall_clock.ts";
import type { Grid } from "./grid.ts";

// A time of day that is slewed at its fastest (500 ppm) has gained half a millisecond by then.
const LONGEST_BLIND_MS = 1000;
// Less might vanish in a sum of doubles, and a wait until now would be repeated for ever.
const SHORTEST_WAIT_MS = 0.001;

/**
 * The deadlines at whole multiples of the period since 1970, plus an offset, on the time of day.
 *
 * The monotonic clock runs at another rate and knows of no setting of the time, so both are read
 * at every deadline, and twice a second on the way to one that is farther off. The deadline has not
 * come before the time of day has reached it. To wait on the time of day itself would not do:
 * no timer follows it.
 *
 * A time of day that goes back is waited for as long as that is no more than a period, or what
 * `Timestamp.now()` holds time for: no deadline comes twice. If it is more, the deadlines go back as
 * well. What a step forward leaps over, if more than a period, never was, and is not missed.
 */
export class WallGrid implements Grid {
  readonly period: Timedelta;
  readonly #clock: MonotonicClock;
  readonly #offset: Timedelta;
  readonly #longestHoldMs: number;
  // Both clocks when they were last read.
  #nowMs: number;
  #now: Timestamp;
  #last: Timestamp | undefined;
  #time: Timestamp;

  /** Makes a grid that begins now, but after the time of the `last` tick. */
  constructor(clock: MonotonicClock, period: Timedelta, offset: Timedelta, last?: Timestamp) {
    this.period = period;
    this.#clock = clock;
    this.#offset = offset;
    this.#longestHoldMs = Math.max(period.ms, LONGEST_HOLD_S * 1000);
    this.#nowMs = clock.nowMs();
    this.#now = wallTimeOf(clock);
    this.#last = last;
    this.#time = this.#first();
  }

  get time(): Timestamp {
    return this.#time;
  }

  get deadlineMs(): number {
    return this.#nowMs + this.#leftMs;
  }

  get lookMs(): number {
    const leftMs = this.#leftMs;
    if (leftMs <= 0) return this.#nowMs;
    // Halfway, so that the look, which may be late, is not later than the deadline.
    if (leftMs > LONGEST_BLIND_MS) return this.#nowMs + LONGEST_BLIND_MS / 2;
    return this.#nowMs + Math.max(leftMs, SHORTEST_WAIT_MS);
  }

  rehearse(): void {
    this.#clock.nowMs();
    this.#atOrAfter(wallTimeOf(this.#clock));
  }

  look(): number | undefined {
    const gainedMs = this.#readClocks();
    const first = this.#first();
    if (first.isBefore(this.#time) || gainedMs > this.period.ms) this.#time = first;
    if (this.#now.isBefore(this.#time)) return undefined;
    // What is measured now belongs to the latest time that is over, however long ago the last look was.
    const due = this.#time;
    this.#time = this.#now.subtract(this.#restOf(this.#now));
    return this.#time.subtract(due).floorDivide(this.period);
  }

  skip(): number {
    const [last, before, beforeMs] = [this.#time, this.#now, this.#nowMs];
    const gainedMs = this.#readClocks();
    this.#last = last;
    this.#time = this.#first();
    const wasSet = Math.abs(gainedMs) > this.period.ms;
    const until = wasSet ? before.add(Timedelta.fromMs(this.#nowMs - beforeMs)) : this.#now;
    return Math.max(this.#atOrAfter(until).subtract(last).floorDivide(this.period) - 1, 0);
  }

  get #leftMs(): number {
    return this.#time.subtract(this.#now).ms;
  }

  /** Returns how much more the time of day has gone on than the monotonic clock. */
  #readClocks(): number {
    const [before, beforeMs] = [this.#now, this.#nowMs];
    this.#nowMs = this.#clock.nowMs();
    this.#now = wallTimeOf(this.#clock);
    return this.#now.subtract(before).ms - (this.#nowMs - beforeMs);
  }

  /** The first deadline that is not over, and was not there before. */
  #first(): Timestamp {
    const first = this.#atOrAfter(this.#now);
    const last = this.#last;
    if (last === undefined || last.subtract(this.#now).ms > this.#longestHoldMs) return first;
    const next = last.subtract(this.#restOf(last)).add(this.period);
    return first.isBefore(next) ? next : first;
  }

  #atOrAfter(time: Timestamp): Timestamp {
    const rest = this.#restOf(time);
    return rest.seconds === 0 && rest.nanoseconds === 0
      ? time
      : time.subtract(rest).add(this.period);
  }

  /** How long before a time the deadline before it is. */
  #restOf(time: Timestamp): Timedelta {
    return time.subtract(this.#offset).modulo(this.period);
  }
}
