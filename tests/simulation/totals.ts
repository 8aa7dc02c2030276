/**
 * What many simulations have shown together.
 *
 * @module
 */

import type { Outcome } from "./simulate.ts";

/** Adds up outcomes. */
export class Totals {
  readonly #faults = new Map<string, number>();
  readonly #failed: number[] = [];
  #seeds = 0;
  #virtualMs = 0;
  #points = 0;
  #repeated = 0;
  #lost = 0;
  #longestHealingMs = 0;
  #longestHealingSeed: number | undefined;

  /** Adds one. */
  add(
    { plan, virtualMs, points, repeatedPoints, lostPoints, healedMs, violations }: Outcome,
  ): void {
    this.#seeds++;
    this.#virtualMs += virtualMs;
    this.#points += points;
    this.#repeated += repeatedPoints;
    this.#lost += lostPoints;
    for (const { kind } of plan.faults) {
      this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + 1);
    }
    if (violations.length > 0) this.#failed.push(plan.seed);
    else if (healedMs > this.#longestHealingMs) {
      this.#longestHealingMs = healedMs;
      this.#longestHealingSeed = plan.seed;
    }
  }

  /** One line. */
  get line(): string {
    const failed = this.#failed.length === 0 ? "none failed" : `failed: ${this.#failed.join(", ")}`;
    const hours = (this.#virtualMs / 3_600_000).toFixed(1);
    return `${this.#seeds} seeds, ${hours} simulated hours, ${this.#points} points, ${failed}`;
  }

  /** All of it. */
  get text(): string {
    const faults = [...this.#faults].sort(([, a], [, b]) => b - a)
      .map(([kind, count]) => `  ${String(count).padStart(8)}  ${kind}`);
    return [
      this.line,
      `${this.#repeated} points came twice, ${this.#lost} were lost and counted`,
      `the longest time to heal was ${this.#longestHealingMs / 1000} s ` +
      `(seed ${this.#longestHealingSeed ?? "none"})`,
      "faults:",
      ...faults,
    ].join("\n");
  }
}
