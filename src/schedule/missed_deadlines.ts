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

/** Logs that deadlines were missed: at once, and then once in 10 s at most. */
export class MissedDeadlines {
  readonly #name: string;
  readonly #activity: string;
  #count = 0;
  #reportedAtMs = -Infinity;

  /**
   * Nothing was missed yet.
   *
   * @param name The name of the source that has the deadlines.
   * @param activity What may take longer than the period.
   */
  constructor(name: string, activity: string) {
    this.#name = name;
    this.#activity = activity;
  }

  /**
   * Takes note of a tick.
   *
   * @param cause Why deadlines were missed.
   * @default {the activity takes longer than the period}
   */
  report(
    { missed, deadlineMs }: Tick,
    cause: string = `${this.#activity} takes longer than the period`,
  ): void {
    this.#count += missed;
    if (this.#count === 0 || deadlineMs - this.#reportedAtMs < WARNING_INTERVAL_MS) return;
    log.warn("{name} missed {what}: {cause}", {
      name: this.#name,
      what: counted(this.#count, "deadline"),
      count: this.#count,
      cause,
    });
    this.#count = 0;
    this.#reportedAtMs = deadlineMs;
  }
}
