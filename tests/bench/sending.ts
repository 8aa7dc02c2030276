/**
 * How many points per second a real broker takes.
 *
 * @module
 */

import { BenchNetwork, type Counter } from "./network.ts";
import { hasUpb, hasUvloop, Program } from "./program.ts";
import { LAST_METRIC, type SendingAnswer, type SendingQuestion } from "./programs/sending.ts";
import { progress, publish } from "./report.ts";
import { median } from "./statistics.ts";

const ROUNDS = 3;
const FAST_PYTHON = "Python, uvloop, upb";

// About half a second each here; the kept messages must not fill the broker's memory.
const POINTS: Readonly<Record<number, { fast: number; slow: number }>> = {
  1: { fast: 100_000, slow: 10_000 },
  10: { fast: 500_000, slow: 60_000 },
  100: { fast: 3_000_000, slow: 200_000 },
  1000: { fast: 6_000_000, slow: 200_000 },
};

/** A way to send, and how many points it gets. */
interface Contender {
  readonly program: Program;
  readonly speed: "fast" | "slow";
  /** Whether it takes whole chunks only, with given times. */
  readonly isMany?: boolean;
}

/** Where the messages end, among how many metrics they are dealt, and whose times they have. */
interface Case extends Pick<SendingQuestion, "metrics" | "times"> {
  readonly kept: "none" | "all";
}

const CASES: readonly Case[] = [
  { kept: "none", metrics: 1, times: "given" },
  { kept: "none", metrics: 1000, times: "given" },
  { kept: "none", metrics: 1, times: "now" },
  { kept: "all", metrics: 1, times: "given" },
  { kept: "all", metrics: 1000, times: "now" },
];

/** Measures and prints. */
export async function sending(): Promise<void> {
  await using network = await BenchNetwork.start();
  await using parts = new AsyncDisposableStack();
  const contenders = startContenders(network.url, parts);
  const rows = [];
  for (const kept of ["none", "all"] as const) {
    // A message that nobody wants costs the broker least: then it is the sender that is measured.
    await using counter = await network.count(kept === "all" ? "#" : LAST_METRIC);
    for (const one of CASES.filter((one) => one.kept === kept)) {
      for (const size of Object.keys(POINTS)) {
        rows.push(...await measure(one, Number(size), contenders, counter));
      }
    }
  }
  await publish({
    name: "sending",
    title: `Points per second that RabbitMQ has taken, medians of ${ROUNDS} rounds`,
    rows,
    notes: [
      "kept all: until the last message was in a queue that is bound to all metrics; all were counted.",
      "kept none: until a last message, sent behind the others, was in a queue bound to it alone.",
      "raw socket: the limit, frames encoded before, not confirmed.",
      "at most once, confirmed: this project's two kinds of delivery; many: with sendMany().",
      "Python: the reference package, not confirmed (it knows no confirms).",
      contenders.has(FAST_PYTHON)
        ? "uvloop, upb: the same at its best, on a faster event loop and protobuf's fast implementation."
        : "uvloop and upb, with which it is faster, are not both installed: left out.",
    ],
  });
}

function startContenders(url: string, parts: AsyncDisposableStack): Map<string, Contender> {
  const deno = (...args: string[]) => parts.use(Program.deno("sending.ts", url, ...args));
  const python = (...args: string[]) => parts.use(Program.python("sending.py", url, ...args));
  return new Map<string, Contender>([
    ["raw socket", { program: parts.use(Program.deno("raw_sending.ts", url)), speed: "fast" }],
    ["at most once", { program: deno("at-most-once"), speed: "fast" }],
    ["at most once, many", {
      program: deno("at-most-once", "sendMany"),
      speed: "fast",
      isMany: true,
    }],
    ["confirmed", { program: deno("confirmed"), speed: "fast" }],
    ["confirmed, many", { program: deno("confirmed", "sendMany"), speed: "fast", isMany: true }],
    ["Python", { program: python(), speed: "slow" }],
    ...hasUvloop() && hasUpb()
      ? [[FAST_PYTHON, { program: python("uvloop", "upb"), speed: "slow" }]] as const
      : [],
  ]);
}

async function measure(
  { kept, metrics, times }: Case,
  chunkSize: number,
  contenders: ReadonlyMap<string, Contender>,
  counter: Counter,
): Promise<Record<string, string | number | undefined>[]> {
  const able = [...contenders].filter(([, { isMany = false }]) =>
    !isMany || times === "given" && chunkSize > 1
  );
  const rates: Record<string, number[]> = {};
  const cpuNs: Record<string, number[]> = {};
  const residentMiB: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round++) {
    progress(`kept ${kept}, ${metrics} metrics, times ${times}, ${chunkSize}, round ${round}`);
    for (const [name, { program, speed }] of able) {
      // All chunks are full, and each metric has one.
      const points = Math.max(POINTS[chunkSize]?.[speed] ?? 0, chunkSize * metrics);
      const question: SendingQuestion = { points, chunkSize, metrics, times };
      const answer = await program.ask<SendingAnswer>({ ...question });
      const endMs = await counter.take(1 + (kept === "all" ? points / chunkSize : 0));
      (rates[name] ??= []).push(points / (endMs - answer.startMs) * 1000);
      (cpuNs[name] ??= []).push(answer.cpuSeconds / points * 1e9);
      residentMiB[name] = answer.residentMiB;
    }
  }
  const rate = (name: string) => median(rates[name] ?? []);
  return able.map(([name]) => ({
    kept,
    metrics,
    times,
    "points/chunk": chunkSize,
    name,
    "points/s": rate(name),
    "of the limit": rate(name) / rate("raw socket"),
    "times Python": rate(name) / rate("Python"),
    "CPU ns/point": median(cpuNs[name] ?? []),
    "resident MiB": residentMiB[name],
  }));
}
