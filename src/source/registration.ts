/**
 * A source's standing with the manager: that it is registered, where its data goes, which metrics it
 * has declared, and that all of this is so again after an outage.
 *
 * @module
 */

import { isDeepStrictEqual } from "node:util";
import type { AgentCore } from "../agent/agent_core.ts";
import type { CheckedSource } from "../agent/supervision.ts";
import type { ReconnectingConnection } from "../amqp/reconnecting_connection.ts";
import type { AmqpSession, ConfirmListener } from "../amqp/session.ts";
import { errorText } from "../error_text.ts";
import { ConnectFailed, MessageError } from "../errors.ts";
import { logger } from "../log.ts";
import type { Delivery } from "../outbox/delivery_options.ts";
import type { Outbox } from "../outbox/outbox.ts";
import { MANAGEMENT_EXCHANGE } from "../rpc/exchanges.ts";
import type { JsonObject } from "../rpc/json.ts";
import { backoffMs } from "../time/backoff.ts";
import { sleep } from "../time/clock.ts";
import { type Declaration, Declarations, type DeclareOptions } from "./declarations.ts";
import type { ChunkSize } from "./source_metric.ts";

const log = logger("source");

// Also without confirms: who cannot bear a repeated chunk does not want a durable queue emptied by a
// broker's restart either, and where no queue is durable it costs nothing.
const PERSISTENT = 2;

/** What a {@linkcode Registration} is made with. */
export interface RegistrationOptions {
  readonly core: AgentCore;
  /** Emptied into the data connection while that is up. */
  readonly outbox: Outbox;
  /** Whether the broker is asked for confirms. */
  readonly delivery: Delivery;
  /** The chunk size that a metric has at the time of its declaration. */
  readonly chunkSizeOf: (metric: string) => ChunkSize;
}

interface Answer {
  readonly dataServerAddress: string;
  readonly dataExchange: string;
  readonly config: JsonObject | undefined;
}

/** Registers a source, and again whenever the management connection is back. */
export class Registration {
  readonly #core: AgentCore;
  readonly #outbox: Outbox;
  readonly #delivery: Delivery;
  readonly #declarations: Declarations;
  #isRehearsal = false;
  #answer: Answer | undefined;
  #config: JsonObject | undefined;
  #data: ReconnectingConnection | undefined;
  #renewing: Promise<void> = Promise.resolve();
  // Aborted when the connection is back once more: the answers to what was asked before are lost.
  #outdated = new AbortController();

  /** Prepares a registration; nothing is sent before `begin`. */
  constructor({ core, outbox, delivery, chunkSizeOf }: RegistrationOptions) {
    this.#core = core;
    this.#outbox = outbox;
    this.#delivery = delivery;
    this.#declarations = new Declarations({
      core,
      chunkSizeOf,
      connection: () => this.#outdated.signal,
    });
  }

  /** Registers, connects to the data network, and runs the handlers of the configuration. */
  async begin(): Promise<void> {
    this.#answer = await this.#register(this.#core.stopping);
    await this.#connectData(this.#answer);
    const { config } = this.#answer;
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

  /** Takes note of a configuration, whether the manager has sent it by itself or was asked. */
  noteConfig(config: JsonObject): void {
    // A copy, as handlers may change what they are given.
    this.#config = structuredClone(config);
  }

  /** Declares metrics now, and again with every registration to come. */
  async declare(metrics: readonly Declaration[], options?: DeclareOptions): Promise<void> {
    if (this.#isRehearsal) this.#declarations.note(metrics);
    else await this.#declarations.declare(metrics, options);
  }

  /** Registers again, as the manager may have been replaced by one that knows nothing of us. */
  renew(): void {
    this.#outdated.abort();
    this.#outdated = new AbortController();
    const signal = AbortSignal.any([this.#core.stopping, this.#outdated.signal]);
    this.#renewing = this.#renewing.then(() => this.#renew(signal));
  }

  /** Closes the data connection. */
  async end(): Promise<void> {
    // Not for ever: a handler of the configuration may hang.
    await this.#core.waitToStop(this.#renewing);
    await this.#data?.close();
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
    const isConfig = typeof config === "object" && config !== null && !Array.isArray(config);
    return { dataServerAddress, dataExchange, config: isConfig ? config : undefined };
  }

  async #connectData({ dataServerAddress, dataExchange }: Answer): Promise<void> {
    await this.#data?.close();
    if (this.#core.stopping.aborted) return;
    const addresses = this.#core.deriveAddresses(dataServerAddress);
    this.#data = this.#core.makeConnection("data connection", addresses, {
      setUp: (session) => this.#attachOutbox(session, dataExchange),
    });
    await this.#data.connect();
  }

  async #attachOutbox(session: AmqpSession, exchange: string): Promise<void> {
    const outbox = this.#outbox;
    await session.requireExchange(exchange);
    const properties = { deliveryMode: PERSISTENT };
    const listener: ConfirmListener = {
      onConfirm(tag, multiple, acked) {
        if (!session.down.aborted) outbox.confirm(tag, multiple, acked);
      },
      onWritable: () => outbox.resume(),
      onBlocked: () => outbox.resume(),
      onReturn: (metric) => this.#onReturn(metric),
    };
    const publisher = this.#delivery === "confirmed"
      ? await session.confirmedPublisher(exchange, properties, listener)
      : session.publisher(exchange, properties, listener);
    session.down.addEventListener("abort", () => outbox.detach(publisher));
    outbox.attach(publisher);
  }

  // Only messages that ask for it are to be given back, and ours do not.
  #onReturn(metric: string): void {
    if (this.#outbox.counters.chunksReturned === 0) {
      log.warn("The broker gives chunks back that nobody receives, first one of {metric}", {
        metric,
      });
    }
    this.#outbox.returned();
  }

  async #renew(signal: AbortSignal): Promise<void> {
    const { token, clock } = this.#core;
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        await this.#apply(await this.#register(signal), signal);
        log.info("{token} has registered again", { token });
        return;
      } catch (error) {
        if (signal.aborted) return;
        log.warn("{token} cannot register again yet: {error}", { token, error: String(error) });
        await sleep(clock, backoffMs(attempt, Math.random()), signal);
      }
    }
  }

  async #apply(answer: Answer, signal: AbortSignal): Promise<void> {
    const previous = this.#answer;
    const isMoved = answer.dataServerAddress !== previous?.dataServerAddress ||
      answer.dataExchange !== previous?.dataExchange;
    if (isMoved) await this.#connectData(answer);
    this.#answer = answer;
    await this.#declarations.repeat(signal);
    const { config } = answer;
    if (config && !isDeepStrictEqual(config, this.#config)) await this.#configure(config);
  }

  async #configureFirst(config: JsonObject): Promise<void> {
    try {
      await this.#core.rpc.dispatch("config", config);
    } catch (error) {
      if (Object.keys(config).length > 0) throw error;
      // Most often nobody has entered one yet, which what a handler says of its fields would hide.
      const reason = errorText(error);
      throw new ConnectFailed(
        `Cannot start "${this.#core.token}": its configuration is empty: ${reason}`,
        { cause: error },
      );
    }
  }

  /** A configuration that came without a call: nobody waits for an answer that says it is bad. */
  async #configure(config: JsonObject): Promise<void> {
    try {
      await this.#core.rpc.dispatch("config", config);
    } catch (error) {
      this.#config = undefined; // to be tried again after the next outage
      log.error("{token} cannot use its new configuration and keeps the old one: {error}", {
        token: this.#core.token,
        error: errorText(error),
      });
    }
  }
}
