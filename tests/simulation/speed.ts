/**
 * `deno task simulate:speed`: how much faster than real time simulations are, by processor time, at some
 * rates and sizes of chunks. Faults and the rest are those of the seeds.
 *
 * @module
 */

import { cpuUsage } from "node:process";
import { quote } from "../../src/quote.ts";
import { type Plan, planOf, type SourceConfig, type SourcePlan } from "./plan.ts";
import { print, printRefusal } from "./print.ts";
import { simulate } from "./simulate.ts";

const FIRST_SEED = 1;
const SEEDS = 8;

interface Rate {
  readonly metrics: number;
  readonly periodMs: number;
  readonly chunkSize: number;
}

const RATES: readonly Rate[] = [
  { metrics: 1, periodMs: 100, chunkSize: 1 },
  { metrics: 1, periodMs: 100, chunkSize: 10 },
  { metrics: 10, periodMs: 100, chunkSize: 1 },
  { metrics: 10, periodMs: 100, chunkSize: 10 },
  { metrics: 30, periodMs: 100, chunkSize: 1 },
  { metrics: 30, periodMs: 100, chunkSize: 3 },
  { metrics: 30, periodMs: 100, chunkSize: 10 },
  { metrics: 30, periodMs: 100, chunkSize: 100 },
];

/** An interval source without a spool that sends at a rate throughout. */
function sourceAt(source: SourcePlan, rate: Rate): SourcePlan {
  const { token, startMs, heartbeatSeconds } = source;
  const config: SourceConfig = { generation: 0, renames: false, ...rate };
  return {
    token,
    kind: "interval",
    updates: { aligns: false, precision: "fine", slow: 0, failing: 0 },
    startMs,
    config,
    workload: { tasks: 1, waits: true, pointsPerCall: 1, flushing: 0 },
    onFull: "drop-oldest",
    delivery: "confirmed",
    outboxMaxBytes: 64 * 2 ** 20,
    hasSpool: false,
    heartbeatSeconds,
  };
}

/** The plan of a seed with one such source, which keeps its configuration. */
function planAt(seed: number, rate: Rate): Plan {
  const plan = planOf(seed);
  const sources = plan.sources.slice(0, 1).map((source) => sourceAt(source, rate));
  const actors = new Set(["manager", ...sources.map(({ token }) => token)]);
  const faults = plan.faults.filter(({ actor, kind }) =>
    actors.has(actor) && !kind.includes("configuration")
  );
  return { ...plan, sources, faults };
}

/** Simulates the seeds at a rate, and tells of it. */
async function measure(rate: Rate): Promise<void> {
  const began = cpuUsage();
  let points = 0;
  let virtualMs = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    const outcome = await simulate(planAt(seed, rate));
    if (outcome.violations.length > 0) throw new Error(`Seed ${seed}: ${outcome.violations[0]}`);
    points += outcome.points;
    virtualMs += outcome.virtualMs;
  }
  const { user, system } = cpuUsage(began);
  const times = (virtualMs * 1000 / (user + system)).toFixed(0);
  const pointsPerSecond = (points / virtualMs * 1000).toFixed(0);
  print(`| ${pointsPerSecond} | ${rate.chunkSize} | ${times} × |`);
}

/** Tells of each rate. */
async function main(): Promise<void> {
  Error.stackTraceLimit = 0; // as `main.ts` does
  for (const rate of RATES) await simulate(planAt(FIRST_SEED, rate)); // V8 compiles what runs often
  print("| points per second | in chunks of | faster than real time |");
  print("| --- | --- | --- |");
  for (const rate of RATES) await measure(rate);
}

if (import.meta.main) {
  const [argument] = Deno.args;
  if (argument === undefined) await main();
  else if (argument === "--help") print("Usage: deno task simulate:speed");
  else {
    printRefusal(`Cannot use ${quote(argument)}`);
    Deno.exit(2);
  }
}
