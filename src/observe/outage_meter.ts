/**
 * How often and how long a connection was away.
 *
 * @module
 */

import type { MonotonicClock } from "../time/clock.ts";

/** Measures outages: from the end of one connection to the beginning of the next. */
export class OutageMeter {
  readonly #clock: MonotonicClock;
  #reconnects = 0;
  #endedMs = 0;
  #lostAtMs: number | undefined;

  /** Before the first connection there is no outage. */
  constructor(clock: MonotonicClock) {
    this.#clock = clock;
  }

  /** How many times a connection followed another. */
  get reconnects(): number {
    return this.#reconnects;
  }

  /** How long the present outage has lasted so far, in seconds; 0 if there is none. */
  get currentSeconds(): number {
    return this.#currentMs / 1000;
  }

  /** How long all outages together have lasted, in seconds. */
  get totalSeconds(): number {
    return (this.#endedMs + this.#currentMs) / 1000;
  }

  /** A connection is there. */
  begin(): void {
    if (this.#lostAtMs === undefined) return;
    this.#reconnects++;
    this.end();
  }

  /** The connection is gone. */
  lose(): void {
    this.#lostAtMs ??= this.#clock.nowMs();
  }

  /** Measures no more, as there will be no other connection. */
  end(): void {
    this.#endedMs += this.#currentMs;
    this.#lostAtMs = undefined;
  }

  get #currentMs(): number {
    return this.#lostAtMs === undefined ? 0 : this.#clock.nowMs() - this.#lostAtMs;
  }
}
