/**
 * The configurations of a network in the process, as the dashboard shows them.
 *
 * @module
 */

import {
  ConfigurationConflict,
  type ReplacedConfiguration,
} from "../configurations/configuration_store.ts";
import type { Configurations } from "../configurations/configurations.ts";
import { RpcError } from "../errors.ts";
import { ownConfiguration } from "../rpc/config_function.ts";
import type { JsonObject } from "../rpc/json.ts";
import type {
  ConfigurationKeeping,
  ConfigurationState,
  ConfigurationsView,
  ConfigurationView,
  ConfigureOutcome,
} from "../watch/view/configurations_view.ts";

/** What a network in the process knows of its configurations. */
export interface DevConfigurationsParts {
  readonly configurations: Configurations;
  readonly place: string;
  readonly tokens: () => readonly string[];
  readonly state: (token: string) => ConfigurationState | undefined;
  /** What its source says of a token's configuration. */
  readonly schema: (token: string) => Promise<JsonObject | undefined>;
  /** Whether a source has taken it; rejects with an `RpcError` if it refuses, and if `check` throws. */
  readonly configure: (token: string, config: JsonObject, check: () => void) => Promise<boolean>;
}

/** A configuration is offered to the source first, and kept if it is accepted. */
export class DevConfigurations implements ConfigurationsView {
  readonly keeping: ConfigurationKeeping;
  readonly #parts: DevConfigurationsParts;

  /** Shows these. */
  constructor(parts: DevConfigurationsParts) {
    this.#parts = parts;
    const { historyPlace } = parts.configurations;
    this.keeping = { place: parts.place, historyPlace, isWritable: true };
  }

  tokens(): Promise<readonly string[]> {
    return Promise.resolve(this.#parts.tokens());
  }

  get(token: string): Promise<ConfigurationView> {
    const kept = this.#parts.configurations.get(token);
    return Promise.resolve({
      config: kept && ownConfiguration(kept),
      revision: this.#revision(token),
      state: this.#parts.state(token),
      error: undefined,
    });
  }

  schema(token: string): Promise<JsonObject | undefined> {
    return this.#parts.schema(token);
  }

  async configure(
    token: string,
    config: JsonObject,
    revision: string | undefined,
  ): Promise<ConfigureOutcome> {
    const check = () => {
      const kept = this.#parts.configurations.get(token);
      const current = this.#revision(token);
      if (current === revision) return;
      throw new ConfigurationConflict(
        token,
        kept && { config: ownConfiguration(kept), revision: current ?? "" },
      );
    };
    try {
      const isTaken = await this.#parts.configure(token, config, check);
      const answer = isTaken ? "accepted" : "not connected";
      return { answer, reason: undefined, keptRevision: this.#revision(token) };
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      return { answer: "refused", reason: error.reason, keptRevision: undefined };
    }
  }

  history(token: string): Promise<readonly ReplacedConfiguration[]> {
    return this.#parts.configurations.history(token);
  }

  async replaced(token: string, id: string): Promise<JsonObject | undefined> {
    const config = await this.#parts.configurations.replaced(token, id);
    return config && ownConfiguration(config);
  }

  #revision(token: string): string | undefined {
    const { configurations } = this.#parts;
    return configurations.get(token) === undefined
      ? undefined
      : String(configurations.revision(token));
  }
}
