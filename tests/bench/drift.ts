/**
 * Whether ticks stay on their grid for long, while a source publishes a point at each.
 *
 * @module
 */

import { BenchNetwork } from "./network.ts";
import { Program } from "./program.ts";
import type { TickingAnswer } from "./programs/ticking.ts";
import { publish } from "./report.ts";

const PERIOD_MS = 10;
// An hour is what tells something: `METRICQ_DRIFT_MINUTES=60 deno task bench drift`.
const MINUTES = Number(Deno.env.get("METRICQ_DRIFT_MINUTES") ?? 1);

/** Measures and prints. All contenders run at once: each takes the whole time. */
export async function drift(): Promise<void> {
  await using network = await BenchNetwork.start();
  await using parts = new AsyncDisposableStack();
  const question = { periodsMs: [PERIOD_MS], seconds: MINUTES * 60 };
  const deno = () => parts.use(Program.deno("ticking.ts", network.url));
  const python = () => parts.use(Program.python("ticking.py", network.url));
  const contenders: Record<string, Promise<TickingAnswer>> = {
    fine: deno().ask({ ...question, precision: "fine" }),
    setTimeout: deno().ask({ ...question, precision: "timer" }),
    Python: python().ask(question),
  };

  const rows = await Promise.all(
    Object.entries(contenders).map(async ([name, answer]) => {
      const { ticks, missed, p50, p99, max, drift } = await answer;
      return {
        name,
        ticks,
        "missed %": missed,
        "p50 µs": p50,
        "p99 µs": p99,
        "max µs": max,
        "drift µs": drift,
      };
    }),
  );
  await publish({
    name: "drift",
    title: `A tick every ${PERIOD_MS} ms for ${MINUTES} min`,
    rows,
    notes: [
      "drift: how much later the last tenth of the ticks is than the first, at the median, on a grid",
      "that is counted from the first tick; setTimeout by hand aims at such a grid as well.",
      "Lateness is of three programs that share the processors: being-on-time tells it of one.",
    ],
  });
}
