/**
 * Whether data moves while there is a connection.
 *
 * @module
 */

import { type MonotonicClock, sleep } from "../time/clock.ts";

// Longer than a broker's pauses to write to disk, and shorter than it takes to notice a connection
// that is dead: two heartbeats.
const UNCONFIRMED_MS = 5000;

/** Why data does not move; see `AgentEvents`. */
export type StallReason = "blocked" | "unconfirmed";

/** What a {@linkcode StallWatch} is made with. */
export interface StallWatchOptions {
  readonly clock: MonotonicClock;
  /** Whether chunks wait for their confirm. */
  readonly isInFlight: () => boolean;
  /** Called when data does not move any more. */
  readonly onStalled: (reason: StallReason) => void;
  /** Called when it moves again, but not when the connection ends. */
  readonly onMoving: () => void;
}

/** Watches the data that is sent over a connection, with one timer, and that only if data is in flight. */
export class StallWatch {
  readonly #options: StallWatchOptions;
  #stall: StallReason | undefined;
  // Counted, and not timed: reading the clock at each confirm would cost more.
  #confirms = 0;
  #watching: AbortController | undefined;

  /** Watches nothing yet. */
  constructor(options: StallWatchOptions) {
    this.#options = options;
  }

  /** Chunks are in flight: confirms are due. */
  expectConfirms(): void {
    if (this.#watching === undefined) void this.#watch(this.#watching = new AbortController());
  }

  /** A confirm has come. */
  confirmed(): void {
    this.#confirms++;
    if (this.#stall === "unconfirmed") this.#enter(undefined);
  }

  /** Whether the broker takes no messages now. */
  block(isBlocked: boolean): void {
    if (isBlocked && this.#stall === undefined) this.#enter("blocked");
    else if (!isBlocked && this.#stall === "blocked") this.#enter(undefined);
  }

  /** No confirms are due for now. What was told stays so: the connection may be up. */
  pause(): void {
    this.#watching?.abort();
    this.#watching = undefined;
  }

  /** The connection has ended, and with it what was to be watched. */
  end(): void {
    this.pause();
    this.#stall = undefined;
  }

  /** The one place where the state changes. */
  #enter(stall: StallReason | undefined): void {
    this.#stall = stall;
    if (stall === undefined) this.#options.onMoving();
    else this.#options.onStalled(stall);
  }

  async #watch(watching: AbortController): Promise<void> {
    const { clock, isInFlight } = this.#options;
    const { signal } = watching;
    while (isInFlight()) {
      const before = this.#confirms;
      await sleep(clock, UNCONFIRMED_MS, signal);
      if (signal.aborted) return;
      const isStalled = this.#confirms === before && isInFlight();
      if (isStalled && this.#stall === undefined) this.#enter("unconfirmed");
    }
    this.#watching = undefined;
  }
}
