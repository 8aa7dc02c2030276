/**
 * How well ticks meet their deadlines.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { Histogram } from "../histogram.ts";

// From a fine wait to a source that cannot keep up.
const BOUNDS_SECONDS = [
  ...[10e-6, 25e-6, 50e-6, 100e-6, 250e-6, 500e-6],
  ...[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
];

/** Counts ticks by their lateness, and the deadlines that passed without one. */
export class TickMeter {
  /** How late the ticks were, in seconds. */
  readonly latenessSeconds: Histogram = new Histogram(BOUNDS_SECONDS);
  // Of each ticker whose body runs: how many deadlines have passed meanwhile.
  readonly #overdue = new Set<() => number>();
  #missed = 0;
  #told = 0;

  /** How many deadlines were skipped, those included that a body has missed which still runs. */
  get missed(): number {
    let missed = this.#missed;
    for (const overdue of this.#overdue) missed += overdue();
    // It must not go back when a ticker, which knows more, has counted fewer in the end.
    return this.#told = Math.max(this.#told, missed);
  }

  /** The body of a tick begins; when it has ended, what is returned is to be called. */
  begin(overdue: () => number): () => void {
    this.#overdue.add(overdue);
    return () => this.#overdue.delete(overdue);
  }

  /** A tick has come. */
  note(latenessMs: number, missed: number): void {
    this.latenessSeconds.record(latenessMs / 1000);
    this.#missed += missed;
  }
}

/**
 * Where the ticks are counted of every ticker that is iterated within: those of a source's task. Not
 * an option of the ticker, which authors of sources with several loops would forget.
 */
export const tickMeter: AsyncLocalStorage<TickMeter> = new AsyncLocalStorage();
