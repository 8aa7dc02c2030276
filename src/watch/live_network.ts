/**
 * What all networks that are looked at have in common: their metrics.
 *
 * @module
 */

import type { HealthView } from "./view/health_view.ts";
import type { LiveMetrics } from "./live_metrics.ts";
import type {
  AgentView,
  ExactPoints,
  MetricQuery,
  MetricsView,
  MetricView,
  MetricWindow,
  SeriesView,
  Summary,
} from "./view/network_view.ts";

/** Shows what is received of a network, and what its manager tells. */
export class LiveNetwork implements MetricsView {
  readonly #live: LiveMetrics;

  /** Shows these metrics. */
  constructor(live: LiveMetrics) {
    this.#live = live;
  }

  get health(): HealthView {
    return this.#live.health;
  }

  metrics(query: MetricQuery): Promise<MetricWindow> {
    return this.#live.metrics(query);
  }

  named(names: readonly string[]): Promise<readonly MetricView[]> {
    return this.#live.named(names);
  }

  series(metric: string, afterMs?: number): SeriesView {
    return this.#live.series(metric, afterMs);
  }

  exactPoints(metric: string, startMs: number, endMs: number): ExactPoints {
    return this.#live.exactPoints(metric, startMs, endMs);
  }

  summary(): Promise<Summary> {
    return this.#live.summary();
  }

  agents(): Promise<readonly AgentView[]> {
    return this.#live.agents();
  }
}
