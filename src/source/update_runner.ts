/**
 * Calling `update` of an interval source.
 *
 * @module
 */

import { describeError } from "../error_text.ts";
import { logger } from "../log.ts";
import type { HangWatch } from "../observe/hang_watch.ts";
import { counted } from "../quote.ts";
import type { MonotonicClock } from "../time/clock.ts";
import { TimeLimit } from "../time/time_limit.ts";
import type { Timedelta } from "../time/timedelta.ts";

const log = logger("source");

// Updates that ignore their signal must not pile up.
const MAX_UNFINISHED = 100;

/** What an {@linkcode UpdateRunner} is made with. */
export interface UpdateRunnerOptions {
  /** The source's token, for the log. */
  readonly token: string;
  readonly clock: MonotonicClock;
  /** Tells of an update that does not come back. */
  readonly watch: HangWatch;
  /** How long an update is waited for; `undefined`: until it comes back. */
  readonly timeout: Timedelta | undefined;
  /** Aborted when the source stops. */
  readonly signal: AbortSignal;
}

/** Runs updates, and gives up those that take too long. */
export class UpdateRunner {
  readonly #options: UpdateRunnerOptions;
  // How many in a row.
  #givenUp = 0;
  // Those included that were given up, and go on.
  #unfinished = 0;
  #isLeavingOut = false;

  /** Nothing is updated yet. */
  constructor(options: UpdateRunnerOptions) {
    this.#options = options;
  }

  /** Runs one update, and throws what it throws, unless it was given up before. */
  async run(update: (signal: AbortSignal) => PromiseLike<unknown> | void): Promise<void> {
    const { watch, timeout, signal } = this.#options;
    if (timeout !== undefined) return await this.#runLimited(update, timeout);
    const result = update(signal);
    if (result !== undefined) await watch.run(() => result);
  }

  async #runLimited(
    update: (signal: AbortSignal) => PromiseLike<unknown> | void,
    timeout: Timedelta,
  ): Promise<void> {
    const { token, clock, watch, signal } = this.#options;
    if (this.#unfinished >= MAX_UNFINISHED) return this.#leaveOut();
    // Made when it is needed: there may be a thousand updates a second.
    let tooLong: Error | undefined;
    const onTimeout = () => tooLong = new Error(`Cannot wait for update: no end within ${timeout}`);
    // Not by the source's signal: a stop waits for the update, as it does without a limit.
    using limit = new TimeLimit({ clock, timeoutSeconds: timeout.s, onTimeout });
    // One that was given up is watched as long as none after it comes back.
    const updated = watch.run(async () => {
      this.#unfinished++;
      try {
        await update(AbortSignal.any([signal, limit.signal]));
      } finally {
        this.#unfinished--;
      }
    });
    try {
      await limit.race(updated);
      this.#cameBack();
    } catch (error) {
      if (tooLong === undefined || error !== tooLong) throw error;
      this.#giveUp(timeout);
      updated.catch((error) => {
        log.warn("An update of {token} that had been given up has failed: {error}", {
          token,
          error: describeError(error),
        });
      });
    }
  }

  #leaveOut(): void {
    if (this.#isLeavingOut) return;
    this.#isLeavingOut = true;
    log.warn("{token} leaves updates out: {unfinished} earlier ones have not ended", {
      token: this.#options.token,
      unfinished: MAX_UNFINISHED,
    });
  }

  #giveUp(timeout: Timedelta): void {
    const message = "{token} gives up an update that has not come back within {timeout}";
    const properties = { token: this.#options.token, timeout: String(timeout) };
    if (this.#givenUp++ === 0) log.warn(message, properties);
    else log.debug(message, properties);
  }

  #cameBack(): void {
    this.#isLeavingOut = false;
    if (this.#givenUp === 0) return;
    log.warn("An update of {token} has come back, after {what} given up", {
      token: this.#options.token,
      what: counted(this.#givenUp, "update"),
    });
    this.#givenUp = 0;
  }
}
