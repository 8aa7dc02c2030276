/**
 * The clock that everything which waits is given: it only moves forward, whatever happens to the
 * system's time. Tests put a manual one in its place.
 *
 * @module
 */

import * as timers from "node:timers";
import { quote } from "../quote.ts";
import { UNREAD_REASON } from "./aborted.ts";
import { LONGEST_TIMER_MS, systemPair, systemSleeper } from "./precise_sleep.ts";
import { Timestamp } from "./timestamp.ts";

/**
 * How exactly a wait ends: `"coarse"` up to 2 ms late, for little CPU time, or `"fine"` some
 * microseconds late. See {@linkcode TicksOptions.precision} for what that costs.
 */
export type Precision = "coarse" | "fine";

/** A monotonic clock, which is not the time of day. */
export interface MonotonicClock {
  /** Milliseconds since an origin of this clock's own. */
  nowMs(): number;
  /**
   * Waits until `nowMs()` has reached `deadlineMs`, or until `signal` is aborted, whichever comes
   * first. It never rejects; the signal tells which it was. A deadline in the past still lets other
   * work of the event loop run once. The machine's clock comes back up to 2 ms late.
   */
  sleepUntil(deadlineMs: number, signal?: AbortSignal): Promise<void>;
  /**
   * The time of day beside it, which may be set and so jump either way: what ticks tell, and what
   * they can be aligned to. It is not for waiting.
   * @default {Timestamp.now}
   */
  wallTime?(): Timestamp;
  /**
   * Calls `onTurn` in the next turn of the event loop, behind what is ready to run now.
   * @default {setImmediate}
   */
  turn?(onTurn: () => void): void;
  /**
   * Calls `onWake` at a time, unless what is returned is called before; up to 24 days ahead. It does
   * not hold up the end of the process.
   * @default {a `sleepUntil`}
   */
  wakeAt?(deadlineMs: number, onWake: () => void): () => void;
}

/** A clock that can end a wait more exactly than by a timer. */
export interface FineClock extends MonotonicClock {
  /**
   * The fine wait: comes back shortly before `deadlineMs`, at most 0.2 ms, so that the waiting code
   * can make ready. What it resolves to, called without an `await` in between, waits for the rest,
   * and holds the event loop meanwhile. Otherwise as `sleepUntil`, which takes its place on other clocks.
   */
  approach(deadlineMs: number, signal?: AbortSignal): Promise<() => void>;
  /** Opens what makes fine waits cheap, until what is returned is disposed of. */
  prepare?(): AsyncDisposable;
}

/** Whether a clock is a {@linkcode FineClock}. */
export function isFine(clock: MonotonicClock): clock is FineClock {
  return "approach" in clock;
}

const machineClock: FineClock = {
  nowMs: () => performance.now(),

  async sleepUntil(deadlineMs: number, signal?: AbortSignal): Promise<void> {
    do {
      await timer(Math.min(deadlineMs - performance.now(), LONGEST_TIMER_MS), signal);
    } while (!signal?.aborted && performance.now() < deadlineMs);
  },

  approach: (deadlineMs: number, signal?: AbortSignal): Promise<() => void> =>
    systemSleeper.approach(deadlineMs, signal),

  prepare: () => systemPair.hold(),

  wakeAt(deadlineMs: number, onWake: () => void): () => void {
    const timer = timers.setTimeout(onWake, Math.max(0, deadlineMs - performance.now()));
    timer.unref();
    return () => timers.clearTimeout(timer);
  },
};

/** The machine's own monotonic clock, `performance.now()`. */
export const systemClock: MonotonicClock = machineClock;

function timer(durationMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = () => {
      clearTimeout(id);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const id = setTimeout(end, Math.max(0, durationMs));
    signal?.addEventListener("abort", end);
  });
}

/** The time of day beside a clock. */
export function wallTimeOf(clock: MonotonicClock): Timestamp {
  return clock.wallTime?.() ?? Timestamp.now();
}

/** Calls `onTurn` in the next turn of the event loop. */
export function nextTurn(clock: MonotonicClock, onTurn: () => void): void {
  if (clock.turn === undefined) timers.setImmediate(onTurn);
  else clock.turn(onTurn);
}

/** Calls `onWake` at a time, unless what is returned is called before. */
export function wakeAt(clock: MonotonicClock, deadlineMs: number, onWake: () => void): () => void {
  if (clock.wakeAt !== undefined) return clock.wakeAt(deadlineMs, onWake);
  const waiting = new AbortController();
  void clock.sleepUntil(deadlineMs, waiting.signal).then(() => waiting.signal.aborted || onWake());
  return () => waiting.abort(UNREAD_REASON);
}

/** Waits for a duration, or until `signal` is aborted. Never rejects. */
export function sleep(
  clock: MonotonicClock,
  durationMs: number,
  signal?: AbortSignal,
): Promise<void> {
  return clock.sleepUntil(clock.nowMs() + durationMs, signal);
}

/**
 * The given clock, or else the machine's own: the one place that chooses it.
 *
 * @throws {TypeError} If what is given is no clock.
 */
export function clockOrSystem(given?: MonotonicClock): MonotonicClock {
  if (given === undefined) return systemClock;
  if (typeof given?.nowMs === "function" && typeof given.sleepUntil === "function") return given;
  throw new TypeError(
    `Cannot use clock: ${
      quote(given)
    } is given, an object with nowMs() and sleepUntil() is required`,
  );
}
