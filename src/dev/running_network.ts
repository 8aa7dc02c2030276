/**
 * A running network as the dashboard and the terminal see it.
 *
 * @module
 */

import type { Configurations } from "../configurations/configurations.ts";
import type { JsonObject } from "../rpc/json.ts";
import { Timedelta } from "../time/timedelta.ts";
import type { MetricStatistics, MetricStore } from "../watch/view/metric_store.ts";
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

const NOTHING_YET: MetricStatistics = {
  points: 0,
  last: undefined,
  ratePerSecond: 0,
  delayMs: undefined,
  gaps: 0,
  disordered: 0,
};

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
    return [...names].sort().map((name) => this.#metric(name));
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
    return this.#parts.configurations.get(token);
  }

  configurationState(token: string): ConfigurationState | undefined {
    return this.#parts.manager.configurationState(token);
  }

  async configure(token: string, config: JsonObject): Promise<boolean> {
    return await this.#parts.manager.configure(token, config) !== undefined;
  }

  #metric(name: string): MetricView {
    const metadata = this.#parts.manager.catalog.get(name) ?? {};
    const { source } = metadata;
    const { disordered: _, ...statistics } = this.#parts.store.statistics(name) ?? NOTHING_YET;
    return {
      name,
      source: typeof source === "string" ? source : undefined,
      metadata,
      declaredRatePerSecond: declaredRate(metadata),
      ...statistics,
    };
  }
}

function declaredRate({ rate, interval }: JsonObject): number | undefined {
  if (typeof rate === "number" && rate > 0) return rate;
  if (typeof interval !== "string") return undefined;
  try {
    const { s } = Timedelta.fromString(interval);
    return s > 0 ? 1 / s : undefined;
  } catch {
    return undefined; // any text may be declared
  }
}
