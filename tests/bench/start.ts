/**
 * How long it takes from the start of a process until a broker has its first point.
 *
 * @module
 */

import { BenchNetwork } from "./network.ts";
import { hasUvloop, Program } from "./program.ts";
import { publish } from "./report.ts";
import { median } from "./statistics.ts";

const ROUNDS = 11;

/** Measures and prints. */
export async function start(): Promise<void> {
  await using network = await BenchNetwork.start();
  const contenders: Record<string, () => Program> = {
    "Deno alone": () => Program.deno("nothing.ts"),
    "this project": () => Program.deno("first_point.ts", network.url),
    "Python": () => Program.python("first_point.py", network.url),
  };
  if (hasUvloop()) {
    contenders["Python, uvloop"] = () => Program.python("first_point.py", network.url, "uvloop");
  }
  const durationsMs: Record<string, number[]> = {};
  const residentMiB: Record<string, number[]> = {};
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, run] of Object.entries(contenders)) {
      const startMs = performance.timeOrigin + performance.now();
      await using program = run();
      const answer = await program.answer<{ atMs: number; residentMiB: number }>();
      if (round === 0) continue; // fills the caches
      (durationsMs[name] ??= []).push(answer.atMs - startMs);
      (residentMiB[name] ??= []).push(answer.residentMiB);
    }
  }
  const of = (name: string) => median(durationsMs[name] ?? []);
  await publish({
    name: "start",
    title: `From the start of the process to the first point taken, medians of ${ROUNDS} rounds`,
    rows: Object.keys(contenders).map((name) => ({
      name,
      "ms": of(name),
      "fastest ms": Math.min(...durationsMs[name] ?? []),
      "times Python": of(name) / of("Python"),
      "resident MiB": median(residentMiB[name] ?? []),
    })),
  });
}
