/**
 * Files that are being edited, until it is time to read them.
 *
 * @module
 */

import { type MonotonicClock, sleep } from "../time/clock.ts";

// Editors write a file in several steps, and who looks sees a change some time after it.
const SETTLE_MS = 250;
// One that is written all the time is read nevertheless.
const LONGEST_MS = 1000;

/** What a {@linkcode Settling} needs. */
export interface SettlingOptions {
  readonly clock: MonotonicClock;
  /**
   * Called when a file has settled, of one file one call after another; files do not wait for each
   * other. Must not reject.
   */
  readonly onSettled: (file: string) => Promise<void>;
}

/** Waits, for each file alone, until nothing more has changed for a moment. */
export class Settling {
  readonly #options: SettlingOptions;
  readonly #closing = new AbortController();
  /** When a file has changed last; `undefined` if it was read since. */
  readonly #changedMs = new Map<string, number | undefined>();
  readonly #following = new Set<Promise<void>>();

  /** Begins without files. */
  constructor(options: SettlingOptions) {
    this.#options = options;
  }

  /** A file has changed. */
  note(file: string): void {
    const isFollowed = this.#changedMs.has(file);
    this.#changedMs.set(file, this.#options.clock.nowMs());
    if (isFollowed) return;
    const followed = this.#follow(file).finally(() => this.#following.delete(followed));
    this.#following.add(followed);
  }

  /** Forgets what has not settled, and waits for the calls that run. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#following);
  }

  async #follow(file: string): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted && this.#changedMs.get(file) !== undefined) {
      await this.#settle(file);
      if (signal.aborted) break;
      this.#changedMs.set(file, undefined);
      await this.#options.onSettled(file);
    }
    this.#changedMs.delete(file);
  }

  async #settle(file: string): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#closing;
    const latestMs = clock.nowMs() + LONGEST_MS;
    while (!signal.aborted) {
      const changedMs = this.#changedMs.get(file) ?? 0;
      const leftMs = Math.min(changedMs + SETTLE_MS, latestMs) - clock.nowMs();
      if (leftMs <= 0) return;
      await sleep(clock, leftMs, signal);
    }
  }
}
