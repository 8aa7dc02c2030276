/**
 * The end of waiting: after a time, or when a signal is aborted.
 *
 * @module
 */

import { UNREAD_REASON } from "./aborted.ts";
import type { MonotonicClock } from "./clock.ts";

/** How long a call may take unless another time is given, in seconds. */
export const DEFAULT_RPC_TIMEOUT_SECONDS: number = 60;

/** What a {@linkcode TimeLimit} needs to know. */
export interface TimeLimitOptions {
  /** The clock that the time is measured with. */
  readonly clock: MonotonicClock;
  /** How long the wait may last; `Infinity` if only the signal ends it. */
  readonly timeoutSeconds: number;
  /** Makes the error that ends the waiting when the time is over. */
  readonly onTimeout: () => Error;
  /** Ends the waiting earlier, with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Limits how long is waited for something. To be used with `using`, which stops its timer. */
export class TimeLimit implements Disposable {
  readonly #options: TimeLimitOptions;
  readonly #deadlineMs: number;
  readonly #over = new AbortController();
  readonly #whenOver = Promise.withResolvers<never>();
  readonly #disposed = new AbortController();

  /** Begins to count. */
  constructor(options: TimeLimitOptions) {
    const { clock, timeoutSeconds, signal } = options;
    this.#options = options;
    this.#deadlineMs = clock.nowMs() + timeoutSeconds * 1000;
    // It counts as handled, even if `race` is not waited for at the moment.
    this.#whenOver.promise.catch(() => {});

    if (signal?.aborted) this.#end(signal.reason);
    signal?.addEventListener("abort", () => this.#end(signal.reason), {
      signal: this.#disposed.signal,
    });
    if (timeoutSeconds === Infinity) return;
    void clock.sleepUntil(this.#deadlineMs, this.#disposed.signal).then(() => this.#check());
  }

  /** Aborted when the limit is reached; its reason is the error. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Settles as `promise` does, or rejects when the limit is reached. */
  race<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([this.#whenOver.promise, promise]);
  }

  /** Throws the error when the limit is reached, even if the timer is late. */
  throwIfOver(): void {
    this.#check();
    this.#over.signal.throwIfAborted();
  }

  /** Stops the timer: the limit will not be reached any more. */
  [Symbol.dispose](): void {
    this.#disposed.abort(UNREAD_REASON);
  }

  #check(): void {
    if (this.#disposed.signal.aborted || this.#over.signal.aborted) return;
    if (this.#options.clock.nowMs() >= this.#deadlineMs) this.#end(this.#options.onTimeout());
  }

  #end(reason: unknown): void {
    this.#over.abort(reason);
    this.#whenOver.reject(reason);
  }
}

/** Refuses a timeout that is not above 0. */
export function requireTimeout(timeoutSeconds: number): void {
  if (timeoutSeconds > 0) return;
  throw new RangeError(
    `Cannot set timeout: ${timeoutSeconds} s is given, a positive number is required`,
  );
}
