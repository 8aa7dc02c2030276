/**
 * A source's standing with the manager: that it is registered, sends its data where the manager says,
 * has declared its metrics and uses its configuration, and that all of this is so again after an
 * outage.
 *
 * @module
 */

import { isDeepStrictEqual } from "node:util";
import type { AgentCore } from "../agent/agent_core.ts";
import type { CheckedSource } from "../agent/supervision.ts";
import { errorText } from "../error_text.ts";
import { ConnectFailed, MessageError } from "../errors.ts";
import { logger } from "../log.ts";
import { CONFIG_FUNCTION, ownConfiguration } from "../rpc/config_function.ts";
import { MANAGEMENT_EXCHANGE } from "../rpc/exchanges.ts";
import { isJsonObject, type JsonObject } from "../rpc/json.ts";
import type { RpcRequest } from "../rpc/message.ts";
import { backoffMs } from "../time/backoff.ts";
import { sleep } from "../time/clock.ts";
import type { DataConnection, DataPlace } from "./data_connection.ts";
import { type Declaration, Declarations, type DeclareOptions } from "./declarations.ts";
import type { ChunkSize } from "./source_metric.ts";

const log = logger("source");

/** What a {@linkcode Registration} is made with. */
export interface RegistrationOptions {
  readonly core: AgentCore;
  /** Brought to where the manager says. */
  readonly data: DataConnection;
  /** The chunk size that a metric has at the time of its declaration. */
  readonly chunkSizeOf: (metric: string) => ChunkSize;
}

interface Answer extends DataPlace {
  readonly config: JsonObject | undefined;
}

/** Registers a source, and again whenever the management connection is back. */
export class Registration {
  readonly #core: AgentCore;
  readonly #data: DataConnection;
  readonly #declarations: Declarations;
  #isRehearsal = false;
  #config: JsonObject | undefined;
  #renewing: Promise<void> = Promise.resolve();
  // Aborted when the connection is back once more: answers to earlier calls are lost.
  #outdated = new AbortController();

  /** Prepares a registration; nothing is sent before `begin`. */
  constructor({ core, data, chunkSizeOf }: RegistrationOptions) {
    this.#core = core;
    this.#data = data;
    this.#declarations = new Declarations({
      core,
      chunkSizeOf,
      connection: () => this.#outdated.signal,
    });
  }

  /** Registers, connects to the data network, and runs the handlers of the configuration. */
  async begin(): Promise<void> {
    const answer = await this.#register(this.#core.stopping);
    this.#core.events.tell("registered", { again: false });
    await this.#data.connect(answer);
    const { config } = answer;
    // One that came by itself meanwhile is newer than the answer.
    if (config && this.#config === undefined) await this.#configureFirst(config);
  }

  /**
   * What `begin` would do, but for the data connection and for declaring metrics: nothing that the
   * rest of the network sees.
   */
  async rehearse(): Promise<Omit<CheckedSource, "token">> {
    this.#isRehearsal = true;
    const { config } = await this.#register(this.#core.stopping);
    if (config) await this.#configureFirst(config);
    return { config, metrics: this.#declarations.all };
  }

  /** Remembers a configuration, whether the manager has sent it by itself or was asked. */
  noteConfig(config: JsonObject): void {
    // A copy, as handlers may change what they are given.
    this.#config = structuredClone(config);
  }

  /** A call was answered: perhaps one that has brought a configuration. */
  noteAnswer({ function: name, arguments: args, fromToken }: RpcRequest, error?: string): void {
    if (name !== CONFIG_FUNCTION) return;
    this.#tellConfigured(ownConfiguration(args), fromToken, error);
  }

  /** Declares metrics now, and again with every registration to come. */
  async declare(metrics: readonly Declaration[], options?: DeclareOptions): Promise<void> {
    this.#declarations.warnOfNames(metrics);
    if (this.#isRehearsal) this.#declarations.note(metrics);
    else await this.#declarations.declare(metrics, options);
  }

  /** Registers again, as the manager may have been replaced by one that does not know the source. */
  renew(): void {
    this.#outdated.abort();
    this.#outdated = new AbortController();
    const signal = AbortSignal.any([this.#core.stopping, this.#outdated.signal]);
    this.#renewing = this.#renewing.then(() => this.#renew(signal));
  }

  /** Waits for the end of a renewal, but not for ever: a handler of the configuration may hang. */
  async end(): Promise<void> {
    await this.#core.waitToStop(this.#renewing);
  }

  async #register(signal: AbortSignal): Promise<Answer> {
    const options = { exchange: MANAGEMENT_EXCHANGE, signal };
    const answer = await this.#core.rpc.call("source.register", {}, options);
    const { dataServerAddress, dataExchange, config } = answer;
    if (typeof dataServerAddress !== "string" || typeof dataExchange !== "string") {
      throw new MessageError(
        'Cannot read the answer to source.register: "dataServerAddress" and "dataExchange" are required as texts',
      );
    }
    const own = isJsonObject(config) ? ownConfiguration(config) : undefined;
    return { dataServerAddress, dataExchange, config: own };
  }

  async #renew(signal: AbortSignal): Promise<void> {
    const { token, clock, randomness } = this.#core;
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        await this.#apply(await this.#register(signal), signal);
        this.#core.events.tell("registered", { again: true });
        return;
      } catch (error) {
        if (signal.aborted) return;
        log.warn("{token} cannot register again yet: {error}", { token, error: String(error) });
        await sleep(clock, backoffMs(attempt, randomness.fraction()), signal);
      }
    }
  }

  async #apply(answer: Answer, signal: AbortSignal): Promise<void> {
    await this.#data.connect(answer);
    await this.#declarations.repeat(signal);
    const { config } = answer;
    if (config && !isDeepStrictEqual(config, this.#config)) await this.#configure(config);
  }

  async #configureFirst(config: JsonObject): Promise<void> {
    try {
      await this.#use(config);
    } catch (error) {
      if (Object.keys(config).length > 0) throw error;
      // Most often none has been entered yet, which a handler's complaint about a field would hide.
      const reason = errorText(error);
      throw new ConnectFailed(
        `Cannot start "${this.#core.token}": its configuration is empty: ${reason}`,
        { cause: error },
      );
    }
  }

  /** Uses a configuration that came without a call; if it is bad, the event tells, and no answer. */
  async #configure(config: JsonObject): Promise<void> {
    try {
      await this.#use(config);
    } catch {
      this.#config = undefined; // to be tried again after the next outage
    }
  }

  async #use(config: JsonObject): Promise<void> {
    try {
      await this.#core.rpc.dispatch(CONFIG_FUNCTION, config);
    } catch (error) {
      this.#tellConfigured(config, undefined, errorText(error));
      throw error;
    }
    this.#tellConfigured(config, undefined, undefined);
  }

  #tellConfigured(config: JsonObject, from: string | undefined, reason: string | undefined): void {
    const { events } = this.#core;
    if (reason !== undefined) events.tell("configuration-refused", { reason, from });
    else events.tell("configured", { keys: Object.keys(config) });
  }
}
