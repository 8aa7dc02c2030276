/**
 * Telling that the code of a source's author does not come back.
 *
 * @module
 */

import { Alarm } from "../time/alarm.ts";
import { type MonotonicClock, wallTimeOf } from "../time/clock.ts";
import { Timedelta } from "../time/timedelta.ts";
import type { WatchedCalls } from "../time/watched_calls.ts";
import type { EventFeed } from "./event_feed.ts";

// Longer than a device that is asked takes, and shorter than operators take to notice a gap.
const PATIENCE_MS = 10_000;
const PATIENCE_PERIODS = 3;
// What has a time limit of the same length is given up first, and comes back then.
const GRACE_MS = 50;

/** What is watched. */
export interface HangWatchOptions {
  readonly clock: MonotonicClock;
  /** Told of what hangs. */
  readonly events: Pick<EventFeed, "tell">;
  /** Ends the watching. */
  readonly signal: AbortSignal;
}

/**
 * Calls of one kind, such as those of `update`. When none has come back for 10 s, or for three periods
 * if that is longer, while one is awaited, they hang: an event tells, and another one when one of them
 * comes back. One that was given up long ago does not count when a later one has come back.
 */
export class HangWatch implements WatchedCalls {
  readonly #options: HangWatchOptions;
  readonly #activity: string;
  readonly #periodMs: () => number;
  // When those began that are awaited, in that order.
  readonly #begunMs = new Map<number, number>();
  #calls = 0;
  #sinceMs = 0;
  #isHanging = false;
  readonly #alarm: Alarm;
  readonly #onStop = () => this.#alarm.close();

  /**
   * Nothing is called yet.
   *
   * @param activity What is called, such as `"update"`.
   * @param periodMs How long a period is now.
   */
  constructor(activity: string, options: HangWatchOptions, periodMs: () => number = () => 0) {
    this.#activity = activity;
    this.#options = options;
    this.#periodMs = periodMs;
    this.#alarm = new Alarm(options.clock, () => this.#ring());
    options.signal.addEventListener("abort", this.#onStop);
  }

  /** See {@linkcode WatchedCalls}. */
  begin(): number {
    const call = this.#calls++;
    const nowMs = this.#options.clock.nowMs();
    this.#begunMs.set(call, nowMs);
    if (this.#begunMs.size === 1) this.#watch(nowMs);
    return call;
  }

  /** See {@linkcode WatchedCalls}. */
  end(call: number): void {
    if (!this.#begunMs.has(call)) return;
    for (const begun of this.#begunMs.keys()) {
      if (begun <= call) this.#begunMs.delete(begun);
    }
    this.#progress();
  }

  /** Runs a call. */
  async run<Result>(call: () => PromiseLike<Result> | Result): Promise<Result> {
    const begun = this.begin();
    try {
      return await call();
    } finally {
      this.end(begun);
    }
  }

  /** None of them is awaited any more. */
  close(): void {
    this.#begunMs.clear();
    this.#progress();
    this.#alarm.close();
    this.#options.signal.removeEventListener("abort", this.#onStop);
  }

  #progress(): void {
    if (this.#isHanging) this.#enter(false);
    this.#alarm.clear();
    const [next] = this.#begunMs.values();
    if (next !== undefined) this.#watch(next);
  }

  /** The one place where the state changes. */
  #enter(isHanging: boolean): void {
    const { clock, events } = this.#options;
    const activity = this.#activity;
    const seconds = (clock.nowMs() - this.#sinceMs) / 1000;
    this.#isHanging = isHanging;
    if (!isHanging) return events.tell("hanging-over", { activity, hangingSeconds: seconds });
    const since = wallTimeOf(clock).subtract(Timedelta.fromMs(seconds * 1000));
    events.tell("hanging", { activity, since, seconds });
  }

  #watch(sinceMs: number): void {
    this.#sinceMs = sinceMs;
    if (!this.#options.signal.aborted) this.#alarm.set(this.#deadlineMs);
  }

  #ring(): void {
    const { clock, signal } = this.#options;
    if (signal.aborted) return;
    // The period may have become longer meanwhile.
    if (clock.nowMs() < this.#deadlineMs) this.#alarm.set(this.#deadlineMs);
    else this.#enter(true);
  }

  get #deadlineMs(): number {
    const patienceMs = Math.max(PATIENCE_MS, PATIENCE_PERIODS * this.#periodMs());
    return this.#sinceMs + patienceMs + GRACE_MS;
  }
}
