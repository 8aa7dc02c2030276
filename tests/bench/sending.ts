/**
 * How many points per second a real broker takes.
 *
 * @module
 */

import { BenchNetwork } from "./network.ts";
import { hasUvloop, Program } from "./program.ts";
import type { SendingAnswer, SendingQuestion } from "./programs/sending.ts";
import { progress, publish } from "./report.ts";
import { median } from "./statistics.ts";

const ROUNDS = 3;

// About half a second each here; the kept messages must not fill the broker's memory.
const POINTS: Readonly<Record<number, { fast: number; slow: number }>> = {
  1: { fast: 100_000, slow: 10_000 },
  10: { fast: 500_000, slow: 60_000 },
  100: { fast: 3_000_000, slow: 200_000 },
  1000: { fast: 6_000_000, slow: 200_000 },
};

/** Measures and prints. */
export async function sending(): Promise<void> {
  await using network = await BenchNetwork.start();
  const counter = await network.count();
  await using parts = new AsyncDisposableStack();
  const contenders: Record<string, { program: Program; speed: "fast" | "slow" }> = {
    "raw socket": { program: Program.deno("raw_sending.ts", network.url), speed: "fast" },
    "at most once": {
      program: Program.deno("sending.ts", network.url, "at-most-once"),
      speed: "fast",
    },
    "confirmed": { program: Program.deno("sending.ts", network.url, "confirmed"), speed: "fast" },
    "Python": { program: Program.python("sending.py", network.url), speed: "slow" },
  };
  if (hasUvloop()) {
    const program = Program.python("sending.py", network.url, "uvloop");
    contenders["Python, uvloop"] = { program, speed: "slow" };
  }
  for (const { program } of Object.values(contenders)) parts.use(program);

  const rows = [];
  for (const metrics of [1, 1000]) {
    for (const times of ["given", "now"] as const) {
      for (const [size, points] of Object.entries(POINTS)) {
        const chunkSize = Number(size);
        const rates: Record<string, number[]> = {};
        const cpuNs: Record<string, number[]> = {};
        const residentMiB: Record<string, number> = {};
        for (let round = 0; round < ROUNDS; round++) {
          progress(`${metrics} metrics, times ${times}, ${chunkSize} points/chunk, round ${round}`);
          for (const [name, { program, speed }] of Object.entries(contenders)) {
            const question: SendingQuestion = {
              // All chunks are full, and each metric has one.
              points: Math.max(points[speed], chunkSize * metrics),
              chunkSize,
              metrics,
              times,
            };
            const answer = await program.ask<SendingAnswer>({ ...question });
            const endMs = await counter.take(question.points / chunkSize);
            (rates[name] ??= []).push(question.points / (endMs - answer.startMs) * 1000);
            (cpuNs[name] ??= []).push(answer.cpuSeconds / question.points * 1e9);
            residentMiB[name] = answer.residentMiB;
          }
        }
        const rate = (name: string) => median(rates[name] ?? []);
        for (const name of Object.keys(contenders)) {
          rows.push({
            metrics,
            times,
            "points/chunk": chunkSize,
            name,
            "points/s": rate(name),
            "of the limit": rate(name) / rate("raw socket"),
            "times Python": rate(name) / rate("Python"),
            "CPU ns/point": median(cpuNs[name] ?? []),
            "resident MiB": residentMiB[name],
          });
        }
      }
    }
  }
  await publish({
    name: "sending",
    title: `Points per second that RabbitMQ has taken, medians of ${ROUNDS} rounds`,
    rows,
    notes: [
      "Until the last message was in a queue that is bound to all metrics; all were counted there.",
      "raw socket: the limit, frames encoded before, not confirmed.",
      "at most once, confirmed: this project's two kinds of delivery.",
      "Python: the reference package, not confirmed (it knows no confirms).",
    ],
  });
}
