/**
 * The time of day in steps far finer than a millisecond, for timestamps.
 *
 * @module
 */

import { carry, type Nanoseconds } from "./nanoseconds.ts";

/** Where a {@linkcode WallClock} takes its time from. */
export interface WallClockOptions {
  /** Reads the system's time, in milliseconds since 1970 with a fraction. */
  dateNowMs: () => number;
  /** The step in which `dateNowMs` advances: it tells the time rounded down to a multiple of this. */
  dateStepMs: number;
  /** Reads a clock that never goes back, in milliseconds since any origin. */
  monotonicNowMs: () => number;
}

/**
 * The system's time, carried forward between two readings by the monotonic clock.
 *
 * - Every reading is later than the one before, by 1 ns at least. If the system's time is stepped
 *   back by up to {@linkcode LONGEST_HOLD_S}, time is held (it goes on by 1 ns per reading) until the
 *   system's has caught up; if by more, it is followed at once. That is the only way to go back.
 * - A reading that comes 1 ms or more after the last look at the system's time looks again, so
 *   adjustments and steps of it are followed within 1 ms, however rarely it is read.
 * - Each look bounds the difference of the two clocks from both sides, by the time that the look
 *   took and by `dateStepMs`. The difference in use is moved into these bounds, no further. So a
 *   look that was interrupted for long does no harm. An uninterrupted one leaves an error of at most
 *   `dateStepMs` and its own duration (about 2 µs with `Temporal`, 1 ms with `Date`), to which 0.5 µs
 *   come until the next look while the system's time is slewed at its fastest (500 ppm).
 *   Where steps are coarse, looks at different phases of a step narrow the error further.
 *
 * A look costs three times what a reading does, therefore there is not one in each.
 */
export class WallClock {
  readonly #dateNowMs: () => number;
  readonly #dateStepMs: number;
  readonly #monotonicNowMs: () => number;

  // Time is #originS + (monotonic + #offsetMs). The whole seconds are apart because a double of
  // milliseconds since 1970 has steps of 0.24 µs.
  #originS = 0;
  #offsetMs = NaN;
  #nextLookMs = -Infinity;
  #last: Nanoseconds = { seconds: -Infinity, nanoseconds: 0 };

  /** Makes a clock of its own; it looks at the system's time when it is first read. */
  constructor({ dateNowMs, dateStepMs, monotonicNowMs }: WallClockOptions) {
    this.#dateNowMs = dateNowMs;
    this.#dateStepMs = dateStepMs;
    this.#monotonicNowMs = monotonicNowMs;
  }

  /** The time since 1970. */
  now(): Nanoseconds {
    const monotonicMs = this.#monotonicNowMs();
    if (monotonicMs >= this.#nextLookMs) this.#look(monotonicMs);

    const elapsedMs = monotonicMs + this.#offsetMs;
    const elapsedS = Math.floor(elapsedMs / 1000);
    const seconds = this.#originS + elapsedS;
    const nanoseconds = Math.floor((elapsedMs - elapsedS * 1000) * 1e6);

    const last = this.#last;
    const behindS = last.seconds - seconds + (last.nanoseconds - nanoseconds) / 1e9;
    const isHeld = behindS >= 0 && behindS <= LONGEST_HOLD_S;
    return this.#last = isHeld
      ? carry(last.seconds, last.nanoseconds + 1)
      : carry(seconds, nanoseconds);
  }

  #look(beforeMs: number): void {
    const dateMs = this.#dateNowMs();
    const afterMs = this.#monotonicNowMs();
    if (Number.isNaN(this.#offsetMs)) this.#originS = Math.floor(dateMs / 1000);

    const sinceOriginMs = dateMs - this.#originS * 1000;
    const leastMs = sinceOriginMs - afterMs;
    const mostMs = sinceOriginMs + this.#dateStepMs - beforeMs;
    if (Number.isNaN(this.#offsetMs)) this.#offsetMs = (leastMs + mostMs) / 2;
    this.#offsetMs = Math.min(Math.max(this.#offsetMs, leastMs), mostMs);
    this.#nextLookMs = afterMs + LOOK_EVERY_MS;
  }
}

/** By how far, in seconds, the system's time may be stepped back for time to be held. */
export const LONGEST_HOLD_S = 1;

const LOOK_EVERY_MS = 1;

/** This machine's time. */
export const systemWallClock: WallClock = new WallClock({
  ...systemDate(),
  monotonicNowMs: () => performance.now(),
});

/** `Temporal` tells microseconds where `Date` tells milliseconds, but not every runtime has it. */
function systemDate(): Pick<WallClockOptions, "dateNowMs" | "dateStepMs"> {
  if (typeof Temporal === "undefined") return { dateNowMs: () => Date.now(), dateStepMs: 1 };
  return {
    dateNowMs: () => Number(Temporal.Now.instant().epochNanoseconds) / 1e6,
    dateStepMs: 0.001,
  };
}
