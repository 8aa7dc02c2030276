/**
 * A running network as the dashboard and the terminal see it.
 *
 * @module
 */

import type { Configurations } from "../configurations/configurations.ts";
import { ownConfiguration, withOthers } from "../rpc/config_function.ts";
import type { JsonObject } from "../rpc/json.ts";
import type { MonotonicClock } from "../time/clock.ts";
import { agentViews } from "../watch/agent_list.ts";
import { ConfigurationSchemas } from "../watch/configuration_schemas.ts";
import type { ConfigurationState, ConfigurationsView } from "../watch/view/configurations_view.ts";
import { DevConfigurations } from "./dev_configurations.ts";
import type { LiveMetrics } from "../watch/live_metrics.ts";
import { LiveNetwork } from "../watch/live_network.ts";
import type { AgentView, NetworkView, RpcView } from "../watch/view/network_view.ts";
import type { RpcLog } from "../watch/view/rpc_log.ts";
import type { Manager } from "./manager/manager.ts";

/** The parts of a network that a {@linkcode RunningNetwork} shows. */
export interface RunningNetworkParts {
  /** The address of the broker, without a password. */
  readonly url: string;
  readonly live: LiveMetrics;
  /** The token by which `live` takes part, which is none of the network's agents. */
  readonly ownToken: string;
  readonly manager: Manager;
  readonly configurations: Configurations;
  /** Where they are kept, for people. */
  readonly configurationPlace: string;
  readonly rpcLog: RpcLog;
  readonly clock: MonotonicClock;
}

/** A network in the process, seen from outside. */
export interface DevNetworkView extends NetworkView {
  /** Tokens that have a configuration, and those of registered sources without one. */
  tokens(): readonly string[];
  /** The configuration that the manager holds for a token. */
  configuration(token: string): JsonObject | undefined;
  /** What has become of the newest configuration of a token; `undefined` if nothing was done with it. */
  configurationState(token: string): ConfigurationState | undefined;
  /**
   * Gives a token a configuration and, if its source is connected, sends it there.
   *
   * @returns Whether a source is connected and has accepted it.
   * @throws {RpcError} If the source refuses it; the manager then keeps the old one.
   */
  configure(token: string, config: JsonObject): Promise<boolean>;
}

/**
 * Shows metrics as they are shown of any network, and for the rest what the manager knows at the time of
 * each call.
 */
export class RunningNetwork extends LiveNetwork implements DevNetworkView {
  readonly title = "development network";
  readonly configurations: ConfigurationsView;
  readonly #parts: RunningNetworkParts;

  /** Shows these parts. */
  constructor(parts: RunningNetworkParts) {
    super(parts.live);
    this.#parts = parts;
    const schemas = new ConfigurationSchemas({
      call: (token, functionName) => parts.manager.call(token, functionName),
      agents: () => this.agents(),
      clock: parts.clock,
    });
    this.configurations = new DevConfigurations({
      configurations: parts.configurations,
      place: parts.configurationPlace,
      tokens: () => this.tokens(),
      state: (token) => this.configurationState(token),
      schema: (token) => schemas.get(token),
      configure: (token, config, check) => this.configure(token, config, check),
    });
  }

  get url(): string {
    return this.#parts.url;
  }

  /** The token by which it takes part in the network. */
  get ownToken(): string {
    return this.#parts.ownToken;
  }

  override agents(): Promise<readonly AgentView[]> {
    const { manager, ownToken } = this.#parts;
    const others = new Map([...manager.agents()].filter(([token]) => token !== ownToken));
    return Promise.resolve(agentViews(others, manager.catalog.countBySource()));
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

  async configure(
    token: string,
    config: JsonObject,
    check: () => void = () => {},
  ): Promise<boolean> {
    const whole = withOthers(config, this.#parts.configurations.get(token));
    return await this.#parts.manager.configure(token, whole, check) !== undefined;
  }
}
