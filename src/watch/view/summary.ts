/**
 * The state of all metrics in four numbers.
 *
 * @module
 */

import type { MetricView } from "./network_view.ts";

/** The numbers at the head of the dashboard and of the terminal's view. */
export interface Summary {
  readonly metrics: number;
  readonly pointsPerSecond: number;
  /** Metrics that have a declared rate and send nothing. */
  readonly silent: number;
  /** Metrics that send, but not at the declared rate. */
  readonly offRate: number;
}

/** How far a rate may be from the declared one, as a fraction of it. */
const RATE_TOLERANCE = 0.1;

/** Sums up all metrics. */
export function summarize(metrics: readonly MetricView[]): Summary {
  let pointsPerSecond = 0;
  let silent = 0;
  let offRate = 0;
  for (const metric of metrics) {
    pointsPerSecond += metric.ratePerSecond;
    const state = rateState(metric);
    if (state === "silent") silent++;
    if (state === "low" || state === "high") offRate++;
  }
  return {
    metrics: metrics.length,
    pointsPerSecond: Math.round(pointsPerSecond),
    silent,
    offRate,
  };
}

/** How a measured rate compares with the declared one; `"unknown"` where none is declared. */
export type RateState = "ok" | "low" | "high" | "silent" | "unknown";

/** Compares the rates of a metric. */
export function rateState(metric: MetricView): RateState {
  const { ratePerSecond: rate, declaredRatePerSecond: declared } = metric;
  if (declared === undefined) return "unknown";
  if (rate === 0) return declared === 0 ? "ok" : "silent";
  if (rate < declared * (1 - RATE_TOLERANCE)) return "low";
  return rate > declared * (1 + RATE_TOLERANCE) ? "high" : "ok";
}
