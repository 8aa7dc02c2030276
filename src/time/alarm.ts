/**
 * Something that is to happen at a time, which is put off again and again.
 *
 * @module
 */

import { UNREAD_REASON } from "./aborted.ts";
import { isWaking, type MonotonicClock, type WakingClock } from "./clock.ts";
import { LONGEST_TIMER_MS } from "./precise_sleep.ts";

/** An alarm that can be set, cleared and set again. */
export interface Alarm {
  /** Lets it ring at a time, instead of one before. */
  set(deadlineMs: number): void;
  /** Lets it not ring, until it is set again. */
  clear(): void;
  /** Lets go of its timer. */
  close(): void;
}

/** Makes an alarm, which calls `ring` when its time has come. */
export function makeAlarm(clock: MonotonicClock, ring: () => void): Alarm {
  return isWaking(clock) ? new LazyAlarm(clock, ring) : new SleepingAlarm(clock, ring);
}

/**
 * On a clock that calls back. Its wait stays when the alarm is cleared, and finds when it ends that there
 * is a later time: a timer that is set and ended for each of a thousand updates a second takes a third
 * of the processor time of all the rest.
 */
class LazyAlarm implements Alarm {
  readonly #clock: WakingClock;
  readonly #ring: () => void;
  #deadlineMs = Infinity;
  // Ends the wait.
  #cancel: (() => void) | undefined;
  #endsMs = 0;

  constructor(clock: WakingClock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  set(deadlineMs: number): void {
    this.#deadlineMs = deadlineMs;
    if (this.#cancel === undefined || deadlineMs < this.#endsMs) this.#wait();
  }

  clear(): void {
    this.#deadlineMs = Infinity;
  }

  close(): void {
    this.clear();
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #wait(): void {
    this.#cancel?.();
    this.#endsMs = Math.min(this.#deadlineMs, this.#clock.nowMs() + LONGEST_TIMER_MS);
    this.#cancel = this.#clock.wakeAt(this.#endsMs, () => this.#end());
  }

  #end(): void {
    this.#cancel = undefined;
    if (this.#deadlineMs === Infinity) return;
    if (this.#clock.nowMs() < this.#deadlineMs) return this.#wait();
    this.clear();
    this.#ring();
  }
}

/** On another clock, whose waits can be seen: there is none while the alarm is not set. */
class SleepingAlarm implements Alarm {
  readonly #clock: MonotonicClock;
  readonly #ring: () => void;
  #waiting: AbortController | undefined;

  constructor(clock: MonotonicClock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  set(deadlineMs: number): void {
    this.clear();
    const waiting = this.#waiting = new AbortController();
    void this.#clock.sleepUntil(deadlineMs, waiting.signal).then(() => {
      if (!waiting.signal.aborted) this.#ring();
    });
  }

  clear(): void {
    this.#waiting?.abort(UNREAD_REASON);
    this.#waiting = undefined;
  }

  close(): void {
    this.clear();
  }
}
