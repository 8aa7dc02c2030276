/**
 * Metrics that are subscribed to, as the terminal sees them.
 *
 * @module
 */

import type { JsonObject } from "../rpc/json.ts";
import type { SinkChunk } from "../sink/sink_chunk.ts";
import { clockOrSystem } from "../time/clock.ts";
import { MetricStore } from "./view/metric_store.ts";
import { metricView } from "./view/metric_view.ts";
import type { AgentView, MetricsView, MetricView, SeriesView } from "./view/network_view.ts";

// A minute at 1 kHz, which is what sparklines show.
const MAX_POINTS_PER_METRIC = 65_536;

/** Shows what has arrived of some metrics. */
export class WatchedMetrics implements MetricsView {
  readonly #metrics: ReadonlyMap<string, JsonObject>;
  readonly #store: MetricStore;

  /** Shows these metrics, given with their metadata. */
  constructor(metrics: ReadonlyMap<string, JsonObject>) {
    this.#metrics = metrics;
    const clock = clockOrSystem();
    this.#store = new MetricStore({
      nowMs: () => clock.nowMs(),
      wallMs: () => Date.now(),
      maxPointsPerMetric: MAX_POINTS_PER_METRIC,
    });
  }

  /** Adds points that have just arrived. */
  add(chunk: SinkChunk): void {
    this.#store.add(chunk.metric, chunk);
  }

  metrics(): readonly MetricView[] {
    return [...this.#metrics].map(([name, metadata]) =>
      metricView(name, metadata, this.#store.statistics(name))
    );
  }

  series(metric: string, afterMs?: number): SeriesView {
    return this.#store.series(metric, afterMs);
  }

  agents(): readonly AgentView[] {
    return [];
  }
}
