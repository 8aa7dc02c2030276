/**
 * What a point costs as the number of metrics grows.
 *
 * @module
 */

import { BenchNetwork } from "./network.ts";
import { Program } from "./program.ts";
import type { ScalingAnswer } from "./programs/scaling.ts";
import { publish, writeResult } from "./report.ts";

const METRICS = [10, 100, 1000, 10_000, 100_000];
const TICKS = 3;

/** Measures, prints, and draws. */
export async function scale(): Promise<void> {
  await using network = await BenchNetwork.start();
  await using counter = await network.count();
  const rows = [];
  const costs: [metrics: number, us: number][] = [];
  for (const metrics of METRICS) {
    await using program = Program.deno("scaling.ts", network.url);
    // With few metrics a tick is over before its cost can be measured: more ticks.
    const ticks = metrics < 1000 ? 2 * TICKS : TICKS;
    const answer = await program.ask<ScalingAnswer>({ metrics, ticks });
    await counter.take(metrics * (ticks + 1));
    costs.push([metrics, answer.cpuNsPerPoint / 1000]);
    rows.push({
      metrics,
      "declared in s": answer.declareSeconds,
      "all sent and confirmed in ms": answer.tickMs,
      "CPU µs/point": answer.cpuNsPerPoint / 1000,
      "missed": answer.missed,
      "resident MiB": answer.residentMiB,
    });
  }
  const path = await writeResult("scale.svg", plot(costs));
  await publish({
    name: "scale",
    title: "One point per metric and second, each a message of its own, confirmed",
    rows,
    notes: [`Plot: ${path}`],
  });
}

const WIDTH = 640;
const HEIGHT = 360;
const LEFT = 70;
const BOTTOM = 50;

/** The cost of a point over the number of metrics, which grows in powers of ten. */
function plot(costs: readonly (readonly [metrics: number, us: number])[]): string {
  const highest = Math.ceil(Math.max(...costs.map(([, us]) => us)));
  const x = (metrics: number) => LEFT + (Math.log10(metrics) - 1) / 4 * (WIDTH - LEFT - 20);
  const y = (us: number) => HEIGHT - BOTTOM - us / highest * (HEIGHT - BOTTOM - 40);
  const points = costs.map(([metrics, us]) => `${x(metrics).toFixed(1)},${y(us).toFixed(1)}`);
  const ticksX = costs.map(([metrics]) =>
    `<text x="${x(metrics)}" y="${HEIGHT - BOTTOM + 20}" text-anchor="middle">${metrics}</text>`
  );
  const ticksY = [0, highest / 2, highest].map((us) =>
    `<text x="${LEFT - 8}" y="${y(us) + 4}" text-anchor="end">${us}</text>` +
    `<line x1="${LEFT}" x2="${WIDTH - 20}" y1="${y(us)}" y2="${y(us)}" stroke="#ddd"/>`
  );
  const dots = points.map((point) => {
    const [cx, cy] = point.split(",");
    return `<circle cx="${cx}" cy="${cy}" r="4" fill="#06c"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}"
  font-family="sans-serif" font-size="13">
<rect width="100%" height="100%" fill="white"/>
<text x="${LEFT}" y="20">CPU time of a point in µs, over the number of metrics</text>
${[...ticksY, ...ticksX].join("\n")}
<polyline points="${points.join(" ")}" fill="none" stroke="#06c" stroke-width="2"/>
${dots.join("\n")}
</svg>
`;
}
