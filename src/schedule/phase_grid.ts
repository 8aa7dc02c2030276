/**
 * Deadlines that keep the phase of their start, on the monotonic clock alone.
 *
 * @module
 */

import { type MonotonicClock, wallTimeOf } from "../time/clock.ts";
import type { Timedelta } from "../time/timedelta.ts";
import type { Timestamp } from "../time/timestamp.ts";
import type { Grid } from "./grid.ts";

/** The deadlines from a start on, each computed from the start, so that no error adds up. */
export class PhaseGrid implements Grid {
  readonly period: Timedelta;
  readonly #clock: MonotonicClock;
  readonly #startMs: number;
  readonly #periodNs: number;
  #slot = 0;

  /** Makes a grid whose first deadline is `startMs`. */
  constructor(clock: MonotonicClock, period: Timedelta, startMs: number) {
    this.period = period;
    this.#clock = clock;
    this.#startMs = startMs;
    this.#periodNs = period.seconds * 1e9 + period.nanoseconds;
  }

  get deadlineMs(): number {
    return this.#deadlineMsOf(this.#slot);
  }

  get lookMs(): number {
    return this.deadlineMs;
  }

  get time(): Timestamp {
    return wallTimeOf(this.#clock);
  }

  rehearse(): void {
    wallTimeOf(this.#clock);
  }

  look(): number {
    return 0; // The clock itself has waited for the deadline, and a late one is as good as another.
  }

  skip(): number {
    const nowMs = this.#clock.nowMs();
    const first = this.#slot + 1;
    const estimate = Math.ceil((nowMs - this.#startMs) * 1e6 / this.#periodNs);
    this.#slot = Math.max(first, estimate);
    // The estimate is rounded, and may be one off either way.
    if (this.#deadlineMsOf(this.#slot) < nowMs) this.#slot++;
    else if (this.#slot > first && this.#deadlineMsOf(this.#slot - 1) >= nowMs) this.#slot--;
    return this.#slot - first;
  }

  #deadlineMsOf(slot: number): number {
    return this.#startMs + slot * this.#periodNs / 1e6;
  }
}
