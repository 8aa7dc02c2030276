/**
 * Sleeping until an instant to the microsecond, without keeping the event loop from its other work.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { RunningQuantile } from "./running_quantile.ts";
import { SharedPair } from "./shared_pair.ts";

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
  /**
   * Calls `onLook` when the event loop has looked at its sockets, which takes as long as ten turns.
   * Returns whether it will: there may be no way to do that.
   */
  look(onLook: () => void): boolean;
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
// Sockets wait for as long. Without looks shorter ones leave more to the turns, which cost CPU time, and
// longer ones would have sockets wait for two of them and the turns between.
const LONGEST_BLOCK_MS = 0.7;
const LONGEST_BLOCK_AFTER_LOOK_MS = 1.2;
// How late a block is depends on the machine: the timer slack of Linux makes 75 µs of 25, and what
// else runs may make milliseconds. A block ends as much before its time as three of four are late; a
// larger share would cost more turns, and spare only ticks that are late by more anyway.
const BLOCK_LATENESS = { share: 0.75, start: 0.09, least: 0.01, most: 0.15, step: 0.01 };
// It takes three microtasks from the turn that wakes a sleeper to its next step. That is 3 µs in a
// busy program, and up to 100 µs in one that was at rest and finds nothing in the processor's caches.
// So a sleeper is woken this much too early, and waits for the rest itself when it has made ready. What
// is learned is learned for rests of about the same length: up to 1 ms, 3 ms, 7 ms, and so on.
const AWAKENING = { share: 0.9, start: 0.06, least: 0.005, most: 0.16, step: 0.01 };
const KINDS_OF_REST = 9;
// While it turns, Deno looks at its sockets no more often than once in 61 turns (that is how tokio
// divides its time), of a microsecond each if there is nothing else to do.
const TURNS_PER_LOOK = 61;
// Without looks, with this many between two blocks, what a socket has waits for 1.6 ms at most. One turn
// would keep it for the whole wait; twice as many would save it 0.5 ms, and take twice the CPU time.
const TURNS_BETWEEN_BLOCKS = 32;
// Sleepers whose deadlines are this close are woken in one turn when both are over.
const SAME_TIME_MS = 0.06;
// If that is longer ago, sockets are looked at before the next sleeper is woken: one that overruns
// each of its deadlines would keep them waiting for 61 times as long as its work takes.
const LONGEST_WITHOUT_LOOK_MS = 2;
// A turn that took longer had other work, which may go on at once: no time to block.
const IDLE_TURN_MS = 0.02;
// A turn as quick as this had no other work; the first one after a rest takes ten times as long.
const QUICK_TURN_MS = 0.003;
// Before that, what was found has to be done: a later block needs a look of its own.
const FRESH_LOOK_MS = 0.3;
// With less time left a block is not worth its cost, nor a look, which may take as long.
const SHORTEST_BLOCK_MS = 0.05;

/**
 * Sleeps for the whole process, in three steps: a timer to shortly before the earliest deadline;
 * then short blocks, with a look at the sockets before each and none while the event loop has other
 * work; and for the last moments a busy wait, which the sleeper, woken 0.16 ms too early at most,
 * ends itself. Where there are no looks, turns of the event loop take their place, and that of the
 * first part of the busy wait.
 *
 * All sleepers share it, because one's block must end before another's deadline.
 *
 * What else was tried: a timer alone is late by 1.2 ms. Blocking up to the deadline is late by 0.1
 * ms. Turns up to the deadline are late by 20 to 40 µs where ticks are rare, as it takes a sleeper
 * that long to wake. A busy wait instead of all turns keeps sockets waiting. Turns alone take a
 * whole core at 1 kHz. One block of 2.3 ms after a rest saves no CPU time that can be measured. A
 * shorter margin saves little and misses what counts, the rare late timer; one that is learned
 * follows the load too late. `Atomics.waitAsync` never comes back. A job for the thread pool lets
 * the loop rest, and so look at its sockets, for a third of what turns cost, but it comes back late
 * when the machine is busy; so does a worker that sleeps in place of this thread.
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
  #canLook = false;
  readonly #blockLateness = new RunningQuantile(BLOCK_LATENESS);
  readonly #awakenings = Array.from(
    { length: KINDS_OF_REST },
    () => new RunningQuantile(AWAKENING),
  );

  /** Makes a sleeper; {@linkcode systemSleeper} is the one that a process shares. */
  constructor(primitives: SleepPrimitives) {
    this.#primitives = primitives;
  }

  /** As `MonotonicClock.approach`. */
  async approach(deadlineMs: number, signal?: AbortSignal): Promise<() => void> {
    const { nowMs } = this.#primitives;
    const awakening = this.#awakeningAfter(deadlineMs - nowMs());
    const wokenMs = await this.#wokenAt(deadlineMs - awakening.value, signal);
    return () => {
      awakening.note(nowMs() - wokenMs);
      while (!signal?.aborted && nowMs() < deadlineMs);
    };
  }

  #awakeningAfter(restMs: number): RunningQuantile {
    const kind = Math.floor(Math.log2(1 + Math.max(0, restMs)));
    return this.#awakenings[Math.min(kind, KINDS_OF_REST - 1)] ?? new RunningQuantile(AWAKENING);
  }

  #wokenAt(deadlineMs: number, signal: AbortSignal | undefined): Promise<number> {
    const { nowMs } = this.#primitives;
    if (signal?.aborted) return Promise.resolve(nowMs());
    return new Promise((resolve) => {
      const sleeper = {
        deadlineMs,
        wake: () => {
          const wokenMs = nowMs();
          signal?.removeEventListener("abort", abort);
          this.#sleepers.delete(sleeper);
          if (deadlineMs === this.#earliestMs) this.#findEarliest();
          resolve(wokenMs);
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
    if (this.#hasToLook(nowMs)) {
      this.#canLook = this.#primitives.look(this.#onLook);
      if (this.#canLook) return;
    }
    this.#primitives.turn(this.#onTurn);
  }

  #hasToLook(nowMs: number): boolean {
    const sinceLookMs = nowMs - this.#lookedAtMs;
    if (this.#earliestMs <= nowMs) return sinceLookMs >= LONGEST_WITHOUT_LOOK_MS;
    return sinceLookMs >= FRESH_LOOK_MS && this.#leftToBlockMs(nowMs) >= SHORTEST_BLOCK_MS;
  }

  #leftToBlockMs(nowMs: number): number {
    return this.#earliestMs - nowMs - this.#blockLateness.value;
  }

  // What was found is done before the turn that follows.
  readonly #onLook = (): void => {
    this.#lookedAtMs = this.#turnedAtMs = this.#primitives.nowMs();
    this.#primitives.turn(this.#onTurn);
  };

  // One function for all turns: before each deadline there may be a hundred, and what they leave behind
  // brings the next garbage collection (0.2 to 3 ms) to where it does harm.
  readonly #onTurn = (): void => {
    this.#isTurning = false;
    const endMs = this.#primitives.nowMs();
    const turnMs = endMs - this.#turnedAtMs;
    if (++this.#turns % TURNS_PER_LOOK === 0) this.#lookedAtMs = endMs;
    this.#idleTurns = turnMs < IDLE_TURN_MS ? this.#idleTurns + 1 : 0;
    const mayBlock = this.#earliestMs > endMs && this.#mayBlock(turnMs, endMs);
    const nowMs = mayBlock ? this.#block(endMs) : endMs;
    // What has waited runs when this function has returned.
    const hasLooked = nowMs - this.#lookedAtMs < LONGEST_WITHOUT_LOOK_MS;
    if (this.#earliestMs <= nowMs && hasLooked) this.#wake(nowMs);
    this.#plan(nowMs);
  };

  #mayBlock(turnMs: number, nowMs: number): boolean {
    if (this.#idleTurns >= TURNS_BETWEEN_BLOCKS) return true;
    return turnMs <= QUICK_TURN_MS && this.#hasLooked(nowMs);
  }

  #hasLooked(nowMs: number): boolean {
    return this.#canLook && nowMs - this.#lookedAtMs < FRESH_LOOK_MS;
  }

  /** Blocks, if there is time for that, and returns when it ended. */
  #block(startMs: number): number {
    const { nowMs, block } = this.#primitives;
    const longestMs = this.#hasLooked(startMs) ? LONGEST_BLOCK_AFTER_LOOK_MS : LONGEST_BLOCK_MS;
    const blockMs = Math.min(this.#leftToBlockMs(startMs), longestMs);
    if (blockMs < SHORTEST_BLOCK_MS) return startMs;
    block(blockMs);
    const endMs = nowMs();
    this.#blockLateness.note(endMs - startMs - blockMs);
    this.#idleTurns = 0;
    return this.#canLook ? this.#countDown(endMs) : endMs;
  }

  /** Waits for what a block has left, if that is short. Turns would take as long, and leave 1 kB each. */
  #countDown(startMs: number): number {
    let endMs = startMs;
    if (this.#earliestMs - startMs > SHORTEST_BLOCK_MS) return endMs;
    while (endMs < this.#earliestMs) endMs = this.#primitives.nowMs();
    return endMs;
  }

  // One deadline a turn, unless more are over: a second sleeper's busy wait would hold up the first.
  #wake(nowMs: number): void {
    const untilMs = Math.max(this.#earliestMs, nowMs - SAME_TIME_MS);
    for (const { deadlineMs, wake } of this.#sleepers) {
      if (deadlineMs <= untilMs) wake();
    }
  }
}

/** setTimeout takes a signed 32-bit number of ms and fires at once beyond it (24.8 days). */
export const LONGEST_TIMER_MS: number = 2 ** 31 - 1;

// Nothing else has it, so a wait on it lasts for its whole time.
const blocker = new Int32Array(new SharedArrayBuffer(4));

/** What lets it look. */
export const systemPair: SharedPair = new SharedPair();

/** The one that everything in this process shares. */
export const systemSleeper: PreciseSleeper = new PreciseSleeper({
  nowMs: () => performance.now(),
  timer(durationMs, onEnd) {
    const id = setTimeout(onEnd, Math.min(durationMs, LONGEST_TIMER_MS));
    return () => clearTimeout(id);
  },
  turn: (onTurn) => setImmediate(onTurn),
  block: (durationMs) => Atomics.wait(blocker, 0, 0, durationMs),
  look: (onLook) => systemPair.look(onLook),
});
