/**
 * Sleeping until an instant to the microsecond, without keeping the event loop from its other work.
 *
 * @module
 */

import { setImmediate } from "node:timers";

/** What a {@linkcode PreciseSleeper} is made of; tests put their own in place of the system's. */
export interface SleepPrimitives {
  /** A monotonic clock, in milliseconds. */
  nowMs(): number;
  /** Calls `onEnd` about `durationMs` from now, a millisecond or more late. Returns how to cancel it. */
  timer(durationMs: number, onEnd: () => void): () => void;
  /** Calls `onTurn` when the event loop has done what it has to do now: after a microsecond, if that is nothing. */
  turn(onTurn: () => void): void;
  /** Stops the thread, event loop included, for `durationMs`; costs no CPU, and is 0.1 ms late. */
  block(durationMs: number): void;
}

interface Sleeper {
  readonly deadlineMs: number;
  readonly wake: () => void;
}

// A timer of Deno's fires up to 1.2 ms after the whole millisecond it was set to, and later under
// load: it is set to fire this long before the deadline.
const TIMER_MARGIN_MS = 2.3;
// After a long rest the machine may come back late, and a longer margin is a smaller share of the time.
const SHORT_REST_MS = 20;
const TIMER_MARGIN_SHARE = 1 / 16;
const LONGEST_TIMER_MARGIN_MS = 6;
// Shorter ones leave more to the turns, which cost CPU time: 35 instead of 25 % of a core at 1 kHz.
// With longer ones sockets wait longer, and the code behind them has left the processor's caches: as
// soon as one of 1.5 ms took the place of two and their turns, ticks were 30 instead of 10 µs late.
const LONGEST_BLOCK_MS = 0.7;
// With what `AWAKE_MS` adds, `block` is later than this once in ten times: from here on the loop turns
// until sleepers wake.
const TURNING_MS = 0.06;
// It takes three microtasks from the turn that wakes a sleeper to its next step. That is 3 µs in a
// busy program, and up to 100 µs in one that was at rest and finds nothing in the processor's caches.
// So a sleeper is woken this much too early, and waits for the rest itself when it has made ready.
const AWAKE_MS = 0.06;
const AWAKE_SHARE = 1 / 250;
const LONGEST_AWAKE_MS = 0.16;
// While it turns, Deno looks at its sockets no more often than once in 61 turns (that is how tokio
// divides its time), of a microsecond each if there is nothing else to do.
const TURNS_PER_LOOK = 61;
// With this many between two blocks, what a socket has waits for 1.6 ms at most. One turn would keep
// it for the whole wait; twice as many would save it 0.5 ms, and take twice the CPU time.
const TURNS_BETWEEN_BLOCKS = 32;
// If that is longer ago, sockets are looked at before the next sleeper is woken: one that overruns
// each of its deadlines would keep them waiting for 61 times as long as its work takes.
const LONGEST_WITHOUT_LOOK_MS = 2;
// A turn that took longer had other work, which may go on at once: no time to block.
const IDLE_TURN_MS = 0.02;

/**
 * Sleeps for the whole process, in three steps: a timer to shortly before the earliest deadline;
 * then short blocks, with turns of the event loop between them and none while it has other work; and
 * for the last moments nothing but turns, and a busy wait of 0.16 ms at most, which the sleeper
 * begins itself.
 *
 * All sleepers share it, because one's block must end before another's deadline.
 *
 * What else was tried: a timer alone is late by 1.2 ms. Blocking up to the deadline is late by
 * 0.1 ms. Turns up to the deadline are late by 20 to 40 µs where ticks are rare, as it takes a
 * sleeper that long to wake. A busy wait instead of all turns keeps sockets waiting. Turns alone take a whole
 * core at 1 kHz. One long block after a rest, without turns, saves an eighth of the CPU time at a
 * period of 10 ms, but keeps sockets waiting for a millisecond more. A shorter margin saves little and
 * misses what counts, the rare late timer; one that is learned follows the load too late.
 * `Atomics.waitAsync` never comes back. A job for the thread pool lets the loop rest, and so look at
 * its sockets, for a third of what turns cost, but it comes back late when the machine is busy; so
 * does a worker that sleeps in place of this thread.
 */
export class PreciseSleeper {
  readonly #primitives: SleepPrimitives;
  readonly #sleepers = new Set<Sleeper>();
  #earliestMs = Infinity;
  #cancelTimer: (() => void) | undefined;
  #isTurning = false;
  #turnedAtMs = -Infinity;
  #turns = 0;
  #idleTurns = 0;
  #lookedAtMs = -Infinity;

  /** Makes a sleeper; {@linkcode systemSleeper} is the one that a process shares. */
  constructor(primitives: SleepPrimitives) {
    this.#primitives = primitives;
  }

  /** As `MonotonicClock.approach`. */
  async approach(deadlineMs: number, signal?: AbortSignal): Promise<() => void> {
    const { nowMs } = this.#primitives;
    const awakeMs = AWAKE_MS + Math.max(0, deadlineMs - nowMs()) * AWAKE_SHARE;
    await this.#wokenAt(deadlineMs - Math.min(awakeMs, LONGEST_AWAKE_MS), signal);
    return () => {
      while (!signal?.aborted && nowMs() < deadlineMs);
    };
  }

  #wokenAt(deadlineMs: number, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper = {
        deadlineMs,
        wake: () => {
          signal?.removeEventListener("abort", abort);
          this.#sleepers.delete(sleeper);
          if (deadlineMs === this.#earliestMs) this.#findEarliest();
          resolve();
        },
      };
      const abort = () => {
        sleeper.wake();
        this.#plan();
      };
      signal?.addEventListener("abort", abort);
      this.#sleepers.add(sleeper);
      this.#earliestMs = Math.min(this.#earliestMs, deadlineMs);
      this.#plan();
    });
  }

  #findEarliest(): void {
    this.#earliestMs = Infinity;
    for (const { deadlineMs } of this.#sleepers) {
      if (deadlineMs < this.#earliestMs) this.#earliestMs = deadlineMs;
    }
  }

  /** Arranges what comes next. Called whenever a deadline has come or gone, and after each turn. */
  #plan(nowMs: number = this.#primitives.nowMs()): void {
    if (this.#isTurning) return; // and plans again when it has turned
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#sleepers.size === 0) return;

    const leftMs = this.#earliestMs - nowMs;
    const marginMs = TIMER_MARGIN_MS + Math.max(0, leftMs - SHORT_REST_MS) * TIMER_MARGIN_SHARE;
    const timerMs = leftMs - Math.min(marginMs, LONGEST_TIMER_MARGIN_MS);
    if (timerMs < 1) return this.#turn(nowMs);
    this.#cancelTimer = this.#primitives.timer(timerMs, () => {
      // The loop was at rest, and looked at its sockets all the while.
      this.#lookedAtMs = this.#primitives.nowMs();
      this.#idleTurns = TURNS_BETWEEN_BLOCKS;
      this.#turn(this.#lookedAtMs);
    });
  }

  #turn(nowMs: number): void {
    this.#isTurning = true;
    this.#turnedAtMs = nowMs;
    this.#primitives.turn(this.#onTurn);
  }

  // One function for all turns: before each deadline there are a hundred and more, and what they
  // leave behind brings the next garbage collection (0.2 to 3 ms) to where it does harm.
  readonly #onTurn = (): void => {
    const { nowMs, block } = this.#primitives;
    this.#isTurning = false;
    const endMs = nowMs();
    if (++this.#turns % TURNS_PER_LOOK === 0) this.#lookedAtMs = endMs;
    this.#idleTurns = endMs - this.#turnedAtMs < IDLE_TURN_MS ? this.#idleTurns + 1 : 0;
    const blockMs = Math.min(this.#earliestMs - endMs - TURNING_MS, LONGEST_BLOCK_MS);
    if (this.#earliestMs <= endMs) {
      // What has waited runs when this function has returned.
      if (endMs - this.#lookedAtMs < LONGEST_WITHOUT_LOOK_MS) this.#wake(endMs);
      this.#plan(endMs);
    } else if (this.#idleTurns >= TURNS_BETWEEN_BLOCKS && blockMs > 0) {
      block(blockMs);
      this.#idleTurns = 0;
      this.#plan();
    } else {
      this.#plan(endMs);
    }
  };

  // One deadline a turn, unless more are over: a second sleeper's busy wait would hold up the first.
  #wake(nowMs: number): void {
    const untilMs = Math.max(this.#earliestMs, nowMs - AWAKE_MS);
    for (const { deadlineMs, wake } of this.#sleepers) {
      if (deadlineMs <= untilMs) wake();
    }
  }
}

/** setTimeout takes a signed 32-bit number of ms and fires at once beyond it (24.8 days). */
export const LONGEST_TIMER_MS: number = 2 ** 31 - 1;

// Nothing else has it, so a wait on it lasts for its whole time.
const blocker = new Int32Array(new SharedArrayBuffer(4));

/** The one that everything in this process shares. */
export const systemSleeper: PreciseSleeper = new PreciseSleeper({
  nowMs: () => performance.now(),
  timer(durationMs, onEnd) {
    const id = setTimeout(onEnd, Math.min(durationMs, LONGEST_TIMER_MS));
    return () => clearTimeout(id);
  },
  turn: (onTurn) => setImmediate(onTurn),
  block: (durationMs) => Atomics.wait(blocker, 0, 0, durationMs),
});
