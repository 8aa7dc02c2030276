/**
 * The network as lines of a log.
 *
 * @module
 */

import type { MetricWindow } from "../view/network_view.ts";
import { rateText, unitText, valueText } from "./metric_text.ts";
import { harmless } from "./text_width.ts";

/**
 * A line for each metric that has new points: the newest one's time, the name, the value and the rate.
 *
 * @param counts How many points each metric had when it was written last; brought up to date.
 * @param which Of all metrics, or only of those that have not been written yet.
 */
export function plainLines(
  { metrics, matching }: MetricWindow,
  counts: Map<string, number>,
  which: "all" | "new" = "all",
): string[] {
  const lines = metrics.flatMap((metric) => {
    const { name, last, points } = metric;
    if (last === undefined || points === counts.get(name)) return [];
    if (which === "new" && counts.has(name)) return [];
    counts.set(name, points);
    const time = new Date(Math.round(last.timeMs)).toISOString();
    const value = `${valueText(metric)} ${unitText(metric)}`.trimEnd();
    const line = `${time} ${harmless(name)} ${value}`;
    return [which === "new" ? line : `${line} (${rateText(metric)})`]; // no rate yet
  });
  const more = matching - metrics.length;
  return more > 0 && which === "all" ? [...lines, `… ${more} more metrics`] : lines;
}
