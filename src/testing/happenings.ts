/**
 * Waiting in tests for something to happen.
 *
 * @module
 */

import { MetricQError } from "../errors.ts";
import type { MonotonicClock } from "../time/clock.ts";
import type { OptionNames } from "../option_names.ts";
import { quote } from "../quote.ts";
import { TimeLimit } from "../time/time_limit.ts";

/** How long a test waits for something. */
export interface WaitOptions {
  /**
   * How long to wait, in seconds.
   * @default {10}
   */
  readonly timeoutSeconds?: number | undefined;
  /** Ends the waiting when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** The names of {@linkcode WaitOptions}. */
export const WAIT_OPTIONS: OptionNames<WaitOptions> = { timeoutSeconds: true, signal: true };

/** What a test waits for. */
export interface Sought<Found> {
  /** What it is, for the message of the error. */
  readonly what: string;
  /** Finds it, if it is there. */
  readonly look: () => Found | undefined;
  /** Finds why it will not come, such as a source that has failed. */
  readonly obstacle?: () => Error | undefined;
  /**
   * Finds why it will not come, as nothing is left that could bring it. Asked when the test has had
   * its turn to start something.
   */
  readonly standstill?: () => Error | undefined;
  /** Says what there is instead, for the message of the error. */
  readonly describe: () => string;
}

/** Makes everything that waits look again after each thing that happens. */
export class Happenings {
  readonly #clock: MonotonicClock;
  readonly #watchers = new Set<() => void>();

  /** Measures time limits with a clock. */
  constructor(clock: MonotonicClock) {
    this.#clock = clock;
  }

  /** Makes everything that waits look again. */
  announce(): void {
    for (const watcher of this.#watchers) watcher();
  }

  /**
   * Looks now and after each `announce`, until something is found.
   *
   * @throws {MetricQError} If nothing is found in time, or `signal` is aborted.
   */
  async waitFor<Found>(
    { what, look, obstacle, standstill, describe }: Sought<Found>,
    { timeoutSeconds = 10, signal }: WaitOptions = {},
  ): Promise<Found> {
    requireSeconds(timeoutSeconds);
    const { promise, resolve, reject } = Promise.withResolvers<Found>();
    const failure = (why: string, cause?: unknown) =>
      new MetricQError(`Cannot wait for ${what}: ${why}; ${describe()}`, { cause });
    using limit = new TimeLimit({
      clock: this.#clock,
      timeoutSeconds,
      onTimeout: () => failure(`it has not come within ${timeoutSeconds} s`),
    });
    let isFirstTurn = true;
    const watcher = () => {
      const found = look();
      if (found !== undefined) return resolve(found);
      const error = obstacle?.() ?? (isFirstTurn ? undefined : standstill?.());
      if (error !== undefined) reject(failure(error.message, error));
    };
    const giveUp = () => reject(failure("the test has given up", signal?.reason));
    watcher();
    if (signal?.aborted) giveUp();
    this.#watchers.add(watcher);
    signal?.addEventListener("abort", giveUp);
    const turn = setTimeout(() => {
      isFirstTurn = false;
      watcher();
    });
    try {
      return await limit.race(promise);
    } finally {
      clearTimeout(turn);
      this.#watchers.delete(watcher);
      signal?.removeEventListener("abort", giveUp);
    }
  }
}

// A text would become NaN, after which the wait never ends.
function requireSeconds(timeoutSeconds: unknown): void {
  if (typeof timeoutSeconds === "number" && timeoutSeconds >= 0) return;
  const Kind = typeof timeoutSeconds === "number" ? RangeError : TypeError;
  throw new Kind(
    `Cannot wait: timeoutSeconds is ${quote(timeoutSeconds)}, a number of 0 or more is required`,
  );
}
