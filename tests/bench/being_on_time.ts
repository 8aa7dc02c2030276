/**
 * How late ticks are while a source publishes a point at each, and what it costs.
 *
 * @module
 */

import { BenchNetwork } from "./network.ts";
import { hasUvloop, Program } from "./program.ts";
import type { TickingAnswer, TickingQuestion } from "./programs/ticking.ts";
import { publish } from "./report.ts";
import { median } from "./statistics.ts";

const ROUNDS = 3;
const OURS = ["fine", "coarse"];
const DENO = [...OURS, "setTimeout"];
const FLOOR = "clock_nanosleep";
const CASES: readonly (Pick<TickingQuestion, "periodsMs" | "seconds" | "busy">)[] = [
  { periodsMs: [100], seconds: 15 },
  { periodsMs: [10], seconds: 4 },
  { periodsMs: [1], seconds: 3 },
  { periodsMs: [7, 10, 11, 13, 17, 20, 50, 100, 250, 500], seconds: 4 },
  { periodsMs: [10], seconds: 3, busy: 1.2 },
];

/** Measures and prints. */
export async function beingOnTime(): Promise<void> {
  await using network = await BenchNetwork.start();
  using echo = echoServer();
  await using parts = new AsyncDisposableStack();
  const deno = parts.use(Program.deno("ticking.ts", network.url, `${echo.port}`));
  const asked = (precision: TickingQuestion["precision"]) => (question: object) =>
    deno.ask<TickingAnswer>({ ...question, precision });
  const contenders: Record<string, (question: object) => Promise<TickingAnswer>> = {
    fine: asked("fine"),
    coarse: asked("coarse"),
    setTimeout: asked("timer"),
  };
  const floor = parts.use(Program.python("sleeping.py"));
  contenders[FLOOR] = (question) => floor.ask({ ...question });
  const asyncio = parts.use(Program.python("ticking.py", network.url));
  contenders.Python = (question) => asyncio.ask({ ...question });
  if (hasUvloop()) {
    const uvloop = parts.use(Program.python("ticking.py", network.url, "uvloop"));
    contenders["Python, uvloop"] = (question) => uvloop.ask({ ...question });
  }

  const rows = [];
  for (const { periodsMs, seconds, busy = 0 } of CASES) {
    const answers: Record<string, TickingAnswer[]> = {};
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, ask] of Object.entries(contenders)) {
        if (busy > 0 && !OURS.includes(name)) continue;
        if (periodsMs.length > 1 && name === FLOOR) continue;
        (answers[name] ??= []).push(await ask({ periodsMs, seconds, busy }));
      }
    }
    const python = median((answers.Python ?? []).map(({ p50 }) => p50));
    for (const [name, rounds] of Object.entries(answers)) {
      const trips = DENO.includes(name)
        ? await contenders[name]?.({ periodsMs, seconds, busy, roundTrips: true })
        : undefined;
      const of = (key: keyof TickingAnswer) => median(rounds.map((round) => round[key] ?? NaN));
      rows.push({
        "period ms": periodsMs.join(" "),
        busy: `${100 * busy} %`,
        name,
        "p50 µs": of("p50"),
        "p99 µs": of("p99"),
        "max µs": of("max"),
        "missed %": of("missed"),
        "drift µs": of("drift"),
        "CPU %": of("cpu"),
        "Python's p50 is": python / of("p50"),
        "trip p50 µs": trips?.trip50,
        "trip p99 µs": trips?.trip99,
        "trip max µs": trips?.tripMax,
      });
    }
  }
  await publish({
    name: "being_on_time",
    title: `Lateness of ticks while publishing, medians of ${ROUNDS} rounds`,
    rows,
    notes: [
      "drift: how much later the last tenth of the ticks is than the first, at the median.",
      `${FLOOR}: the machine's own lateness, a process that does nothing but sleep.`,
      "trip: round trips of one byte from the same process to another, in a round of their own.",
      ...hasUvloop() ? [] : ["uvloop is not installed in the Python of the tests: left out."],
    ],
  });
}

/** Sends back what it gets. */
function echoServer(): Disposable & { readonly port: number } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  void (async () => {
    for await (const connection of listener) {
      connection.readable.pipeTo(connection.writable).catch(() => {});
    }
  })();
  return { port: listener.addr.port, [Symbol.dispose]: () => listener.close() };
}
