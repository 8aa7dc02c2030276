/**
 * The last minute of each metric as a few characters.
 *
 * @module
 */

import type { MetricsView } from "../view/network_view.ts";

/** How far back sparklines go. */
export const SPARKLINE_MS = 60_000;

const BARS = "▁▂▃▄▅▆▇█";

interface Trend {
  readonly partMs: number;
  /** The highest value of each part of the time, by the part's number since the Unix epoch. */
  readonly tops: Map<number, number>;
  /** The newest point that was looked at. */
  lastMs: number;
}

/** Draws sparklines. It remembers the points it has seen of each metric, and looks at new ones only. */
export class Sparklines {
  readonly #view: Pick<MetricsView, "series">;
  #trends = new Map<string, Trend>();
  #earlier = new Map<string, Trend>();

  /** Makes one for a network. */
  constructor(view: Pick<MetricsView, "series">) {
    this.#view = view;
  }

  /** Begins a frame, and forgets the metrics that the one before did not draw. */
  nextFrame(): void {
    this.#earlier = this.#trends;
    this.#trends = new Map();
  }

  /**
   * Draws the highest value of each part of the time up to `endMs`, from the lowest to the highest
   * bar. A part without readings is a blank.
   */
  draw(metric: string, width: number, endMs: number): string {
    const partMs = SPARKLINE_MS / width;
    const lastPart = Math.floor(endMs / partMs);
    const trend = this.#trend(metric, partMs, endMs);
    this.#add(trend, metric);
    const tops = Array.from(
      { length: width },
      (_, index) => trend.tops.get(lastPart - width + 1 + index),
    );
    for (const part of trend.tops.keys()) if (part <= lastPart - width) trend.tops.delete(part);
    return bars(tops);
  }

  #trend(metric: string, partMs: number, endMs: number): Trend {
    const earlier = this.#trends.get(metric) ?? this.#earlier.get(metric);
    const trend = earlier?.partMs === partMs
      ? earlier
      : { partMs, tops: new Map<number, number>(), lastMs: endMs - SPARKLINE_MS };
    this.#trends.set(metric, trend);
    return trend;
  }

  #add(trend: Trend, metric: string): void {
    const { timesMs, values } = this.#view.series(metric, trend.lastMs);
    timesMs.forEach((timeMs, index) => {
      const value = values[index] ?? NaN;
      if (!Number.isFinite(value)) return;
      const part = Math.floor(timeMs / trend.partMs);
      trend.tops.set(part, Math.max(value, trend.tops.get(part) ?? -Infinity));
    });
    trend.lastMs = timesMs.at(-1) ?? trend.lastMs;
  }
}

function bars(tops: readonly (number | undefined)[]): string {
  const known = tops.filter((top) => top !== undefined);
  const lowest = Math.min(...known);
  const range = Math.max(...known) - lowest;
  return tops.map((top) => {
    if (top === undefined) return " ";
    if (range === 0) return BARS[3];
    return BARS[Math.min(BARS.length - 1, Math.floor((top - lowest) / range * BARS.length))];
  }).join("");
}
