/**
 * The task of a source, from its begin to its end.
 *
 * @module
 */

import type { AgentCore } from "../agent/agent_core.ts";
import { describeError, toError } from "../error_text.ts";
import { logger } from "../log.ts";
import { nextTurn } from "../time/clock.ts";

const log = logger("source");

/** A task, which is run once, and asked to end when the source stops. If it fails, the source stops. */
export class SourceTask {
  readonly #core: AgentCore;
  readonly #run: (signal: AbortSignal) => PromiseLike<unknown> | void;
  readonly #ending = new AbortController();
  #done: Promise<void> = Promise.resolve();

  /** Runs nothing yet. */
  constructor(core: AgentCore, run: (signal: AbortSignal) => PromiseLike<unknown> | void) {
    this.#core = core;
    this.#run = run;
  }

  /** Begins the task. */
  begin(): void {
    this.#done = this.#runUntilItEnds();
  }

  /** Asks the task to end, and waits for that, for `stopTimeout` at most. */
  async end(): Promise<void> {
    const { token, clock } = this.#core;
    // What has failed by itself up to now is told apart from what fails because it is asked to end.
    await new Promise<void>((resolve) => nextTurn(clock, resolve));
    this.#ending.abort();
    if (await this.#core.waitToStop(this.#done)) return;
    log.warn("The task of {token} did not end when it was asked to", { token });
  }

  async #runUntilItEnds(): Promise<void> {
    const { signal } = this.#ending;
    try {
      await this.#core.insideTask(() => this.#run(signal));
    } catch (error) {
      this.#onFailed(error, signal);
    }
  }

  #onFailed(error: unknown, { aborted, reason }: AbortSignal): void {
    if (!this.#core.stopping.aborted) return void this.#core.stop(toError(error));
    // Failed by itself, though `stop` was called before that was noticed.
    if (!aborted) return this.#core.noteFailure(error);
    if (error === reason || toError(error).name === "AbortError") return;
    log.warn("The task of {token} has failed when it was asked to end: {error}", {
      token: this.#core.token,
      error: describeError(error),
    });
  }
}
