/**
 * A network that is there already, as the dashboard shows it.
 *
 * @module
 */

import type { Sink } from "../sink/sink.ts";
import type { LiveMetrics } from "./live_metrics.ts";
import type { ConfigurationsView } from "./view/configurations_view.ts";
import type {
  AgentView,
  ExactPoints,
  MetricQuery,
  MetricView,
  MetricWindow,
  NetworkView,
  RpcView,
  SeriesView,
  Summary,
} from "./view/network_view.ts";

/** What a {@linkcode WatchedNetwork} is made of. */
export interface WatchedNetworkParts {
  readonly sink: Sink;
  readonly live: LiveMetrics;
  readonly configurations: ConfigurationsView;
}

/** Shows what a sink receives and the manager tells. Calls of others pass it by. */
export class WatchedNetwork implements NetworkView {
  readonly title = "network";
  readonly configurations: ConfigurationsView;
  readonly #sink: Sink;
  readonly #live: LiveMetrics;

  /** Shows these parts. */
  constructor({ sink, live, configurations }: WatchedNetworkParts) {
    this.#sink = sink;
    this.#live = live;
    this.configurations = configurations;
  }

  get url(): string {
    return this.#sink.url;
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

  rpcs(): readonly RpcView[] {
    return [];
  }
}
