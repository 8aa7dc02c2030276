/**
 * When it is time to tell how far many simulations are.
 *
 * @module
 */

// Of real time. At first sooner, so that one sees that something happens.
const FIRST_MS = 10_000;
const EVERY_MS = 30_000;
const SEEDS_PER_LINE = 100;

/** Counts seeds and time since the last line. */
export class Progress {
  readonly #nowMs: () => number;
  #dueMs: number;
  #seeds = 0;

  /** Begins; the time is that of those who wait for a line. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#dueMs = nowMs() + FIRST_MS;
  }

  /** One more seed is simulated. Returns whether a line is due, which is counted as printed. */
  addSeed(): boolean {
    const nowMs = this.#nowMs();
    if (++this.#seeds < SEEDS_PER_LINE && nowMs < this.#dueMs) return false;
    this.#seeds = 0;
    this.#dueMs = nowMs + EVERY_MS;
    return true;
  }
}
