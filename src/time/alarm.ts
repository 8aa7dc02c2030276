/**
 * Something that is to happen at a time, which is put off again and again.
 *
 * @module
 */

import { type MonotonicClock, wakeAt } from "./clock.ts";
import { LONGEST_TIMER_MS } from "./precise_sleep.ts";

/**
 * An alarm that can be set, cleared and set again. Its wait stays when it is cleared, and finds when it
 * ends that there is a later time: a timer that is set and ended for each of a thousand updates a second
 * takes a third of the processor time of all the rest.
 */
export class Alarm {
  readonly #clock: MonotonicClock;
  readonly #ring: () => void;
  #deadlineMs = Infinity;
  // Ends the wait.
  #cancel: (() => void) | undefined;
  #endsMs = 0;

  /** Makes an alarm that is not set, and calls `ring` when its time has come. */
  constructor(clock: MonotonicClock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Lets it ring at a time, instead of one before. */
  set(deadlineMs: number): void {
    this.#deadlineMs = deadlineMs;
    if (this.#cancel === undefined || deadlineMs < this.#endsMs) this.#wait();
  }

  /** Lets it not ring, until it is set again. */
  clear(): void {
    this.#deadlineMs = Infinity;
    // A clock without it is a test's own, whose waits are seen.
    if (this.#clock.wakeAt === undefined) this.close();
  }

  /** Lets go of its timer. */
  close(): void {
    this.#deadlineMs = Infinity;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #wait(): void {
    this.#cancel?.();
    this.#endsMs = Math.min(this.#deadlineMs, this.#clock.nowMs() + LONGEST_TIMER_MS);
    this.#cancel = wakeAt(this.#clock, this.#endsMs, () => this.#end());
  }

  #end(): void {
    this.#cancel = undefined;
    if (this.#deadlineMs === Infinity) return;
    if (this.#clock.nowMs() < this.#deadlineMs) return this.#wait();
    this.clear();
    this.#ring();
  }
}
