/**
 * A source's standing with the manager: that it is registered, where its data goes, which metrics it
 * has declared, and that all of this is so again after an outage.
 *
 * @module
 */

import { isDeepStrictEqual } from "node:util";
import type { AgentCore } from "./agent_core.ts";
import { MANAGEMENT_EXCHANGE } from "./agent_core.ts";
import { backoffMs } from "./amqp/backoff.ts";
import type { ReconnectingConnection } from "./amqp/reconnecting_connection.ts";
import type { AmqpSession } from "./amqp/session.ts";
import { MessageError } from "./errors.ts";
import { logger } from "./log.ts";
import type { Outbox } from "./outbox/outbox.ts";
import type { JsonObject } from "./rpc/json.ts";
import type { ChunkSize } from "./source_metric.ts";
import { sleep } from "./time/clock.ts";

const log = logger("source");

const PERSISTENT = 2;

/** What a {@linkcode Registration} is made with. */
export interface RegistrationOptions {
  readonly core: AgentCore;
  /** Emptied into the data connection while that is up. */
  readonly outbox: Outbox;
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
  readonly #chunkSizeOf: (metric: string) => ChunkSize;
  readonly #declared = new Map<string, JsonObject>();
  #answer: Answer | undefined;
  #data: ReconnectingConnection | undefined;
  #renewing: Promise<void> = Promise.resolve();

  /** Prepares a registration; nothing is sent before `begin`. */
  constructor({ core, outbox, chunkSizeOf }: RegistrationOptions) {
    this.#core = core;
    this.#outbox = outbox;
    this.#chunkSizeOf = chunkSizeOf;
  }

  /** Registers, connects to the data network, and runs the handlers of the configuration. */
  async begin(): Promise<void> {
    this.#answer = await this.#register();
    await this.#connectData(this.#answer);
    const { config } = this.#answer;
    if (config) await this.#core.rpc.dispatch("config", config);
  }

  /** Declares metrics now, and again with every registration to come. */
  async declare(metrics: readonly (readonly [string, JsonObject])[]): Promise<void> {
    await this.#declare(metrics);
    // Remembered only now: what the manager has refused is not to be declared after an outage.
    for (const [name, metadata] of metrics) this.#declared.set(name, metadata);
  }

  /** Registers again, as the manager may have been replaced by one that knows nothing of us. */
  renew(): void {
    // One after the other: a connection may be lost again while this one's turn is under way.
    this.#renewing = this.#renewing.then(() => this.#renew());
  }

  /** Closes the data connection. */
  async end(): Promise<void> {
    await this.#renewing;
    await this.#data?.close();
  }

  async #register(): Promise<Answer> {
    const { rpc, stopping: signal } = this.#core;
    const answer = await rpc.call("source.register", {}, { exchange: MANAGEMENT_EXCHANGE, signal });
    const { dataServerAddress, dataExchange, config } = answer;
    if (typeof dataServerAddress !== "string" || typeof dataExchange !== "string") {
      throw new MessageError(
        'Cannot read the answer to source.register: "dataServerAddress" and "dataExchange" are required as texts',
      );
    }
    const isConfig = typeof config === "object" && config !== null && !Array.isArray(config);
    return { dataServerAddress, dataExchange, config: isConfig ? config : undefined };
  }

  async #declare(metrics: readonly (readonly [string, JsonObject])[]): Promise<void> {
    if (metrics.length === 0) return;
    const withChunkSize = metrics.map(([name, metadata]): [string, JsonObject] => [
      name,
      { chunkSize: this.#chunkSizeOf(name), ...metadata },
    ]);
    await this.#core.rpc.call(
      "source.declare_metrics",
      { metrics: Object.fromEntries(withChunkSize) },
      { exchange: MANAGEMENT_EXCHANGE, signal: this.#core.stopping },
    );
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
    const publisher = await session.confirmedPublisher(exchange, { deliveryMode: PERSISTENT }, {
      onConfirm: (tag, multiple, acked) => outbox.confirm(tag, multiple, acked),
      onWritable: () => outbox.resume(),
    });
    session.down.addEventListener("abort", () => outbox.detach());
    outbox.attach(publisher);
  }

  async #renew(): Promise<void> {
    const { token, clock, stopping } = this.#core;
    for (let attempt = 0; !stopping.aborted; attempt++) {
      try {
        await this.#apply(await this.#register());
        log.info("{token} has registered again", { token });
        return;
      } catch (error) {
        log.warn("{token} cannot register again yet: {error}", { token, error: String(error) });
        await sleep(clock, backoffMs(attempt, Math.random()), stopping);
      }
    }
  }

  async #apply(answer: Answer): Promise<void> {
    const previous = this.#answer;
    const isMoved = answer.dataServerAddress !== previous?.dataServerAddress ||
      answer.dataExchange !== previous?.dataExchange;
    if (isMoved) await this.#connectData(answer);
    this.#answer = answer;
    await this.#declare([...this.#declared]);
    const { config } = answer;
    if (config && !isDeepStrictEqual(config, previous?.config)) await this.#configure(config);
  }

  /** A configuration that came without a call: nobody waits for an answer that says it is bad. */
  async #configure(config: JsonObject): Promise<void> {
    try {
      await this.#core.rpc.dispatch("config", config);
    } catch (error) {
      log.error("{token} cannot use its new configuration and keeps the old one: {error}", {
        token: this.#core.token,
        error: error instanceof Error ? error.message : String(error),
      });
    }
  }
}
