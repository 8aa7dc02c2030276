/**
 * A network that is there already, as the dashboard shows it.
 *
 * @module
 */

import type { Sink } from "../sink/sink.ts";
import type { LiveMetrics } from "./live_metrics.ts";
import { LiveNetwork } from "./live_network.ts";
import type { ConfigurationsView } from "./view/configurations_view.ts";
import type { NetworkView, RpcView } from "./view/network_view.ts";

/** What a {@linkcode WatchedNetwork} is made of. */
export interface WatchedNetworkParts {
  readonly sink: Sink;
  readonly live: LiveMetrics;
  readonly configurations: ConfigurationsView;
}

/** Shows what a sink receives and the manager tells. Calls of others pass it by. */
export class WatchedNetwork extends LiveNetwork implements NetworkView {
  readonly title = "network";
  readonly configurations: ConfigurationsView;
  readonly #sink: Sink;

  /** Shows these parts. */
  constructor({ sink, live, configurations }: WatchedNetworkParts) {
    super(live);
    this.#sink = sink;
    this.configurations = configurations;
  }

  get url(): string {
    return this.#sink.url;
  }

  rpcs(): readonly RpcView[] {
    return [];
  }
}
