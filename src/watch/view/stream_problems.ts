/**
 * What the points of a metric tell of it, beside what it declares.
 *
 * @module
 */

import type { ProblemKind } from "./problem_kind.ts";
import type { StreamFaults } from "./stream_faults.ts";
import { rateState } from "./summary.ts";
import type { Undeclared } from "./network_view.ts";

/** A metric whose points were received for some time. */
export interface HeardMetric {
  /** How long. */
  readonly heardForMs: number;
  readonly declaredRatePerSecond: number | undefined;
  readonly undeclared: Undeclared | undefined;
  /** What came; `undefined` if nothing did. */
  readonly heard: HeardPoints | undefined;
}

/** What came of a metric. */
export interface HeardPoints {
  readonly points: number;
  readonly ratePerSecond: number;
  readonly gaps: number;
  /** How long ago the last one came. */
  readonly silentForMs: number;
  readonly faults: StreamFaults;
}

/** A problem that was found. */
export interface StreamProblem {
  readonly kind: ProblemKind;
  /** Since when, in ms since the Unix epoch, where that is known. */
  readonly sinceMs: number | undefined;
  readonly detail: string;
}

/** As many periods without a point are silence: a slow reader or a slow network is not. */
const SILENT_PERIODS = 3;
const MIN_SILENT_MS = 5000;
// A rate is measured over some points.
const RATE_PERIODS = 10;
const MIN_RATE_MS = 5000;

/** How long a metric has to be received until silence and its rate can be told; 0 where it has no rate. */
export function judgeableAfterMs(declaredRatePerSecond: number | undefined): number {
  if (!declaredRatePerSecond) return 0;
  return Math.max(MIN_SILENT_MS, SILENT_PERIODS * 1000 / declaredRatePerSecond);
}

/** The problems of a metric at a time of day. */
export function streamProblems(metric: HeardMetric, wallMs: number): readonly StreamProblem[] {
  const { heard, undeclared } = metric;
  const problems: StreamProblem[] = [];
  if (isSilent(metric)) {
    const sinceMs = wallMs - (heard?.silentForMs ?? metric.heardForMs);
    const detail = heard === undefined ? "no point has come since it is received" : "";
    problems.push({ kind: "silent", sinceMs, detail });
  }
  if (heard === undefined) return problems;
  const { faults, gaps } = heard;
  if (undeclared?.reason === "never") {
    problems.push({ kind: "undeclared-points", sinceMs: undefined, detail: "" });
  }
  if (undeclared?.reason === "archived") {
    problems.push({ kind: "archived-sends", sinceMs: undeclared.sinceMs, detail: "" });
  }
  const rate = offRate(metric, heard);
  if (rate !== undefined) problems.push({ kind: "off-rate", sinceMs: undefined, detail: rate });
  if (gaps > 0) problems.push({ kind: "gaps", sinceMs: undefined, detail: times(gaps) });
  for (
    const [kind, occurrence] of [
      ["time-future", faults.future],
      ["time-order", faults.disordered],
      ["not-finite", faults.infinite],
      ["no-reading", faults.noReading],
    ] as const
  ) {
    if (occurrence === undefined) continue;
    problems.push({ kind, sinceMs: occurrence.sinceMs, detail: times(occurrence.count) });
  }
  return problems;
}

function isSilent({ heardForMs, declaredRatePerSecond, undeclared, heard }: HeardMetric): boolean {
  // What is no longer declared is not expected to send.
  if (!declaredRatePerSecond || undeclared !== undefined) return false;
  const silentForMs = heard?.silentForMs ?? heardForMs;
  return silentForMs > judgeableAfterMs(declaredRatePerSecond);
}

function offRate(
  { heardForMs, declaredRatePerSecond, undeclared }: HeardMetric,
  { ratePerSecond }: HeardPoints,
): string | undefined {
  if (!declaredRatePerSecond || ratePerSecond === 0) return undefined;
  if (heardForMs < Math.max(MIN_RATE_MS, RATE_PERIODS * 1000 / declaredRatePerSecond)) {
    return undefined;
  }
  const state = rateState({ ratePerSecond, declaredRatePerSecond, undeclared });
  if (state !== "low" && state !== "high") return undefined;
  return `${short(ratePerSecond)} of ${short(declaredRatePerSecond)} Hz`;
}

function short(rate: number): string {
  return String(Number(rate.toPrecision(3)));
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}
