/**
 * Whether something happens at each period of a ticker.
 *
 * @module
 */

// Of sums of numbers that are not whole.
const ROUNDING_MS = 0.01;

/** Watches one loop: what is done, and when it begins again. */
export class Beat {
  readonly #nowMs: () => number;
  readonly #violate: (text: string) => void;
  #hasBegun = false;
  #restingSinceMs: number | undefined;

  /** Nothing has been done yet. */
  constructor(nowMs: () => number, violate: (text: string) => void) {
    this.#nowMs = nowMs;
    this.#violate = violate;
  }

  /** It begins again: it may have rested for a period, and the next deadline was not farther away. */
  begin(periodMs: number): void {
    this.#hasBegun = true;
    const restedMs = this.#nowMs() - (this.#restingSinceMs ?? Infinity);
    this.#restingSinceMs = undefined;
    if (restedMs <= periodMs + ROUNDING_MS) return;
    this.#violate(`nothing was done for ${restedMs} ms, with a period of ${periodMs} ms`);
  }

  /** What was begun has been done, or one more part of it: now, unless a time is given. */
  end(atMs: number = this.#nowMs()): void {
    // What is sent by then is left over from a configuration before.
    if (this.#hasBegun) this.#restingSinceMs = atMs;
  }

  /** The period is another one now, and the rest of this wait may be longer. */
  reset(): void {
    this.#restingSinceMs = undefined;
  }
}
