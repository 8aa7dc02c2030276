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
  #missed = 0;

  /** How many deadlines were skipped. */
  get missed(): number {
    return this.#missed;
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
