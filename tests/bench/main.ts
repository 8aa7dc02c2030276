/**
 * Runs the benchmarks that are named, or all: `deno task bench [NAME …]`.
 *
 * They are no tests: nothing fails when a figure is bad. Figures move with the machine and its load,
 * so each benchmark measures this project and its peers in turns, and what counts is their ratio. One
 * that cannot be measured says why, and the exit status is 1 then. What takes less than a microsecond
 * is measured by `deno bench` as well: see `*_bench.ts`.
 *
 * @module
 */

import { beingOnTime } from "./being_on_time.ts";
import { dashboard } from "./dashboard.ts";
import { decoding } from "./decoding.ts";
import { devicesBenchmark } from "./devices.ts";
import { drift } from "./drift.ts";
import { encoding } from "./encoding.ts";
import { errorText } from "../../src/error_text.ts";
import { progress } from "./report.ts";
import { scale } from "./scale.ts";
import { sending } from "./sending.ts";
import { start } from "./start.ts";
import { timestampNow } from "./timestamp_now.ts";
import { watching } from "./watching.ts";

const BENCHMARKS: Readonly<Record<string, () => Promise<void>>> = {
  sending,
  encoding,
  decoding,
  "timestamp-now": timestampNow,
  "being-on-time": beingOnTime,
  drift,
  start,
  scale,
  devices: devicesBenchmark,
  watching,
  dashboard,
};

const names = Deno.args.length > 0 ? Deno.args : Object.keys(BENCHMARKS);
for (const name of names) {
  if (name in BENCHMARKS) continue;
  const known = Object.keys(BENCHMARKS).join(", ");
  throw new RangeError(`Cannot run benchmark: "${name}" is given, one of ${known} is required`);
}
for (const name of names) {
  try {
    await BENCHMARKS[name]?.();
  } catch (error) {
    // The others can be measured all the same.
    progress(`${name}: ${errorText(error)}\n`);
    Deno.exitCode = 1;
  }
}
