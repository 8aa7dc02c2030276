/**
 * How late ticks are while a source publishes a point at each, and what it costs.
 *
 * @module
 */

import { BenchNetwork } from "./network.ts";
import { hasRealTime, hasUvloop, Program } from "./program.ts";
import type { TickingAnswer, TickingQuestion } from "./programs/ticking.ts";
import { publish } from "./report.ts";
import { median } from "./statistics.ts";

const ROUNDS = 3;
const REAL_TIME = "fine, real-time";
const OURS = ["fine", REAL_TIME, "coarse"];
const FLOOR = "clock_nanosleep";
const UVLOOP = "Python, uvloop";

type Case = Pick<TickingQuestion, "periodsMs" | "seconds" | "busy">;
type Contenders = Readonly<Record<string, (question: object) => Promise<TickingAnswer>>>;

const START: Case = { periodsMs: [100], seconds: 15 };
// For a minute or two V8 still compiles, on threads of its own, which take the processor from the one
// that ticks. Sources run for months: but for their start, programs in Deno are measured when they have
// ticked like this, and once in each case.
const WARM_UP: Case = { periodsMs: [1], seconds: 20 };
const CASES: readonly Case[] = [
  { periodsMs: [100], seconds: 15 },
  { periodsMs: [10], seconds: 5 },
  { periodsMs: [1], seconds: 3 },
  { periodsMs: [7, 10, 11, 13, 17, 20, 50, 100, 250, 500], seconds: 4 },
  { periodsMs: [10], seconds: 3, busy: 1.2 },
];

/** Measures and prints. */
export async function beingOnTime(): Promise<void> {
  await using network = await BenchNetwork.start();
  using echo = echoServer();
  await using parts = new AsyncDisposableStack();
  const { deno, others } = startContenders(network.url, echo.port, parts);
  const contenders = { ...deno, ...others };

  const rows = rowsOf(START, "start", await askInTurns(START, deno, 1), {});
  await Promise.all(Object.values(deno).map((ask) => ask(WARM_UP)));
  for (const one of CASES) {
    await askInTurns(one, deno, 1);
    const answers = await askInTurns(one, contenders, ROUNDS);
    const trips = await askInTurns({ ...one, roundTrips: true }, deno, 1);
    rows.push(...rowsOf(one, "long", answers, trips));
  }
  await publish({
    name: "being_on_time",
    title: `Lateness of ticks while publishing, medians of ${ROUNDS} rounds`,
    rows,
    notes: [
      "since: the programs' start, once, or long: when they had ticked for a while.",
      "drift: how much later the last tenth of the ticks is than the first, at the median.",
      `${FLOOR}: the machine's own lateness, a process that does nothing but sleep.`,
      "trip: round trips of one byte from the same process to another, in a round of their own.",
      REAL_TIME in deno
        ? "real-time: started with `chrt --fifo 10`."
        : "real-time: left out, as `chrt --fifo 10` is not permitted here.",
      ...UVLOOP in others ? [] : ["uvloop is not installed in the Python of the tests: left out."],
    ],
  });
}

function startContenders(
  url: string,
  echoPort: number,
  parts: AsyncDisposableStack,
): { deno: Contenders; others: Contenders } {
  const deno = (precision: TickingQuestion["precision"], isRealTime = false) => {
    const args = ["ticking.ts", url, `${echoPort}`] as const;
    const program = parts.use(isRealTime ? Program.realTimeDeno(...args) : Program.deno(...args));
    return (question: object) => program.ask<TickingAnswer>({ ...question, precision });
  };
  const python = (name: string, ...args: string[]) => {
    const program = parts.use(Program.python(name, ...args));
    return (question: object) => program.ask<TickingAnswer>({ ...question });
  };
  return {
    deno: {
      fine: deno("fine"),
      ...hasRealTime() && { [REAL_TIME]: deno("fine", true) },
      coarse: deno("coarse"),
      setTimeout: deno("timer"),
    },
    others: {
      [FLOOR]: python("sleeping.py"),
      Python: python("ticking.py", url),
      ...hasUvloop() && { [UVLOOP]: python("ticking.py", url, "uvloop") },
    },
  };
}

/** Asks one after the other, so that all meet the same moods of the machine. */
async function askInTurns(
  question: Case & Pick<TickingQuestion, "roundTrips">,
  contenders: Contenders,
  rounds: number,
): Promise<Record<string, TickingAnswer[]>> {
  const { periodsMs, busy = 0 } = question;
  const answers: Record<string, TickingAnswer[]> = {};
  for (let round = 0; round < rounds; round++) {
    for (const [name, ask] of Object.entries(contenders)) {
      if (busy > 0 && !OURS.includes(name)) continue;
      if (periodsMs.length > 1 && name === FLOOR) continue;
      (answers[name] ??= []).push(await ask(question));
    }
  }
  return answers;
}

function rowsOf(
  { periodsMs, busy = 0 }: Case,
  since: string,
  answers: Readonly<Record<string, TickingAnswer[]>>,
  trips: Readonly<Record<string, TickingAnswer[]>>,
): Record<string, string | number | undefined>[] {
  const of = (rounds: TickingAnswer[] = [], key: keyof TickingAnswer) =>
    median(rounds.map((round) => round[key] ?? NaN));
  return Object.entries(answers).map(([name, rounds]) => ({
    "period ms": periodsMs.join(" "),
    since,
    busy: `${100 * busy} %`,
    name,
    "p50 µs": of(rounds, "p50"),
    "p99 µs": of(rounds, "p99"),
    "max µs": of(rounds, "max"),
    "missed %": of(rounds, "missed"),
    "drift µs": of(rounds, "drift"),
    "CPU %": of(rounds, "cpu"),
    "Python's p50 is": of(answers.Python, "p50") / of(rounds, "p50"),
    "trip p50 µs": trips[name]?.[0]?.trip50,
    "trip p99 µs": trips[name]?.[0]?.trip99,
    "trip max µs": trips[name]?.[0]?.tripMax,
  }));
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
