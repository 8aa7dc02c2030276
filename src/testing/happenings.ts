/**
 * Things that happen, and tests that wait for them.
 *
 * @module
 */

import { MetricQError } from "../errors.ts";
import type { MonotonicClock } from "../time/clock.ts";
import { TimeLimit } from "../time/time_limit.ts";

/** How long a test waits for something. */
export interface WaitOptions {
  /** Gives up after so many seconds. @default {10} */
  readonly timeoutSeconds?: number;
  /** Gives up when it is aborted. */
  readonly signal?: AbortSignal;
}

/** What a test waits for. */
export interface Sought<Found> {
  /** What it is, for the message of the error. */
  readonly what: string;
  /** Finds it, if it is there. */
  readonly look: () => Found | undefined;
  /** Tells what there is instead. */
  readonly describe: () => string;
}

/** Lets whoever waits look again whenever something has happened. */
export class Happenings {
  readonly #clock: MonotonicClock;
  readonly #watchers = new Set<() => void>();

  /** Measures time limits with a clock. */
  constructor(clock: MonotonicClock) {
    this.#clock = clock;
  }

  /** To be called when something has happened. */
  announce(): void {
    for (const watcher of this.#watchers) watcher();
  }

  /**
   * Looks now and whenever something has happened, until there is something.
   *
   * @throws {MetricQError} When the waiting is given up.
   */
  async waitFor<Found>(
    { what, look, describe }: Sought<Found>,
    { timeoutSeconds = 10, signal }: WaitOptions = {},
  ): Promise<Found> {
    const { promise, resolve, reject } = Promise.withResolvers<Found>();
    const failure = (why: string, cause?: unknown) =>
      new MetricQError(`Cannot wait for ${what}: ${why}; ${describe()}`, { cause });
    using limit = new TimeLimit({
      clock: this.#clock,
      timeoutSeconds,
      onTimeout: () => failure(`it has not come within ${timeoutSeconds} s`),
    });
    const watcher = () => {
      const found = look();
      if (found !== undefined) resolve(found);
    };
    const giveUp = () => reject(failure("the test has given up", signal?.reason));
    watcher();
    if (signal?.aborted) giveUp();
    this.#watchers.add(watcher);
    signal?.addEventListener("abort", giveUp);
    try {
      return await limit.race(promise);
    } finally {
      this.#watchers.delete(watcher);
      signal?.removeEventListener("abort", giveUp);
    }
  }
}
