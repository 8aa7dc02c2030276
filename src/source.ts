/**
 * A program that measures something and sends it to a MetricQ network.
 *
 * @module
 */

import { isDeepStrictEqual } from "node:util";
import { Agent, type AgentOptions } from "./agent.ts";
import type { ReconnectingConnection } from "./amqp/reconnecting_connection.ts";
import type { AmqpSession } from "./amqp/session.ts";
import { backoffMs } from "./amqp/backoff.ts";
import { MessageError } from "./errors.ts";
import { logger } from "./log.ts";
import { copyJsonObject, type Metadata } from "./metadata.ts";
import { checkMetricName } from "./metric_name.ts";
import { type Chunk, DEFAULT_OUTBOX_BYTES, Outbox } from "./outbox/outbox.ts";
import type { JsonObject } from "./rpc/json.ts";
import { checkChunkSize, type ChunkSize, SourceMetric } from "./source_metric.ts";
import { sleep } from "./time/clock.ts";
import type { Timestamp } from "./time/timestamp.ts";

const log = logger("source");

const PERSISTENT = 2;

/** What a {@linkcode Source} is made with. */
export interface SourceOptions extends AgentOptions {
  /** The first value of `Source.chunkSize`. Default 1. */
  readonly chunkSize?: ChunkSize;
}

interface Registration {
  readonly dataServerAddress: string;
  readonly dataExchange: string;
  readonly config: JsonObject | undefined;
}

/**
 * A source whose `task` you write; {@linkcode IntervalSource} calls you at constant intervals instead.
 *
 * `connect` (or `run`) connects to the management network, registers, connects to the data network,
 * calls the `config` handlers with the configuration that the manager holds for the token, and then
 * starts `task`. When a connection is lost it comes back by itself, and the source registers and
 * declares its metrics again; meanwhile points are kept. `stop` aborts the task's signal, waits for
 * the task, sends what is buffered, and closes the connections. A task that throws stops the source
 * with that error.
 *
 * @example
 * ```ts
 * import { rpcHandler, Source, Timestamp } from "@metricq/source";
 *
 * class Door extends Source {
 *   @rpcHandler("config")
 *   async onConfig({ room }: { room: string }) {
 *     await this.declareMetrics({ [`example.${room}.door`]: { description: "1 is open", unit: "" } });
 *   }
 *
 *   async task(signal: AbortSignal) {
 *     for await (const isOpen of readDoor(signal)) {
 *       await this.send("example.lab.door", Timestamp.now(), isOpen ? 1 : 0);
 *     }
 *   }
 * }
 *
 * async function* readDoor(_signal: AbortSignal) {
 *   yield true;
 * }
 *
 * const door = new Door({ token: "source-door", url: "amqp://localhost/" });
 * // await door.run();
 * ```
 */
export abstract class Source extends Agent {
  readonly #metrics = new Map<string, SourceMetric>();
  readonly #declared = new Map<string, Metadata>();
  readonly #outbox: Outbox;
  readonly #taskAbort = new AbortController();
  #chunkSize: ChunkSize = 1;
  #droppedPoints = 0;
  #task: Promise<void> = Promise.resolve();
  #registering: Promise<void> = Promise.resolve();
  #registration: Registration | undefined;
  #data: ReconnectingConnection | undefined;

  /** As {@linkcode Agent}'s; nothing is sent before `connect` or `run`. */
  constructor(options: SourceOptions) {
    super(options);
    this.chunkSize = options.chunkSize === undefined ? 1 : options.chunkSize;
    this.#outbox = new Outbox({
      maxBytes: DEFAULT_OUTBOX_BYTES,
      onDrop: (chunk) => this.#onDrop(chunk),
    });
    // A source without a handler of its own has nothing to configure, and agrees to anything.
    this.addRpcHandler("config", (config) => {
      log.info("Configuration of {token}: {keys}", {
        token: this.token,
        keys: Object.keys(config).join(", "),
      });
    });
  }

  /**
   * How many points of a metric are collected into one chunk before it is sent, for metrics that
   * have no size of their own (`source.metric(name).chunkSize`). Default 1: each point is sent at
   * once. `null`: only `flush` sends. More points per chunk cost less, and arrive later.
   *
   * @throws {TypeError} On setting what is neither a number nor `null`.
   * @throws {RangeError} On setting what is no positive integer.
   */
  get chunkSize(): ChunkSize {
    return this.#chunkSize;
  }

  set chunkSize(size: ChunkSize) {
    checkChunkSize(size);
    this.#chunkSize = size;
  }

  /**
   * Measures and sends until `signal` is aborted. Called once, when the source is connected and
   * configured. If it throws, the source stops with that error; if it returns, the source stays.
   */
  protected abstract task(signal: AbortSignal): Promise<void> | void;

  /**
   * Tells the manager which metrics this source sends, before sending them. The given objects are
   * copied, never changed. `chunkSize` is added unless it is there.
   *
   * @param metrics Metadata by metric, or just the names.
   * @throws {RangeError} When a name breaks the rules for metrics.
   * @throws {TypeError} When JSON cannot carry a part of the metadata; the message names the part.
   * @throws {RpcError} When the manager refuses, or does not answer.
   */
  async declareMetrics(
    metrics: Readonly<Record<string, Metadata>> | readonly string[],
  ): Promise<void> {
    const entries: [string, Metadata][] = Array.isArray(metrics)
      ? metrics.map((name) => [name, {}])
      : Object.entries(metrics);
    const copies = entries.map(([name, metadata]): [string, Metadata] => {
      checkMetricName(name);
      return [name, copyJsonObject(metadata, `metadata of metric "${name}"`)];
    });
    await this.#declare(copies);
    // Remembered only now: what the manager has refused is not to be declared after an outage.
    for (const [name, metadata] of copies) this.#declared.set(name, metadata);
  }

  /**
   * Sends a point: at once, or with others when there are `chunkSize` of them. The points of one
   * metric must have strictly increasing times.
   *
   * During an outage points are kept (64 MiB of them, then the oldest chunks are dropped) and sent
   * when the connection is back.
   *
   * @param metric The metric's name, as declared.
   * @param time When the value was measured.
   * @param value The value; `NaN` means "no reading".
   * @returns Resolves when the point is safely buffered. Wait for it before the next point.
   * @throws {TypeError} When `time` is no Timestamp or `value` no number; nothing is buffered then.
   * @throws {RangeError} When the name breaks the rules for metrics.
   */
  send(metric: string, time: Timestamp, value: number): Promise<void> {
    const known = this.#metrics.get(metric);
    if (known !== undefined) return known.send(time, value);
    try {
      return this.metric(metric).send(time, value);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Sends all that is buffered. Resolves when the broker has confirmed everything sent before. */
  async flush(): Promise<void> {
    for (const metric of this.#metrics.values()) metric.detachChunk();
    await this.#outbox.drained();
  }

  /**
   * One metric, to give it a chunk size of its own or to flush it alone.
   *
   * @throws {RangeError} When the name breaks the rules for metrics.
   */
  metric(name: string): SourceMetric {
    let metric = this.#metrics.get(name);
    if (metric === undefined) {
      checkMetricName(name);
      metric = new SourceMetric(name, this, this.#outbox);
      this.#metrics.set(name, metric);
    }
    return metric;
  }

  protected override async onConnected(): Promise<void> {
    const registration = await this.#register();
    await this.#connectData(registration);
    this.#registration = registration;
    if (registration.config) await this.dispatch("config", registration.config);
    this.#task = this.#runTask();
  }

  protected override onReconnected(): void {
    // One after the other: a connection may be lost again while this one's turn is under way.
    this.#registering = this.#registering.then(() => this.#registerAgain());
  }

  protected override async teardown(): Promise<void> {
    this.#taskAbort.abort();
    if (!await this.waitToStop(this.#task)) {
      log.warn("The task of {token} did not end when it was asked to", { token: this.token });
    }
    if (!await this.waitToStop(this.flush())) {
      log.warn("{chunks} chunks of {token} remain unsent", {
        chunks: this.#outbox.chunks,
        token: this.token,
      });
    }
    await this.#registering;
    await this.#data?.close();
  }

  async #runTask(): Promise<void> {
    try {
      await this.insideTask(() => this.task(this.#taskAbort.signal));
    } catch (error) {
      void this.stop(error instanceof Error ? error : new Error(String(error)));
    }
  }

  async #register(): Promise<Registration> {
    const { dataServerAddress, dataExchange, config } = await this.rpc("source.register", {}, {
      signal: this.stopping,
    });
    if (typeof dataServerAddress !== "string" || typeof dataExchange !== "string") {
      throw new MessageError(
        'Cannot read the answer to source.register: "dataServerAddress" and "dataExchange" are required as texts',
      );
    }
    const isConfig = typeof config === "object" && config !== null && !Array.isArray(config);
    return { dataServerAddress, dataExchange, config: isConfig ? config : undefined };
  }

  async #declare(metrics: readonly (readonly [string, Metadata])[]): Promise<void> {
    if (metrics.length === 0) return;
    const metadata = metrics.map(([name, metadata]): [string, JsonObject] => [
      name,
      // The cast: it was copied as JSON when it was given.
      { chunkSize: this.metric(name).chunkSize, ...metadata as JsonObject },
    ]);
    await this.rpc("source.declare_metrics", { metrics: Object.fromEntries(metadata) });
  }

  async #connectData({ dataServerAddress, dataExchange }: Registration): Promise<void> {
    await this.#data?.close();
    if (this.stopping.aborted) return;
    this.#data = this.makeConnection("data connection", this.deriveAddresses(dataServerAddress), {
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

  /** After an outage: the manager may have been replaced by one that knows nothing of us. */
  async #registerAgain(): Promise<void> {
    for (let attempt = 0; !this.stopping.aborted; attempt++) {
      try {
        const registration = await this.#register();
        await this.#applyRegistration(registration);
        log.info("{token} has registered again", { token: this.token });
        return;
      } catch (error) {
        log.warn("{token} cannot register again yet: {error}", {
          token: this.token,
          error: String(error),
        });
        await sleep(this.clock, backoffMs(attempt, Math.random()), this.stopping);
      }
    }
  }

  async #applyRegistration(registration: Registration): Promise<void> {
    const { dataServerAddress, dataExchange, config } = registration;
    const previous = this.#registration;
    if (
      dataServerAddress !== previous?.dataServerAddress || dataExchange !== previous?.dataExchange
    ) await this.#connectData(registration);
    this.#registration = registration;
    await this.#declare([...this.#declared]);
    if (config && !isDeepStrictEqual(config, previous?.config)) await this.#configure(config);
  }

  /** A configuration that came without a call: nobody waits for an answer that says it is bad. */
  async #configure(config: JsonObject): Promise<void> {
    try {
      await this.dispatch("config", config);
    } catch (error) {
      log.error("{token} cannot use its new configuration and keeps the old one: {error}", {
        token: this.token,
        error: error instanceof Error ? error.message : String(error),
      });
    }
  }

  #onDrop({ metric, points }: Chunk): void {
    if (this.#droppedPoints === 0) {
      log.error("The outbox of {token} is full: the oldest points are dropped, first of {metric}", {
        token: this.token,
        metric,
      });
    }
    this.#droppedPoints += points;
  }
}
