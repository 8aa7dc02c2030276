/**
 * A running network as the dashboard and the terminal see it.
 *
 * @module
 */

import type { Configurations } from "../configurations/configurations.ts";
import { othersInConfiguration, ownConfiguration } from "../rpc/config_function.ts";
import type { JsonObject } from "../rpc/json.ts";
import type { MetricStore } from "../watch/view/metric_store.ts";
import { metricView } from "../watch/view/metric_view.ts";
import type {
  AgentView,
  ConfigurationState,
  MetricView,
  NetworkView,
  RpcView,
  SeriesView,
} from "../watch/view/network_view.ts";
import type { RpcLog } from "../watch/view/rpc_log.ts";
import type { Manager } from "./manager/manager.ts";

/** The parts of a network that a {@linkcode RunningNetwork} shows. */
export interface RunningNetworkParts {
  /** The address of the broker, without a password. */
  readonly url: string;
  readonly manager: Manager;
  readonly configurations: Configurations;
  readonly store: MetricStore;
  readonly rpcLog: RpcLog;
}

/** Shows what its parts know at the time of each call. */
export class RunningNetwork implements NetworkView {
  readonly #parts: RunningNetworkParts;

  /** Shows these parts. */
  constructor(parts: RunningNetworkParts) {
    this.#parts = parts;
  }

  get url(): string {
    return this.#parts.url;
  }

  metrics(): readonly MetricView[] {
    const { manager, store } = this.#parts;
    const names = new Set([...manager.catalog.names(), ...store.names()]);
    return [...names].sort().map((name) =>
      metricView(name, manager.catalog.get(name) ?? {}, store.statistics(name))
    );
  }

  series(metric: string, afterMs?: number): SeriesView {
    return this.#parts.store.series(metric, afterMs);
  }

  agents(): readonly AgentView[] {
    const { manager } = this.#parts;
    const counts = manager.catalog.countBySource();
    return [...manager.agents()].sort(([a], [b]) => a < b ? -1 : 1)
      .map(([token, { alive, discovered }]) => ({
        token,
        alive,
        discovered,
        metrics: counts.get(token) ?? 0,
      }));
  }

  rpcs(afterId?: number): readonly RpcView[] {
    return this.#parts.rpcLog.after(afterId);
  }

  tokens(): readonly string[] {
    const registered = [...this.#parts.manager.agents()]
      .filter(([, agent]) => agent.registered)
      .map(([token]) => token);
    return [...new Set([...this.#parts.configurations.tokens(), ...registered])].sort();
  }

  configuration(token: string): JsonObject | undefined {
    const config = this.#parts.configurations.get(token);
    return config && ownConfiguration(config);
  }

  configurationState(token: string): ConfigurationState | undefined {
    return this.#parts.manager.configurationState(token);
  }

  async configure(token: string, config: JsonObject): Promise<boolean> {
    // What is not shown stays: it is not for who edits a configuration to take it away.
    const others = othersInConfiguration(this.#parts.configurations.get(token) ?? {});
    return await this.#parts.manager.configure(token, { ...config, ...others }) !== undefined;
  }
}
