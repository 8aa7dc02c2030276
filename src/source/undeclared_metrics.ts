/**
 * Telling of metrics that are sent and were not declared.
 *
 * @module
 */

import { logger } from "../log.ts";
import { type MonotonicClock, nextTurn } from "../time/clock.ts";

const log = logger("source");

const MAX_NAMES_SHOWN = 20; // in one line
// A source whose names are an endless series would otherwise log for ever.
const MAX_NAMES_TOLD = 1000;

/** What {@linkcode UndeclaredMetrics} are made with. */
export interface UndeclaredMetricsOptions {
  /** The source's token, for the log. */
  readonly token: string;
  readonly clock: MonotonicClock;
  readonly isDeclared: (metric: string) => boolean;
}

/**
 * Tells once of each metric that a source sends and has not declared: its points arrive where somebody
 * asks for it by name, but nobody can find it. What is sent while metrics are being declared, or
 * before the source is configured, is judged afterwards.
 */
export class UndeclaredMetrics {
  readonly #options: UndeclaredMetricsOptions;
  readonly #suspects = new Set<string>();
  #isConfigured = false;
  #declaring = 0;
  #told = 0;
  #isLooking = false;

  /** Nothing is sent yet. */
  constructor(options: UndeclaredMetricsOptions) {
    this.#options = options;
  }

  /** The source is configured. */
  begin(): void {
    this.#isConfigured = true;
    this.#lookSoon();
  }

  /** Waits for metrics to be declared. */
  async declaring(declared: Promise<void>): Promise<void> {
    this.#declaring++;
    try {
      await declared;
    } finally {
      this.#declaring--;
      this.#lookSoon();
    }
  }

  /** The first point of a metric is sent. */
  noteFirstPoint(metric: string): void {
    if (this.#told >= MAX_NAMES_TOLD || this.#options.isDeclared(metric)) return;
    this.#suspects.add(metric);
    this.#lookSoon();
  }

  // In the next turn, as others are likely to follow: they share a line.
  #lookSoon(): void {
    if (this.#isLooking || this.#suspects.size === 0 || !this.#isReady) return;
    this.#isLooking = true;
    nextTurn(this.#options.clock, () => {
      this.#isLooking = false;
      if (this.#isReady) this.#look();
    });
  }

  get #isReady(): boolean {
    return this.#isConfigured && this.#declaring === 0;
  }

  #look(): void {
    const names = [...this.#suspects].filter((name) => !this.#options.isDeclared(name));
    this.#suspects.clear();
    if (names.length === 0) return;
    this.#told += names.length;
    const shown = names.slice(0, MAX_NAMES_SHOWN).map((name) => JSON.stringify(name)).join(", ");
    const more = names.length - MAX_NAMES_SHOWN;
    log.warn("{token} sends metrics that it has not declared, so that nobody finds them: {names}", {
      token: this.#options.token,
      names: more > 0 ? `${shown} and ${more} more` : shown,
    });
  }
}
