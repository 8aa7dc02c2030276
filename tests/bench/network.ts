/**
 * A MetricQ network for benchmarks: a RabbitMQ of their own, the reference manager, and a queue that
 * counts what the broker has taken.
 *
 * @module
 */

import { type AMQPChannel, AMQPClient } from "@cloudamqp/amqp-client";
import { RabbitMq } from "../peers/rabbitmq.ts";
import { ReferenceManager } from "../peers/reference_manager.ts";

/** The exchange of the data that the reference manager uses. */
export const DATA_EXCHANGE = "metricq.data";

// If no message has come for so long, none is underway; those that no queue keeps are not seen.
const QUIET_MS = 20_000;

/** A running network. */
export class BenchNetwork implements AsyncDisposable {
  /** AMQP URL, with the password. */
  readonly url: string;
  readonly #parts: AsyncDisposableStack;

  private constructor(url: string, parts: AsyncDisposableStack) {
    this.url = url;
    this.#parts = parts;
  }

  /** Starts a network. */
  static async start(): Promise<BenchNetwork> {
    await using parts = new AsyncDisposableStack();
    const { url } = parts.use(await RabbitMq.start());
    parts.use(await ReferenceManager.start({ server: url }));
    return new BenchNetwork(url, parts.move());
  }

  /** Starts to keep messages: of all metrics, or of those that a binding names; `durable` on disk. */
  count(binding: string = "#", durable: boolean = false): Promise<Counter> {
    return Counter.open(this.url, binding, durable);
  }

  /** Ends all parts. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }
}

/** A queue that is bound to metrics. */
export class Counter implements AsyncDisposable {
  readonly #client: AMQPClient;
  readonly #channel: AMQPChannel;
  readonly #queue: string;

  private constructor(client: AMQPClient, channel: AMQPChannel, queue: string) {
    this.#client = client;
    this.#channel = channel;
    this.#queue = queue;
  }

  /** Declares the queue. Where it is not durable, the disk is not what is measured. */
  static async open(url: string, binding: string, durable: boolean): Promise<Counter> {
    const client = new AMQPClient(url);
    await client.connect();
    const channel = await client.channel();
    const { name } = await channel.queueDeclare("", { exclusive: !durable, durable });
    await channel.queueBind(name, DATA_EXCHANGE, binding);
    return new Counter(client, channel, name);
  }

  /**
   * Waits until so many messages have come since the last call, and tells when, in milliseconds since
   * 1970.
   *
   * @throws {Error} When no more come, or too many.
   */
  async take(expected: number): Promise<number> {
    let seen = 0;
    let seenAtMs = performance.now();
    while (true) {
      const { messageCount } = await this.#channel.queueDeclare(this.#queue, { passive: true });
      const nowMs = performance.now();
      if (messageCount !== seen) seenAtMs = nowMs;
      seen = messageCount;
      if (seen >= expected || nowMs - seenAtMs > QUIET_MS) break;
    }
    await this.#channel.queuePurge(this.#queue);
    if (seen === expected) return performance.timeOrigin + seenAtMs;
    throw new Error(`Cannot measure: ${seen} of ${expected} messages came`);
  }

  /** Deletes the queue, and closes the connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#channel.queueDelete(this.#queue);
    await this.#client.close();
  }
}
