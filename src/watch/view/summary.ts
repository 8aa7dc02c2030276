/**
 * How the rates of metrics compare with what was declared.
 *
 * @module
 */

import type { MetricView, Summary, Undeclared } from "./network_view.ts";

/** How far a rate may be from the declared one, as a fraction of it. */
const RATE_TOLERANCE = 0.1;

/** The rates of a metric, and whether it counts as declared. */
export type Rates = Pick<MetricView, "ratePerSecond" | "declaredRatePerSecond" | "undeclared">;

/** Sums up metrics, some of them no longer declared, given the rates of those that are followed. */
export function summarize(metrics: number, undeclared: number, followed: Iterable<Rates>): Summary {
  let count = 0;
  let pointsPerSecond = 0;
  let silent = 0;
  let offRate = 0;
  for (const rates of followed) {
    count++;
    pointsPerSecond += rates.ratePerSecond;
    const state = rateState(rates);
    if (state === "silent") silent++;
    if (state === "low" || state === "high") offRate++;
  }
  return {
    metrics,
    followed: count,
    pointsPerSecond: Math.round(pointsPerSecond),
    silent,
    offRate,
    undeclared,
  };
}

/**
 * How a measured rate compares with the declared one; `"unknown"` where none is declared, `"gone"` where
 * the metric is no longer and nothing comes.
 */
export type RateState = "ok" | "low" | "high" | "silent" | "unknown" | "gone";

/** Compares the rates of a metric. */
export function rateState(
  { ratePerSecond: rate, declaredRatePerSecond: declared, undeclared }: Rates,
): RateState {
  if (rate === 0 && isGone(undeclared)) return "gone";
  if (declared === undefined) return "unknown";
  if (rate === 0) return declared === 0 ? "ok" : "silent";
  if (rate < declared * (1 - RATE_TOLERANCE)) return "low";
  return rate > declared * (1 + RATE_TOLERANCE) ? "high" : "ok";
}

/** Whether a metric was declared once and is not any more. */
export function isGone(undeclared: Undeclared | undefined): boolean {
  return undeclared !== undefined && undeclared.reason !== "never";
}
