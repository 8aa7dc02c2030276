/**
 * How late ticks are while a source publishes a point at each, and what it costs.
 *
 * @module
 */

import { compileCppPublisher, CPP_PUBLISHING_PACKAGES } from "./cpp_peer.ts";
import { BenchNetwork } from "./network.ts";
import { hasRealTime, hasUvloop, Program } from "./program.ts";
import type { TickingAnswer, TickingQuestion } from "./programs/ticking.ts";
import { publish } from "./report.ts";
import { median } from "./statistics.ts";

const ROUNDS = 3;
const REAL_TIME = ", real-time";
const FLOOR = "clock_nanosleep";
const RAW = "raw Deno";
const CPP = "C++";
const UVLOOP = "Python, uvloop";

type Case = Pick<TickingQuestion, "periodsMs" | "seconds" | "busy">;
type Ask = (question: Case & Pick<TickingQuestion, "roundTrips">) => Promise<TickingAnswer>;
type Answers = Readonly<Record<string, readonly TickingAnswer[]>>;

interface Contender {
  readonly start: () => Program;
  /** Of programs with a scheduler of this project. */
  readonly precision?: TickingQuestion["precision"];
  /** One that sleeps or sends by itself knows one period at a time, and no further work. */
  readonly isSimple?: boolean;
}

const START: Case = { periodsMs: [10], seconds: 4 };
// For a minute or two V8 still compiles, on threads of its own, which take the processor from the one
// that ticks. Sources run for months: but for their start, programs in Deno are measured when they have
// ticked like this, and once in each case.
const WARM_UP: Case = { periodsMs: [1], seconds: 20 };
const CASES: readonly Case[] = [
  { periodsMs: [100], seconds: 8 },
  { periodsMs: [10], seconds: 5 },
  { periodsMs: [1], seconds: 3 },
  { periodsMs: [7, 10, 11, 13, 17, 20, 50, 100, 250, 500], seconds: 4 },
  { periodsMs: [10], seconds: 3, busy: 1.2 },
];

/** Measures and prints. */
export async function beingOnTime(): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "metricq-bench-" });
  try {
    const cpp = await compileCppPublisher(folder, "ticking.cpp");
    await measureAndPublish(cpp);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function measureAndPublish(cpp: string | undefined): Promise<void> {
  await using network = await BenchNetwork.start();
  using echo = echoServer();
  await using parts = new AsyncDisposableStack();
  const contenders = contendersOf(network.url, echo.port, cpp);

  const rows = rowsOf(START, "start", await fromTheStart(contenders), {});
  const asks: Record<string, Ask> = {};
  for (const [name, contender] of Object.entries(contenders)) {
    asks[name] = askOf(parts.use(contender.start()), contender);
    if (contender.precision !== undefined) await asks[name](WARM_UP);
  }
  for (const one of CASES) {
    const those = Object.entries(asks).filter(([name]) => takes(one, contenders[name]));
    const ours = those.filter(([name]) => contenders[name]?.precision !== undefined);
    await askInTurns(one, ours, 1);
    const answers = await askInTurns(one, those, ROUNDS);
    const trips = await askInTurns({ ...one, roundTrips: true }, ours, 1);
    rows.push(...rowsOf(one, "long", answers, trips));
  }
  await publish({
    name: "being_on_time",
    title: `Lateness of ticks while publishing, medians of ${ROUNDS} rounds`,
    rows,
    notes: [
      "since: the programs' start, a new one each time, or long: when they had ticked for a while.",
      "drift: how much later the last tenth of the ticks is than the first, at the median.",
      `${FLOOR}: the machine's own lateness, a process that does nothing but sleep.`,
      `${RAW}: waits with a timer, writes to a socket and reads what comes back.`,
      "trip: round trips of one byte from the same process to another, in a round of their own.",
      ...hasRealTime()
        ? ["real-time: started with `chrt --fifo 10`."]
        : ["real-time: left out, as `chrt --fifo 10` is not permitted here."],
      ...cpp === undefined ? [`${CPP}: left out, as it needs ${CPP_PUBLISHING_PACKAGES}.`] : [],
      ...hasUvloop() ? [] : ["uvloop is not installed in the Python of the tests: left out."],
    ],
  });
}

function contendersOf(
  url: string,
  echoPort: number,
  cpp: string | undefined,
): Readonly<Record<string, Contender>> {
  const args = ["ticking.ts", url, `${echoPort}`] as const;
  const ours = () => Program.deno(...args);
  const both = (name: string, contender: Contender, realTime: () => Program) => ({
    [name]: contender,
    ...hasRealTime() && { [name + REAL_TIME]: { ...contender, start: realTime } },
  });
  return {
    ...both("fine", { start: ours, precision: "fine" }, () => Program.realTimeDeno(...args)),
    coarse: { start: ours, precision: "coarse" },
    setTimeout: { start: ours, precision: "timer" },
    [RAW]: { start: () => Program.deno("raw_ticking.ts", url, `${echoPort}`), isSimple: true },
    ...cpp !== undefined && both(
      CPP,
      { start: () => Program.native(cpp, url), isSimple: true },
      () => Program.realTime(cpp, url),
    ),
    [FLOOR]: { start: () => Program.python("sleeping.py"), isSimple: true },
    Python: { start: () => Program.python("ticking.py", url) },
    ...hasUvloop() && { [UVLOOP]: { start: () => Program.python("ticking.py", url, "uvloop") } },
  };
}

function askOf(program: Program, { precision }: Contender): Ask {
  return ({ periodsMs, seconds, ...rest }) =>
    program.ask<TickingAnswer>({ periodsMs, seconds, ...rest, precision });
}

function takes({ periodsMs, busy = 0 }: Case, contender: Contender | undefined): boolean {
  if (busy > 0) return contender?.precision === "fine" || contender?.precision === "coarse";
  return periodsMs.length === 1 || !contender?.isSimple;
}

/** The first seconds of processes, which are started one after the other. */
async function fromTheStart(
  contenders: Readonly<Record<string, Contender>>,
): Promise<Answers> {
  const answers: Record<string, TickingAnswer[]> = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, contender] of Object.entries(contenders)) {
      await using program = contender.start();
      (answers[name] ??= []).push(await askOf(program, contender)(START));
    }
  }
  return answers;
}

/** Asks one after the other, so that all meet the same moods of the machine. */
async function askInTurns(
  question: Parameters<Ask>[0],
  asks: readonly (readonly [string, Ask])[],
  rounds: number,
): Promise<Answers> {
  const answers: Record<string, TickingAnswer[]> = {};
  for (let round = 0; round < rounds; round++) {
    for (const [name, ask] of asks) (answers[name] ??= []).push(await ask(question));
  }
  return answers;
}

function rowsOf(
  { periodsMs, busy = 0 }: Case,
  since: string,
  answers: Answers,
  trips: Answers,
): Record<string, string | number | undefined>[] {
  const of = (name: string, key: keyof TickingAnswer) =>
    median((answers[name] ?? []).map((round) => round[key] ?? NaN));
  return Object.keys(answers).map((name) => {
    const cpp = name.endsWith(REAL_TIME) ? CPP + REAL_TIME : CPP;
    return {
      "period ms": periodsMs.join(" "),
      since,
      busy: `${100 * busy} %`,
      name,
      "p50 µs": of(name, "p50"),
      "p99 µs": of(name, "p99"),
      "max µs": of(name, "max"),
      "missed %": of(name, "missed"),
      "drift µs": of(name, "drift"),
      "CPU %": of(name, "cpu"),
      "p50 ÷ C++": of(name, "p50") / of(cpp, "p50"),
      "p99 ÷ C++": of(name, "p99") / of(cpp, "p99"),
      "CPU ÷ C++": of(name, "cpu") / of(cpp, "cpu"),
      "CPU ÷ raw": of(name, "cpu") / of(RAW, "cpu"),
      "trip p50 µs": trips[name]?.[0]?.trip50,
      "trip p99 µs": trips[name]?.[0]?.trip99,
      "trip max µs": trips[name]?.[0]?.tripMax,
    };
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
