/**
 * Something that is to happen at a time, which is put off again and again.
 *
 * @module
 */

import { clearTimeout, setTimeout } from "node:timers";
import { isMachine, type MonotonicClock } from "./clock.ts";
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
  return isMachine(clock) ? new MachineAlarm(clock, ring) : new ClockAlarm(clock, ring);
}

/**
 * On the machine's clock. Its timer stays when the alarm is cleared, and finds when it ends that there is
 * a later time: a timer that is set and ended for each of a thousand updates a second takes a third
 * of the processor time of all the rest.
 */
class MachineAlarm implements Alarm {
  readonly #clock: MonotonicClock;
  readonly #ring: () => void;
  #deadlineMs = Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #endsMs = 0;

  constructor(clock: MonotonicClock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  set(deadlineMs: number): void {
    this.#deadlineMs = deadlineMs;
    if (this.#timer === undefined || deadlineMs < this.#endsMs) this.#startTimer();
  }

  clear(): void {
    this.#deadlineMs = Infinity;
  }

  close(): void {
    this.clear();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #startTimer(): void {
    clearTimeout(this.#timer);
    const nowMs = this.#clock.nowMs();
    const waitMs = Math.min(Math.max(0, this.#deadlineMs - nowMs), LONGEST_TIMER_MS);
    this.#endsMs = nowMs + waitMs;
    this.#timer = setTimeout(() => this.#end(), waitMs);
    // It may be left from what is long over, and must not hold up the end of the process.
    this.#timer.unref();
  }

  #end(): void {
    this.#timer = undefined;
    if (this.#deadlineMs === Infinity) return;
    if (this.#clock.nowMs() < this.#deadlineMs) return this.#startTimer();
    this.clear();
    this.#ring();
  }
}

// Nobody reads it; without a reason, an exception with its stack is made each time.
const CLEARED = "cleared";

/** On another clock, whose waits can be seen: there is none while the alarm is not set. */
class ClockAlarm implements Alarm {
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
    this.#waiting?.abort(CLEARED);
    this.#waiting = undefined;
  }

  close(): void {
    this.clear();
  }
}
