/**
 * Runs seeds until one shows a violation, in a copy of the project that has a planted fault. Takes how
 * many seeds to try at most, and what is wrong.
 *
 * @module
 */

import type { Plan } from "./plan.ts";
import { planOf } from "./plan.ts";
import { PLANTED } from "./planted/all.ts";
import { simulate } from "./simulate.ts";

/** What was found. */
export interface Found {
  readonly seed: number;
  /** How many seeds were simulated, that one included. */
  readonly tried: number;
  /** What it shows first. */
  readonly violation: string;
}

// Most plans send less, and one that sends ten times as much shows hardly more.
const MOST_POINTS_PER_SECOND = 30;

function pointsPerSecond({ sources }: Plan): number {
  return sources.reduce((sum, { config: { metrics, periodMs } }) => {
    return sum + 1000 * metrics / periodMs;
  }, 0);
}

async function find(most: number, what: string): Promise<Found | undefined> {
  const { shows = () => true, needsMany = false } =
    PLANTED.find((planted) => planted.what === what) ?? {};
  let tried = 0;
  for (let seed = 1; seed <= most; seed++) {
    const plan = planOf(seed);
    if (!needsMany && pointsPerSecond(plan) > MOST_POINTS_PER_SECOND || !shows(plan)) continue;
    tried++;
    const { violations: [violation] } = await simulate(plan);
    if (violation !== undefined) return { seed, tried, violation };
  }
  return undefined;
}

if (import.meta.main) {
  const [most = "0", what = ""] = Deno.args;
  const found = await find(Number(most), what);
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(found ?? null)));
}
