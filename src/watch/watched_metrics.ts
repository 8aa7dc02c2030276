/**
 * Metrics that are subscribed to, as the terminal sees them.
 *
 * @module
 */

import type { JsonObject } from "../rpc/json.ts";
import type { SinkChunk } from "../sink/sink_chunk.ts";
import { clockOrSystem } from "../time/clock.ts";
import { MetricList } from "./view/metric_list.ts";
import { MetricStore } from "./view/metric_store.ts";
import type {
  AgentView,
  MetricQuery,
  MetricsView,
  MetricView,
  MetricWindow,
  SeriesView,
  Summary,
} from "./view/network_view.ts";

// A minute at 1 kHz, which is what sparklines show.
const MAX_POINTS_PER_METRIC = 65_536;

/** Shows what has arrived of some metrics, which all are followed for as long as it is there. */
export class WatchedMetrics implements MetricsView {
  readonly #list: MetricList;
  readonly #store: MetricStore;

  /** Shows these metrics, given with their metadata. */
  constructor(metrics: ReadonlyMap<string, JsonObject>) {
    const clock = clockOrSystem();
    const store = this.#store = new MetricStore({
      nowMs: () => clock.nowMs(),
      wallMs: () => Date.now(),
      maxPointsPerMetric: MAX_POINTS_PER_METRIC,
    });
    this.#list = new MetricList({
      statistics: (name) => store.statistics(name),
      ratePerSecond: (name) => store.ratePerSecond(name) ?? 0,
      followed: () => metrics.keys(),
      nowMs: () => clock.nowMs(),
    });
    this.#list.declare(new Set(metrics.keys()), true);
    for (const [name, metadata] of metrics) this.#list.describe(name, metadata);
  }

  /** Adds points that have just arrived. */
  add(chunk: SinkChunk): void {
    this.#store.add(chunk.metric, chunk);
  }

  metrics(query: MetricQuery): Promise<MetricWindow> {
    return Promise.resolve(this.#list.window(query));
  }

  named(names: readonly string[]): Promise<readonly MetricView[]> {
    return Promise.resolve(names.map((name) => this.#list.view(name)));
  }

  series(metric: string, afterMs?: number): SeriesView {
    return this.#store.series(metric, afterMs);
  }

  summary(): Promise<Summary> {
    return Promise.resolve(this.#list.summary());
  }

  agents(): Promise<readonly AgentView[]> {
    return Promise.resolve([]);
  }
}
