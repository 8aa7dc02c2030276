/**
 * What many simulations have shown together.
 *
 * @module
 */

import { cpuUsage } from "node:process";
import { counted } from "../../src/quote.ts";
import { addLosses, NO_LOSSES } from "./losses.ts";
import type { Outcome } from "./simulate.ts";

/** Adds up outcomes, beginning when it is made. */
export class Totals {
  readonly #beganUs = cpuUs();
  readonly #faults = new Map<string, number>();
  readonly #failed: number[] = [];
  #seeds = 0;
  #virtualMs = 0;
  #points = 0;
  #repeated = 0;
  #losses = NO_LOSSES;
  #longestHealingMs = 0;
  #longestHealingSeed: number | undefined;

  /** Adds one. */
  add(
    { plan, virtualMs, points, repeatedPoints, losses, healedMs, violations }: Outcome,
  ): void {
    this.#seeds++;
    this.#virtualMs += virtualMs;
    this.#points += points;
    this.#repeated += repeatedPoints;
    this.#losses = addLosses(this.#losses, losses);
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
    return `${counted(this.#seeds, "seed")}, ${hours} simulated hours, ${this.#speed}, ` +
      `${counted(this.#points, "point")}, ${failed}`;
  }

  /** Nothing where all was well at once, or nothing was well in the end. */
  get #healing(): readonly string[] {
    const seed = this.#longestHealingSeed;
    if (seed === undefined) return [];
    return [`the longest time to heal was ${this.#longestHealingMs / 1000} s (seed ${seed})`];
  }

  /** Of processor time, which another load does not change much. */
  get #speed(): string {
    if (this.#virtualMs === 0) return "nothing is simulated";
    const times = this.#virtualMs * 1000 / (cpuUs() - this.#beganUs);
    const pointsPerSecond = this.#points / this.#virtualMs * 1000;
    return `${times.toFixed(0)} times real time at ${pointsPerSecond.toFixed(0)} points/s`;
  }

  /** All of it. */
  get text(): string {
    const faults = [...this.#faults].sort(([, a], [, b]) => b - a)
      .map(([kind, count]) => `  ${String(count).padStart(8)}  ${kind}`);
    const { unconfirmed, killed, uncounted, ...losses } = this.#losses;
    return [
      this.line,
      `${counted(this.#repeated, "point")} came twice`,
      `lost: ${losses.counted} counted, ${unconfirmed} without confirms, ` +
      `${killed} with a killed process, ${uncounted} not counted`,
      ...this.#healing,
      ...faults.length > 0 ? ["faults:", ...faults] : [],
    ].join("\n");
  }
}

function cpuUs(): number {
  const { user, system } = cpuUsage();
  return user + system;
}
