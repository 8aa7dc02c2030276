/**
 * What the points of a chart come to.
 *
 * @module
 */

import type { SeriesView } from "../view/network_view.ts";

/** Of the points of one chart: JSON has no NaN, so what there is not is `null`. */
export type SeriesStatistics = readonly [
  key: number,
  count: number,
  lowest: number | null,
  mean: number | null,
  highest: number | null,
];

/** Counts all points up to a time; "no reading" counts, and has no part in the rest. */
export function statisticsOf(
  key: number,
  { timesMs, values }: SeriesView,
  endMs: number,
): SeriesStatistics {
  let count = 0;
  let readings = 0;
  let lowest = Infinity;
  let highest = -Infinity;
  let mean = 0;
  for (let index = 0; index < timesMs.length; index++) {
    if ((timesMs[index] ?? NaN) > endMs) break;
    const value = values[index] ?? NaN;
    count++;
    if (!Number.isFinite(value)) continue;
    readings++;
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
    // Not a sum that is divided in the end: it may not fit a number, or lose what is small.
    mean += value / readings - mean / readings;
  }
  return readings === 0 ? [key, count, null, null, null] : [key, count, lowest, mean, highest];
}
