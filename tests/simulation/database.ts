/**
 * The receiver of all data: a durable queue, and a program that takes out of it what comes.
 *
 * @module
 */

import { ReconnectingConnection } from "../../src/amqp/reconnecting_connection.ts";
import { ServerAddress } from "../../src/amqp/server_address.ts";
import type { QueueConsumer } from "../../src/amqp/queue_consumer.ts";
import type { AmqpSession } from "../../src/amqp/session.ts";
import { DATA_EXCHANGE } from "../../src/dev/manager/data_queues.ts";
import type { Process } from "./process.ts";
import type { Random } from "./random.ts";

/** The name of its queue. */
export const DATABASE_QUEUE = "database";

// So few that a queue with a limit fills while the database is slow.
const PREFETCH = 100;

/** Takes all data, at its own pace. */
export class Database {
  readonly #process: Process;
  readonly #onMessage: (metric: string, body: Uint8Array) => void;
  #slowUntilMs = 0;

  private constructor(
    process: Process,
    onMessage: (metric: string, body: Uint8Array) => void,
  ) {
    this.#process = process;
    this.#onMessage = onMessage;
  }

  /** Starts it; its connection comes back by itself. */
  static async start(
    url: string,
    process: Process,
    randomness: Random,
    onMessage: (metric: string, body: Uint8Array) => void,
  ): Promise<Database> {
    const database = new Database(process, onMessage);
    const connection = new ReconnectingConnection({
      name: "database",
      addresses: [ServerAddress.parse(url)],
      tls: {},
      clock: process,
      randomness,
      transport: process.transport,
      reconnectTimeoutMs: Infinity,
      setUp: (session) => database.#setUp(session),
      onGiveUp: () => {},
    });
    await connection.connect();
    return database;
  }

  /** Takes nothing until then, but what is on its way already. */
  slowUntil(untilMs: number): void {
    this.#slowUntilMs = Math.max(this.#slowUntilMs, untilMs);
  }

  async #setUp(session: AmqpSession): Promise<void> {
    await session.arrange(async (topology) => {
      await topology.declareExchange(DATA_EXCHANGE, "topic");
      await topology.declareQueue(DATABASE_QUEUE, { durable: true });
      await topology.bindQueue(DATABASE_QUEUE, DATA_EXCHANGE, "#");
    });
    let consumer: QueueConsumer | undefined = undefined as QueueConsumer | undefined;
    let received = 0;
    let acknowledged = 0;
    const acknowledge = () => {
      if (consumer === undefined || received === acknowledged) return;
      if (this.#process.nowMs() < this.#slowUntilMs) {
        void this.#process.sleepUntil(this.#slowUntilMs).then(acknowledge);
        return;
      }
      acknowledged = received;
      consumer.acknowledge(received);
    };
    // The only consumer: what one of two holds back would come behind what the other gets.
    consumer = await session.openConsumer({
      queue: DATABASE_QUEUE,
      prefetch: PREFETCH,
      onDelivery: ({ routingKey, body, tag }) => {
        this.#onMessage(routingKey, body);
        received = tag;
        acknowledge();
      },
    });
    acknowledge(); // what came before this
  }
}
