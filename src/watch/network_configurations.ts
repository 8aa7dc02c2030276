/**
 * The configurations of any network: kept where its wizard keeps them, in a folder, or nowhere.
 *
 * @module
 */

import { type Agent, coreOf } from "../agent/agent.ts";
import {
  type ConfigurationStore,
  type KeptConfiguration,
  type ReplacedConfiguration,
  StoreFailed,
} from "../configurations/configuration_store.ts";
import { errorText } from "../error_text.ts";
import { RpcError, RpcTimeout } from "../errors.ts";
import { logger } from "../log.ts";
import { CONFIG_FUNCTION, ownConfiguration, withOthers } from "../rpc/config_function.ts";
import { DEFAULT_EXCHANGE } from "../rpc/exchanges.ts";
import type { JsonObject } from "../rpc/json.ts";
import type { MonotonicClock } from "../time/clock.ts";
import { ConfigurationSchemas } from "./configuration_schemas.ts";
import { ConfigurationStates } from "./view/configuration_states.ts";
import type {
  ConfigurationKeeping,
  ConfigurationState,
  ConfigurationsView,
  ConfigurationView,
  ConfigureOutcome,
} from "./view/configurations_view.ts";
import type { AgentView } from "./view/network_view.ts";
import { Recent } from "./view/recent.ts";

/** How old what is shown may be. */
const CONFIGURATION_LASTS_MS = 2000;
const TOKENS_LAST_MS = 10_000;
const MAX_KNOWN = 100;

// An agent that has not answered `discover` either is not there, most likely.
const ANSWER_SECONDS = 60;
const ABSENT_ANSWER_SECONDS = 10;
const SCHEMA_ANSWER_SECONDS = 10;

/** What {@linkcode NetworkConfigurations} needs. */
export interface NetworkConfigurationsOptions {
  /** Sends them; must be connected. */
  readonly agent: Agent;
  /** Where they are kept; `undefined` if nobody keeps them. */
  readonly store: ConfigurationStore | undefined;
  readonly isWritable: boolean;
  /** The agents that are there, or were. Must not reject. */
  readonly agents: () => Promise<readonly AgentView[]>;
  readonly clock: MonotonicClock;
}

/** A configuration is kept first, if there is a place, and then sent, as the wizard does it. */
export class NetworkConfigurations implements ConfigurationsView {
  readonly keeping: ConfigurationKeeping;
  readonly #options: NetworkConfigurationsOptions;
  readonly #states: ConfigurationStates;
  readonly #schemas: ConfigurationSchemas;
  readonly #read: Recent<KeptConfiguration | undefined>;
  readonly #tokens: Recent<readonly string[]>;
  /** Where nobody keeps them: what sources have accepted last from here. */
  readonly #accepted = new Map<string, JsonObject>();
  #lastError = "";

  /** Reads nothing yet. */
  constructor(options: NetworkConfigurationsOptions) {
    this.#options = options;
    const { store, isWritable, agents, clock } = options;
    this.keeping = { place: store?.place, historyPlace: store?.historyPlace, isWritable };
    this.#states = new ConfigurationStates(clock);
    this.#schemas = new ConfigurationSchemas({
      call: (token, functionName) => this.#call(token, functionName, {}, SCHEMA_ANSWER_SECONDS),
      agents,
      clock,
    });
    this.#read = new Recent({
      clock,
      lastsMs: CONFIGURATION_LASTS_MS,
      maxKeys: MAX_KNOWN,
      read: async (token) => await store?.read(token),
    });
    this.#tokens = new Recent({
      clock,
      lastsMs: TOKENS_LAST_MS,
      maxKeys: 1,
      read: async () => await store?.tokens() ?? [],
    });
  }

  async tokens(): Promise<readonly string[]> {
    return [...new Set([...await this.#liveTokens(), ...await this.#keptTokens()])].sort();
  }

  async get(token: string): Promise<ConfigurationView> {
    try {
      const kept = await this.#read.get(token);
      const config = kept ? ownConfiguration(kept.config) : this.#accepted.get(token);
      const revision = kept?.revision;
      return { config, revision, state: this.#states.get(token, revision), error: undefined };
    } catch (error) {
      const unknown = { config: undefined, revision: undefined, state: undefined };
      return { ...unknown, error: errorText(error) };
    }
  }

  async configure(
    token: string,
    config: JsonObject,
    revision: string | undefined,
  ): Promise<ConfigureOutcome> {
    if (!this.keeping.isWritable) throw new StoreFailed("Cannot configure: it is not allowed");
    const { store } = this.#options;
    if (store === undefined) {
      const outcome = await this.#send(token, config, undefined);
      if (outcome.answer === "accepted") this.#remember(token, config);
      return { ...outcome, keptRevision: undefined };
    }
    const whole = withOthers(config, (await store.read(token))?.config);
    const keptRevision = await store.write(token, whole, revision)
      .finally(() => this.#read.forget(token));
    const document = { ...whole, _id: token, _rev: keptRevision };
    return { ...await this.#send(token, document, keptRevision), keptRevision };
  }

  schema(token: string): Promise<JsonObject | undefined> {
    return this.#schemas.get(token);
  }

  async history(token: string): Promise<readonly ReplacedConfiguration[]> {
    return await this.#options.store?.history(token) ?? [];
  }

  async replaced(token: string, id: string): Promise<JsonObject | undefined> {
    const config = await this.#options.store?.replaced(token, id);
    return config && ownConfiguration(config);
  }

  async #liveTokens(): Promise<readonly string[]> {
    const agents = await this.#options.agents();
    return agents.filter(({ alive }) => alive).map(({ token }) => token);
  }

  #call(
    token: string,
    functionName: string,
    args: JsonObject,
    timeoutSeconds: number,
  ): Promise<JsonObject> {
    return coreOf(this.#options.agent).rpc.call(functionName, args, {
      exchange: DEFAULT_EXCHANGE,
      routingKey: `${token}-rpc`,
      timeoutSeconds,
    });
  }

  async #keptTokens(): Promise<readonly string[]> {
    try {
      return await this.#tokens.get("");
    } catch (error) {
      const text = errorText(error);
      // It is asked again and again.
      if (text !== this.#lastError) logger("watch").warn("{error}", { error: text });
      this.#lastError = text;
      return [];
    }
  }

  #remember(token: string, config: JsonObject): void {
    this.#accepted.delete(token); // to come last
    this.#accepted.set(token, config);
    const [oldest] = this.#accepted.keys();
    if (this.#accepted.size > MAX_KNOWN && oldest !== undefined) this.#accepted.delete(oldest);
  }

  async #send(
    token: string,
    config: JsonObject,
    revision: string | undefined,
  ): Promise<Pick<ConfigureOutcome, "answer" | "reason">> {
    const isLive = (await this.#liveTokens()).includes(token);
    const note = (status: ConfigurationState["status"], reason?: string) =>
      this.#states.note(token, status, reason, revision);
    note("sent");
    try {
      const timeoutSeconds = isLive ? ANSWER_SECONDS : ABSENT_ANSWER_SECONDS;
      await this.#call(token, CONFIG_FUNCTION, config, timeoutSeconds);
      note("accepted");
      return { answer: "accepted", reason: undefined };
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      const { reason } = error;
      if (!(error instanceof RpcTimeout)) {
        note("refused", reason);
        return { answer: "refused", reason };
      }
      if (!isLive) note("kept");
      return { answer: isLive ? "no answer" : "not connected", reason };
    }
  }
}
