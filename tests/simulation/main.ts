/**
 * `deno task simulate`: runs seeds until it is interrupted, or one of them for a look at it.
 *
 *     deno task simulate                       # other seeds each time, until Ctrl-C
 *     deno task simulate --from 1 --count 100  # these
 *     deno task simulate --seed 42             # one, with its log and all that was said
 *     deno task simulate --rate 300            # 300 points per second at first, for a look at the speed
 *     deno task simulate --seed 42 --shrink    # the fewest faults with which it still fails
 *     deno task simulate --help                # all options
 *
 * @module
 */

import { configure } from "@logtape/logtape";
import { counted } from "../../src/quote.ts";
import {
  type Arguments,
  drawingOf,
  readArguments,
  replayCommand,
  usage,
  UsageError,
} from "./arguments.ts";
import { type DrawOptions, type Plan, planOf } from "./plan.ts";
import { print, printRefusal } from "./print.ts";
import { Progress } from "./progress.ts";
import { shrink } from "./shrink.ts";
import { simulate } from "./simulate.ts";
import { Totals } from "./totals.ts";
import type { Trace } from "./trace.ts";

const MOST_SEEDS = 2 ** 31;

async function replay(plan: Plan): Promise<boolean> {
  let trace: Trace | undefined;
  await configure({
    reset: true,
    sinks: { trace: ({ level, message }) => trace?.explain(`LOG ${level} ${message.join("")}`) },
    loggers: [
      { category: "metricq", sinks: ["trace"], lowestLevel: "debug" },
      { category: ["logtape", "meta"], sinks: [], lowestLevel: "fatal" },
    ],
  });
  const { lines, violations, hash } = await simulate(plan, {
    keepTrace: true,
    onTrace: (made) => {
      trace = made;
    },
  });
  print(lines.join("\n"));
  print(`\nSources: ${JSON.stringify(plan.sources, undefined, 1)}`);
  for (const { kind, actor, atMs, forMs } of plan.faults) {
    print(`${(atMs / 1000).toFixed(3).padStart(12)}  ${kind} (${actor}) for ${forMs / 1000} s`);
  }
  print(`\nHash: ${hash}`);
  print(violations.length > 0 ? `FAILED\n${violations.join("\n")}` : "As promised");
  return violations.length === 0;
}

async function runOne(plan: Plan, shrinks: boolean): Promise<boolean> {
  if (!shrinks) return await replay(plan);
  const smallest = await shrink(plan, ({ faults, sources }) => {
    print(`Trying ${counted(faults.length, "fault")}, ${counted(sources.length, "source")}`);
  });
  if (smallest !== undefined) return await replay(smallest);
  print(`Seed ${plan.seed} does not fail: there is nothing to shrink`);
  return true;
}

interface ManyOptions extends DrawOptions {
  readonly from: number;
  readonly count: number;
  /** Whether the first seed that fails is the last. */
  readonly isFirst: boolean;
}

async function runMany({ from, count, isFirst, ...drawing }: ManyOptions): Promise<boolean> {
  // One that fails is replayed for its stacks; each error of the others would be given one.
  Error.stackTraceLimit = 0;
  const totals = new Totals();
  const progress = new Progress(() => performance.now());
  const stop = new AbortController();
  Deno.addSignalListener("SIGINT", () => stop.abort());
  let isFine = true;
  for (let seed = from; seed < from + count && !stop.signal.aborted; seed++) {
    const outcome = await simulate(seed, drawing);
    totals.add(outcome);
    if (outcome.violations.length > 0) {
      isFine = false;
      print(`Seed ${seed} failed: ${replayCommand(seed, drawing)}`);
      for (const violation of outcome.violations.slice(0, 5)) print(`  ${violation}`);
      if (isFirst) break;
    }
    if (progress.addSeed()) print(totals.line);
  }
  print(totals.text);
  return isFine;
}

/** Does what is asked for. Returns whether all promises were kept. */
async function run({ seed, from, count, ...given }: Arguments): Promise<boolean> {
  const { shrink: shrinks = false, hash: isHash = false, first: isFirst = false } = given;
  const drawing = drawingOf(given);
  if (seed === undefined) {
    return await runMany({
      from: from ?? Math.floor(Math.random() * MOST_SEEDS),
      count: count ?? Infinity,
      isFirst,
      ...drawing,
    });
  }
  if (!isHash) return await runOne(planOf(seed, drawing), shrinks);
  const { hash, violations } = await simulate(seed, drawing);
  print(hash);
  return violations.length === 0;
}

/** The exit status: 0, 1 if a seed has failed, 2 if the arguments cannot be used. */
async function main(): Promise<number> {
  try {
    const given = readArguments(Deno.args);
    if (!given.help) return await run(given) ? 0 : 1;
    print(usage());
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    printRefusal(error.message);
    return 2;
  }
}

if (import.meta.main) Deno.exit(await main());
