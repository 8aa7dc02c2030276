/**
 * What the current time costs, how fine it is, and how near to the system's.
 *
 * @module
 */

import { Timestamp } from "../../src/time/timestamp.ts";
import { Program } from "./program.ts";
import { publish } from "./report.ts";
import { median, quantile } from "./statistics.ts";

const ROUNDS = 7;
const CALLS = 300_000;

/** Measures and prints. */
export async function timestampNow(): Promise<void> {
  await using python = Program.python("timestamp_now.py");
  const contenders: Record<string, () => unknown> = {
    "Timestamp.now()": () => Timestamp.now(),
    "performance.now()": () => performance.now(),
    "Date.now()": () => Date.now(),
    "Temporal.Now.instant()": () => Temporal.Now.instant(),
  };
  const ns: Record<string, number[]> = {};
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, read] of Object.entries(contenders)) {
      const startMs = performance.now();
      for (let call = 0; call < CALLS; call++) read();
      const eachNs = (performance.now() - startMs) * 1e6 / CALLS;
      if (round > 0) (ns[name] ??= []).push(eachNs); // the first one is compiled meanwhile
    }
    const { seconds } = await python.ask<{ seconds: number }>({ calls: CALLS / 10 });
    (ns["Python"] ??= []).push(seconds / (CALLS / 10) * 1e9);
  }

  const deviationsUs: number[] = [];
  const stepsNs: number[] = [];
  for (let sample = 0; sample < 20_000; sample++) {
    const before = Temporal.Now.instant().epochNanoseconds;
    const first = Timestamp.now().posixNs;
    const second = Timestamp.now().posixNs;
    const after = Temporal.Now.instant().epochNanoseconds;
    stepsNs.push(Number(second - first));
    // The system's time at the moment of the first reading is between the two others.
    const outside = first < before ? before - first : second > after ? second - after : 0n;
    deviationsUs.push(Number(outside) / 1000);
  }
  const of = (name: string) => median(ns[name] ?? []);
  await publish({
    name: "timestamp_now",
    title: `The current time, medians of ${ROUNDS} rounds`,
    rows: Object.keys(ns).map((name) => ({
      name,
      "ns per call": of(name),
      "times performance.now()": of(name) / of("performance.now()"),
      ...name === "Timestamp.now()" && {
        "step p50 ns": quantile(stepsNs, 0.5),
        "outside the system's p99 µs": quantile(deviationsUs, 0.99),
        "max µs": quantile(deviationsUs, 1),
      },
    })),
    notes: ["Following NTP's slew and steps is tested in tests/time/wall_clock_test.ts."],
  });
}
