/**
 * Telling that something takes too long.
 *
 * @module
 */

import { logger } from "../log.ts";
import { counted } from "../quote.ts";
import type { Tick } from "./ticker.ts";

const log = logger("source");

// Otherwise a source that is always late would log at every tick.
const WARNING_INTERVAL_MS = 10_000;

/** Options of {@linkcode MissedDeadlines}. */
export interface MissedDeadlinesOptions {
  /** The name of what has the deadlines. */
  readonly name: string;
  /** What may take longer than the period. */
  readonly activity: string;
  /**
   * Whether it is told once when deadlines begin to be missed, and once when none was missed for 10 s,
   * as of one of many devices. Otherwise again and again, once in 10 s at most.
   */
  readonly isToldOnce: boolean;
}

/** Logs that deadlines were missed. */
export class MissedDeadlines {
  readonly #options: MissedDeadlinesOptions;
  #count = 0;
  #missedAtMs = -Infinity;
  #reportedAtMs = -Infinity;

  /** Nothing was missed yet. */
  constructor(options: MissedDeadlinesOptions) {
    this.#options = options;
  }

  /**
   * Takes note of a tick.
   *
   * @param cause Why deadlines were missed.
   * @default {the activity takes longer than the period}
   */
  report({ missed, deadlineMs }: Tick, cause?: string): void {
    const { name, activity, isToldOnce } = this.#options;
    this.#count += missed;
    if (missed > 0) this.#missedAtMs = deadlineMs;
    const isTold = this.#reportedAtMs > -Infinity;
    if (isToldOnce && isTold) return this.#endEpisode(deadlineMs);
    if (this.#count === 0 || deadlineMs - this.#reportedAtMs < WARNING_INTERVAL_MS) return;
    log.warn("{name} missed {what}: {cause}", {
      name,
      what: counted(this.#count, "deadline"),
      count: this.#count,
      cause: cause ?? `${activity} takes longer than the period`,
    });
    if (!isToldOnce) this.#count = 0;
    this.#reportedAtMs = deadlineMs;
  }

  #endEpisode(deadlineMs: number): void {
    if (deadlineMs - this.#missedAtMs < WARNING_INTERVAL_MS) return;
    log.info("{name} meets its deadlines again, it missed {what}", {
      name: this.#options.name,
      what: counted(this.#count, "deadline"),
      count: this.#count,
    });
    this.#count = 0;
    this.#reportedAtMs = -Infinity;
  }
}
