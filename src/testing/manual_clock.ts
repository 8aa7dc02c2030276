/**
 * A clock that tests move by hand.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { MonotonicClock } from "../time/clock.ts";
import { quote } from "../quote.ts";
import { type Duration, Timedelta } from "../time/timedelta.ts";
import { Timestamp } from "../time/timestamp.ts";

/**
 * A monotonic clock that stands still until a test moves it: such a test does not wait itself, and
 * does not depend on the speed of the machine.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { ManualClock } from "@metricq/source/testing";
 * import { ticks } from "@metricq/source";
 *
 * const clock = new ManualClock();
 * const stop = new AbortController();
 * const deadlinesMs: number[] = [];
 * const ended = (async () => {
 *   for await (const tick of ticks({ period: "1 h", signal: stop.signal, clock })) {
 *     deadlinesMs.push(tick.deadlineMs);
 *   }
 * })();
 *
 * await clock.advance("2 h");
 * assert.deepEqual(deadlinesMs, [0, 3_600_000, 7_200_000]);
 *
 * stop.abort();
 * await ended;
 * ```
 */
export class ManualClock implements MonotonicClock {
  #nowMs: number;
  // The time of day, and what the clock read when that was set.
  #wallTime = Timestamp.fromPosixNs(0n);
  #wallTimeSetMs = 0;
  readonly #sleepers = new Set<Sleeper>();
  #yielding = 0;
  readonly #watchers = new Set<Watcher>();

  /** Makes a clock that reads `startMs`, in milliseconds as all that it shows. */
  constructor(startMs: number = 0) {
    this.#nowMs = startMs;
  }

  /** What the clock reads, in milliseconds. */
  nowMs(): number {
    return this.#nowMs;
  }

  /** The time of day: it goes on as the clock does, from 1970 at 0 ms unless it is set. */
  wallTime(): Timestamp {
    return this.#wallTime.add(Timedelta.fromMs(this.#nowMs - this.#wallTimeSetMs));
  }

  /** Calls `onTurn` in the next turn of the event loop, which `advance` waits for. */
  turn(onTurn: () => void): void {
    this.#yielding++;
    setImmediate(() => {
      this.#yielding--;
      onTurn();
    });
  }

  /** Sets the time of day, as an administrator may; the clock itself does not notice. */
  setWallTime(time: Timestamp): void {
    this.#wallTime = time;
    this.#wallTimeSetMs = this.#nowMs;
  }

  /** How many waits for this clock are pending. */
  get sleepers(): number {
    return this.#sleepers.size;
  }

  /** The earliest deadline that is waited for, in ms; `undefined` without one. */
  get nextDeadlineMs(): number | undefined {
    return this.#next()?.deadlineMs;
  }

  /**
   * Waits until the clock has been moved to `deadlineMs`, or until `signal` is aborted. A deadline
   * that has been reached already takes only a turn of the event loop.
   */
  async sleepUntil(deadlineMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return;
    if (deadlineMs <= this.#nowMs) return await this.#yield();
    await new Promise<void>((resolve) => {
      const wake = () => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const sleeper = { deadlineMs, wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", wake);
      this.#notify();
    });
  }

  /**
   * Moves the clock forward, with a stop at each deadline on the way. There its sleepers wake, in the
   * order in which they went to sleep, and run up to their next wait for the clock or for the outside
   * world before the clock moves on. They may go to sleep again within the span.
   *
   * @param duration A number of seconds, a text such as `"500ms"`, or a `Timedelta`.
   * @throws {RangeError} If it is negative, NaN or infinite.
   * @throws {TypeError | SyntaxError} If it is of another type, or a text that cannot be parsed.
   */
  async advance(duration: Duration): Promise<void> {
    const targetMs = this.#nowMs + requireForwardMs("advance", duration);
    await this.#settle();
    for (let next = this.#next(); next && next.deadlineMs <= targetMs; next = this.#next()) {
      this.#nowMs = Math.max(this.#nowMs, next.deadlineMs);
      next.wake();
      await this.#settle();
    }
    this.#nowMs = Math.max(this.#nowMs, targetMs);
  }

  /**
   * Moves the clock forward without waking sleepers, as if the program had computed without a pause.
   * A sleeper whose deadline has passed wakes late, at the next `advance`.
   *
   * @param duration As of `advance`, with the same errors.
   */
  stall(duration: Duration): void {
    this.#nowMs += requireForwardMs("stall", duration);
  }

  /** Waits until at least `count` sleepers wait for a time still to come. */
  whenSleeping(count: number = 1): Promise<void> {
    return new Promise((resolve) => {
      this.#watchers.add({ count, resolve });
      this.#notify();
    });
  }

  /** Runs everything that needs no move of the clock. */
  async #settle(): Promise<void> {
    do await turn(); while (this.#yielding > 0);
  }

  #yield(): Promise<void> {
    return new Promise((resolve) => this.turn(resolve));
  }

  #next(): Sleeper | undefined {
    let next: Sleeper | undefined;
    for (const sleeper of this.#sleepers) {
      if (next === undefined || sleeper.deadlineMs < next.deadlineMs) next = sleeper;
    }
    return next;
  }

  #notify(): void {
    for (const watcher of this.#watchers) {
      if (this.#sleepers.size < watcher.count) continue;
      this.#watchers.delete(watcher);
      watcher.resolve();
    }
  }
}

interface Sleeper {
  readonly deadlineMs: number;
  wake(): void;
}

interface Watcher {
  readonly count: number;
  resolve(): void;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function requireForwardMs(verb: string, duration: Duration): number {
  const isFinite = typeof duration !== "number" || Number.isFinite(duration);
  const { ms } = isFinite ? Timedelta.from(duration) : { ms: NaN };
  if (ms >= 0) return ms;
  const given = duration instanceof Timedelta ? duration.preciseString : quote(duration);
  throw new RangeError(
    `Cannot ${verb} the clock: ${given} is given, a duration of 0 or more is required`,
  );
}
