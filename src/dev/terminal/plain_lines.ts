/**
 * The network as lines of a log.
 *
 * @module
 */

import type { NetworkView } from "../network_view.ts";
import { rateText, unitText, valueText } from "./metric_text.ts";
import { harmless } from "./text_width.ts";

/**
 * A line for each metric that has new points: the newest one's time, the name, the value and the rate.
 *
 * @param counts How many points each metric had when it was written last; brought up to date.
 */
export function plainLines(view: NetworkView, counts: Map<string, number>): string[] {
  return view.metrics().flatMap((metric) => {
    const { name, last, points } = metric;
    if (last === undefined || points === counts.get(name)) return [];
    counts.set(name, points);
    const time = new Date(Math.round(last.timeMs)).toISOString();
    const value = `${valueText(metric)} ${unitText(metric)}`.trimEnd();
    return [`${time} ${harmless(name)} ${value} (${rateText(metric)})`];
  });
}
