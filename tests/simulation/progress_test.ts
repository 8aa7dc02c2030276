import assert from "node:assert/strict";
import { NO_LOSSES } from "./losses.ts";
import { planOf } from "./plan.ts";
import { Progress } from "./progress.ts";
import { Totals } from "./totals.ts";

Deno.test("How far simulations are is told after 10 s, and then every 30 s or 100 seeds", () => {
  let nowMs = 5000;
  const progress = new Progress(() => nowMs);
  const toldAtMs: number[] = [];
  for (; nowMs <= 80_000; nowMs += 500) if (progress.addSeed()) toldAtMs.push(nowMs);
  assert.deepEqual(toldAtMs, [15_000, 45_000, 75_000]);
  const seeds = Array.from({ length: 300 }, () => progress.addSeed());
  assert.equal(seeds.filter((isDue) => isDue).length, 3);
});

Deno.test("The totals of one seed are told in the singular, and without what there is not", () => {
  const totals = new Totals();
  const plan = { ...planOf(1), faults: [] };
  assert.match(totals.text, /^0 seeds, 0.0 simulated hours, nothing is simulated, 0 points, none/);
  totals.add({
    plan,
    virtualMs: 60_000,
    points: 1,
    repeatedPoints: 1,
    losses: NO_LOSSES,
    healedMs: 0,
    violations: [],
    hash: "",
    lines: [],
  });
  assert.match(totals.text, /^1 seed, 0.0 simulated hours, .* points\/s, 1 point, none failed$/m);
  assert.match(totals.text, /^1 point came twice$/m);
  assert.doesNotMatch(totals.text, /heal|faults|NaN|Infinity|undefined|none\)/);
  totals.add({
    plan: planOf(2),
    virtualMs: 60_000,
    points: 1,
    repeatedPoints: 0,
    losses: NO_LOSSES,
    healedMs: 2500,
    violations: [],
    hash: "",
    lines: [],
  });
  assert.match(totals.text, /^2 seeds/);
  assert.match(totals.text, /^the longest time to heal was 2.5 s \(seed 2\)$/m);
});
