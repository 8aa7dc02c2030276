/**
 * What befalls the updates of an interval source, in all of its runs.
 *
 * @module
 */

import type { MonotonicClock } from "../../src/time/clock.ts";

/** How an update hangs. */
export interface Hanging {
  readonly untilMs: number;
  /** Whether it goes on when its signal is aborted. */
  readonly ignoresSignal: boolean;
}

/** Lets updates fail and hang. */
export class UpdateFaults {
  readonly #clock: MonotonicClock;
  #breaksUntilMs = -Infinity;
  #hanging: Hanging = { untilMs: -Infinity, ignoresSignal: false };
  /** What an update has thrown that is to end its source. */
  thrown: { readonly error: Error; readonly atMs: number } | undefined;

  /** Begins without. */
  constructor(clock: MonotonicClock) {
    this.#clock = clock;
  }

  /** The source is started once more, and goes on after what the run before has ended with. */
  beginRun(): void {
    this.thrown = undefined;
  }

  /** The next update, if it comes by then, throws what no source goes on after. */
  breakUntil(untilMs: number): void {
    this.#breaksUntilMs = untilMs;
  }

  /** All updates hang until then. */
  hang(hanging: Hanging): void {
    if (hanging.untilMs > this.#hanging.untilMs) this.#hanging = hanging;
  }

  /** Whether anything is to befall updates now. */
  get isActive(): boolean {
    const nowMs = this.#clock.nowMs();
    return nowMs < this.#breaksUntilMs || nowMs < this.#hanging.untilMs;
  }

  /** Lets it befall the update that has just begun; `clock` stands still when its process is killed. */
  async befall(clock: MonotonicClock, signal: AbortSignal): Promise<void> {
    const atMs = this.#clock.nowMs();
    if (atMs < this.#breaksUntilMs) {
      this.#breaksUntilMs = -Infinity;
      this.thrown = { error: new Error("The device is gone"), atMs };
      throw this.thrown.error;
    }
    const { untilMs, ignoresSignal } = this.#hanging;
    if (atMs >= untilMs) return;
    await clock.sleepUntil(untilMs, ignoresSignal ? undefined : signal);
    signal.throwIfAborted();
  }
}
