/**
 * Runs one seed.
 *
 * @module
 */

import { errorText } from "../../src/error_text.ts";
import { addLosses, type Losses, NO_LOSSES } from "./losses.ts";
import { nextRealTurn } from "./microtasks.ts";
import { type DrawOptions, type Plan, planOf } from "./plan.ts";
import type { Trace } from "./trace.ts";
import { World } from "./world.ts";

/** What a seed has shown. */
export interface Outcome {
  readonly plan: Plan;
  /** What was promised and not kept. */
  readonly violations: readonly string[];
  /** What stands for all that has happened. */
  readonly hash: string;
  /** All that has happened, for people; empty unless it was asked for. */
  readonly lines: readonly string[];
  readonly virtualMs: number;
  readonly points: number;
  readonly repeatedPoints: number;
  readonly losses: Losses;
  /** How long it took until all was well after the last fault, in virtual ms. */
  readonly healedMs: number;
}

/** How a seed is run. */
export interface SimulateOptions extends DrawOptions {
  /**
   * Whether `lines` are kept.
   * @default {false}
   */
  readonly keepTrace?: boolean;
  /** Called with the trace before anything happens. */
  readonly onTrace?: (trace: Trace) => void;
}

/** Runs a plan, or that of a seed. */
export async function simulate(
  plan: Plan | number,
  { keepTrace = false, onTrace, ...drawing }: SimulateOptions = {},
): Promise<Outcome> {
  const chosen = typeof plan === "number" ? planOf(plan, drawing) : plan;
  const world = new World(chosen, keepTrace);
  onTrace?.(world.trace);
  const onUnhandled = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    world.oracle.violate(`nobody handles a rejection: ${errorText(event.reason)}`);
  };
  globalThis.addEventListener("unhandledrejection", onUnhandled);
  try {
    await world.run();
    await new Promise<void>((resolve) => nextRealTurn(resolve)); // in which the last ones show
  } finally {
    globalThis.removeEventListener("unhandledrejection", onUnhandled);
  }
  const sums = { points: 0, repeatedPoints: 0, losses: NO_LOSSES };
  for (const account of world.oracle.metrics) {
    sums.points += account.sent;
    sums.repeatedPoints += account.repeated;
    sums.losses = addLosses(sums.losses, account.losses);
  }
  return {
    plan: chosen,
    violations: world.oracle.violations,
    hash: world.trace.hash,
    lines: world.trace.lines,
    virtualMs: world.clock.nowMs(),
    healedMs: world.healedMs,
    ...sums,
  };
}
