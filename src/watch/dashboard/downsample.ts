/**
 * Fewer points for a chart that looks the same.
 *
 * @module
 */

import type { SeriesView } from "../view/network_view.ts";

/**
 * Keeps the lowest and the highest point of each bucket of time: a column of pixels cannot show
 * more. An average would hide the spikes that an operator looks for.
 *
 * Buckets end at multiples of `bucketMs`, which belong to them; so where a series begins does not
 * change which points are kept. A NaN ("no reading") is kept if its bucket holds nothing else.
 */
export function downsample({ timesMs, values }: SeriesView, bucketMs: number): SeriesView {
  const kept: number[] = [];
  for (let start = 0; start < timesMs.length;) {
    const bucketEndMs = bucketStart(timesMs[start] ?? NaN, bucketMs) + bucketMs;
    let end = start + 1;
    while (end < timesMs.length && (timesMs[end] ?? NaN) <= bucketEndMs) end++;
    keepExtremes(values, start, end, kept);
    start = end;
  }
  return {
    timesMs: Float64Array.from(kept, (index) => timesMs[index] ?? NaN),
    values: Float64Array.from(kept, (index) => values[index] ?? NaN),
  };
}

/** The end of the bucket before the one that a time is in. */
export function bucketStart(timeMs: number, bucketMs: number): number {
  return (Math.ceil(timeMs / bucketMs) - 1) * bucketMs;
}

function keepExtremes(values: Float64Array, start: number, end: number, kept: number[]): void {
  let lowest = -1;
  let highest = -1;
  for (let index = start; index < end; index++) {
    const value = values[index] ?? NaN;
    if (Number.isNaN(value)) continue;
    if (lowest < 0 || value < (values[lowest] ?? NaN)) lowest = index;
    if (highest < 0 || value > (values[highest] ?? NaN)) highest = index;
  }
  if (lowest < 0) kept.push(start);
  else if (lowest === highest) kept.push(lowest);
  else kept.push(Math.min(lowest, highest), Math.max(lowest, highest));
}
