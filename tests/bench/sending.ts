/**
 * How many points per second a real broker takes.
 *
 * @module
 */

import { compileCppPublisher, CPP_PUBLISHING_PACKAGES } from "./cpp_peer.ts";
import { BenchNetwork, type Counter } from "./network.ts";
import { hasUpb, hasUvloop, Program } from "./program.ts";
import { LAST_METRIC, type SendingAnswer, type SendingQuestion } from "./programs/sending.ts";
import { progress, publish, type Report } from "./report.ts";
import { median } from "./statistics.ts";

const ROUNDS = 3;
const FAST_PYTHON = "Python, uvloop, upb";
const CPP = "C++";
const CPP_CONFIRMED = "C++, confirmed";

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
  /** Whether it only sends times that are given, or even whole chunks of them. */
  readonly takes?: "given times" | "chunks";
}

/** What becomes of the messages: nobody wants them, or a queue keeps them in memory, or on disk. */
type Kept = "none" | "all" | "durably";

/** Where the messages end, among how many metrics they are dealt, and whose times they have. */
interface Case extends Pick<SendingQuestion, "metrics" | "times"> {
  readonly kept: Kept;
}

const CASES: readonly Case[] = [
  { kept: "none", metrics: 1, times: "given" },
  { kept: "none", metrics: 1000, times: "given" },
  { kept: "none", metrics: 1, times: "now" },
  { kept: "all", metrics: 1, times: "given" },
  { kept: "all", metrics: 1000, times: "now" },
  { kept: "durably", metrics: 1, times: "given" },
];

const TITLE = `Points per second that RabbitMQ has taken, medians of ${ROUNDS} rounds`;

/** Measures and prints: each size when it is measured, as all of them take long, and the whole at the end. */
export async function sending(): Promise<void> {
  await using network = await BenchNetwork.start();
  await using parts = new AsyncDisposableStack();
  const contenders = await startContenders(network.url, parts);
  const rows: Report["rows"][number][] = [];
  for (const kept of ["none", "all", "durably"] as const) {
    // A message that nobody wants costs the broker least: then it is the sender that is measured.
    await using counter = await network.count(
      kept === "none" ? LAST_METRIC : "#",
      kept === "durably",
    );
    for (const one of CASES.filter((one) => one.kept === kept)) {
      for (const size of Object.keys(POINTS)) {
        const measured = await measure(one, Number(size), contenders, counter);
        rows.push(...measured);
        await publish({ name: "sending", title: TITLE, rows: measured });
      }
    }
  }
  await publish({
    name: "sending",
    title: TITLE,
    rows,
    notes: [
      "kept all: until the last message was in a queue that is bound to all metrics; all were counted.",
      "kept durably: the same, in a durable queue; of these a persistent message has to be on disk.",
      "kept none: until a last message, sent behind the others, was in a queue bound to it alone.",
      "raw socket: the limit, frames encoded before, transient, not confirmed or confirmed.",
      "at most once, confirmed: this project's two kinds of delivery, transient and persistent;",
      "append: with appendAt(); many: with sendMany(); otherwise with an awaited send().",
      contenders.has(CPP)
        ? "C++: protobuf's library and librabbitmq, transient, or confirmed and persistent."
        : `C++ is left out, which needs ${CPP_PUBLISHING_PACKAGES}.`,
      "Python: the reference package, not confirmed (it knows no confirms).",
      contenders.has(FAST_PYTHON)
        ? "uvloop, upb: the same at its best, on a faster event loop and protobuf's fast implementation."
        : "uvloop and upb, with which it is faster, are not both installed: left out.",
    ],
  });
}

async function startContenders(
  url: string,
  parts: AsyncDisposableStack,
): Promise<Map<string, Contender>> {
  const folder = await Deno.makeTempDir();
  parts.defer(() => Deno.remove(folder, { recursive: true }));
  const cpp = await compileCppPublisher(folder);
  const native = (path: string, delivery: string): Contender => ({
    program: parts.use(Program.native(path, url, delivery)),
    speed: "fast",
    takes: "given times",
  });
  const deno = (name: string, ...args: string[]) => parts.use(Program.deno(name, url, ...args));
  const python = (...args: string[]) => parts.use(Program.python("sending.py", url, ...args));
  return new Map<string, Contender>([
    ["raw socket", { program: deno("raw_sending.ts"), speed: "fast" }],
    ["raw socket, confirmed", { program: deno("raw_sending.ts", "confirmed"), speed: "fast" }],
    ...cpp === undefined ? [] : [
      [CPP, native(cpp, "at-most-once")] as const,
      [CPP_CONFIRMED, native(cpp, "confirmed")] as const,
    ],
    ...(["at-most-once", "confirmed"] as const).flatMap((delivery) => {
      const name = delivery.replaceAll("-", " ");
      const way = (way: string) => ({
        program: deno("sending.ts", delivery, way),
        speed: "fast" as const,
      });
      return [
        [name, way("send")] as const,
        [`${name}, append`, { ...way("append"), takes: "given times" as const }] as const,
        [`${name}, many`, { ...way("sendMany"), takes: "chunks" as const }] as const,
      ];
    }),
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
  const able = [...contenders].filter(([, { takes }]) =>
    takes === undefined || times === "given" && (takes !== "chunks" || chunkSize > 1)
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
      const endMs = await counter.take(1 + (kept === "none" ? 0 : points / chunkSize));
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
    "of the raw socket": rate(name) / rate("raw socket"),
    "of C++": rate(name) / rate(name.startsWith("confirmed") ? CPP_CONFIRMED : CPP),
    "times Python": rate(name) / rate("Python"),
    "CPU ns/point": median(cpuNs[name] ?? []),
    "resident MiB": residentMiB[name],
  }));
}
