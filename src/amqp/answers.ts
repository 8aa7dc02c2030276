/**
 * Waiting for what a broker has to answer.
 *
 * @module
 */

import { AmqpError } from "../errors.ts";
import { UNREAD_REASON } from "../time/aborted.ts";
import type { MonotonicClock } from "../time/clock.ts";
import { untilSilent } from "./silence.ts";

// RabbitMQ itself gives up what it asks its nodes after 30 to 60 s. With a connection's first calls
// less patience is due: an attempt to connect has a limit of its own.
const LONGEST_WAIT_MS = 60_000;

/** What {@linkcode Answers} needs to know of its connection. */
export interface AnswersOptions {
  readonly clock: MonotonicClock;
  /** Whether the broker has told that it reads nothing for now, so that it cannot answer. */
  readonly isBlocked: () => boolean;
  /** Called when the broker owes answers and has given none for too long. */
  readonly onSilence: (reason: AmqpError) => void;
}

/**
 * The answers that are waited for on one connection. Heartbeats do not take their place: they may be
 * switched off, and a broker that sends them may still be stuck.
 */
export class Answers {
  readonly #options: AnswersOptions;
  #awaited = 0;
  #lastMs = 0;
  #settled = new AbortController();

  /** Waits for nothing yet. */
  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  /** Waits for the answer to a call, unless the connection ends, as it does after a minute without any. */
  async to<Result>(call: Promise<Result>): Promise<Result> {
    const { clock } = this.#options;
    if (this.#awaited++ === 0) void this.#watch();
    try {
      return await call;
    } finally {
      this.#lastMs = clock.nowMs();
      if (--this.#awaited === 0) this.#settled.abort(UNREAD_REASON);
    }
  }

  async #watch(): Promise<void> {
    const { clock, isBlocked, onSilence } = this.#options;
    const { signal } = this.#settled = new AbortController();
    do {
      this.#lastMs = clock.nowMs();
      if (!await untilSilent(clock, LONGEST_WAIT_MS, () => this.#lastMs, signal)) return;
    } while (isBlocked());
    const message = `Connection given up: no answer within ${LONGEST_WAIT_MS / 1000} s`;
    onSilence(new AmqpError(message));
  }
}
