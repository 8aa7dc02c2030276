/**
 * What a point costs as the number of metrics grows.
 *
 * @module
 */

import { BenchNetwork, type Counter } from "./network.ts";
import { logPlot } from "./plot.ts";
import { Program } from "./program.ts";
import type { DeclaringAnswer, StreamingAnswer, TickingAnswer } from "./programs/scaling.ts";
import { progress, publish, writeResult } from "./report.ts";
import { median } from "./statistics.ts";

const METRICS = [10, 100, 1000, 10_000, 100_000];
const TICKS = 10; // the first of which compile
const MIN_POINTS = 40_000;
const ROUNDS = 3;

interface Measured {
  readonly metrics: number;
  readonly declaredSeconds: number;
  readonly ticking: TickingAnswer;
  readonly pointsPerSecond: number;
  readonly cpuNs: number;
  readonly rawPointsPerSecond: number;
  readonly rawCpuNs: number;
}

/** Measures, prints, and draws. */
export async function scale(): Promise<void> {
  await using network = await BenchNetwork.start();
  // The broker's part is smaller when it has nobody to give the messages to.
  const unbound = await measure(network, Math.max(...METRICS), undefined);
  await using counter = await network.count();
  const bound: Measured[] = [];
  for (const metrics of METRICS) bound.push(await measure(network, metrics, counter));

  const path = await writeResult(
    "scale.svg",
    logPlot("metrics of one source, a message per point", [
      {
        title: "CPU time of a point",
        yLabel: "ns",
        lines: [
          { name: "this project", points: bound.map((one) => [one.metrics, one.cpuNs]) },
          { name: "raw socket", points: bound.map((one) => [one.metrics, one.rawCpuNs]) },
        ],
      },
      {
        title: "Memory at one point per metric and second",
        yLabel: "MiB resident",
        lines: [{
          name: "this project",
          points: bound.map((one) => [one.metrics, one.ticking.residentMiB]),
        }],
      },
    ]),
  );
  await publish({
    name: "scale",
    title: `One source, each point a message of its own, confirmed; medians of ${ROUNDS} rounds`,
    rows: [...bound.map((one) => row("bound", one)), row("none", unbound)],
    notes: [
      "at 1 Hz: until the last point of the second is confirmed. The other figures at full speed.",
      "raw socket: the limit, frames encoded before, confirmed; both read every confirm.",
      "queue: whether the broker has one for the messages, in which all were counted.",
      `Plot: ${path}`,
    ],
  });
}

async function measure(
  network: BenchNetwork,
  metrics: number,
  counter: Counter | undefined,
): Promise<Measured> {
  await using source = Program.deno("scaling.ts", network.url);
  await using raw = Program.deno("raw_scaling.ts", network.url, String(metrics));
  const points = Math.max(MIN_POINTS, metrics);
  const declared = await source.ask<DeclaringAnswer>({ declare: metrics });
  const ticking = await source.ask<TickingAnswer>({ ticks: TICKS });
  await counter?.take(metrics * TICKS);
  // Compiles.
  for (const program of [source, raw]) await program.ask({ points });
  await counter?.take(2 * points);

  const answers: Record<"source" | "raw", StreamingAnswer[]> = { source: [], raw: [] };
  for (let round = 0; round < ROUNDS; round++) {
    progress(`${metrics} metrics, round ${round}`);
    for (const [name, program] of [["source", source], ["raw", raw]] as const) {
      answers[name].push(await program.ask<StreamingAnswer>({ points }));
      await counter?.take(points);
    }
  }
  const rate = (of: "source" | "raw") => median(answers[of].map(({ seconds }) => points / seconds));
  const cpuNs = (of: "source" | "raw") =>
    median(answers[of].map(({ cpuSeconds }) => cpuSeconds / points * 1e9));
  return {
    metrics,
    declaredSeconds: declared.seconds,
    ticking,
    pointsPerSecond: rate("source"),
    cpuNs: cpuNs("source"),
    rawPointsPerSecond: rate("raw"),
    rawCpuNs: cpuNs("raw"),
  };
}

function row(queue: string, one: Measured): Record<string, string | number> {
  return {
    metrics: one.metrics,
    queue,
    "declared in s": one.declaredSeconds,
    "at 1 Hz in ms": median(one.ticking.roundMs),
    missed: one.ticking.missed,
    "resident MiB": one.ticking.residentMiB,
    "points/s": one.pointsPerSecond,
    "raw socket": one.rawPointsPerSecond,
    "of the limit": one.pointsPerSecond / one.rawPointsPerSecond,
    "CPU ns/point": one.cpuNs,
    "raw CPU ns": one.rawCpuNs,
  };
}
