/**
 * The receiver of all data: a durable queue, and a program that takes out of it what comes.
 *
 * @module
 */

import type { QueueConsumer } from "../../src/amqp/queue_consumer.ts";
import type { AmqpSession } from "../../src/amqp/session.ts";
import { DATA_EXCHANGE } from "../../src/dev/manager/data_queues.ts";
import { ConnectFailed } from "../../src/errors.ts";
import { lastingConnection } from "./lasting_connection.ts";
import type { Process } from "./process.ts";
import type { Random } from "./random.ts";
import { arrangeSecondQueue } from "./second_queue.ts";

/** The name of its queue. */
export const DATABASE_QUEUE = "database";

// So few that a queue with a limit fills while the database is slow.
const PREFETCH = 100;
// While it is slow it takes one message at a time, so that the broker takes some, and refuses others.
const SHORTEST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 5000;
const RETRY_MS = 1000;

/** What a {@linkcode Database} is made with. */
export interface DatabaseOptions {
  readonly url: string;
  readonly process: Process;
  readonly random: Random;
  readonly onMessage: (metric: string, body: Uint8Array) => void;
  /** Whether some metrics have another queue as well. */
  readonly hasSecondQueue: boolean;
}

/** Takes all data, at its own pace. */
export class Database {
  readonly #process: Process;
  readonly #random: Random;
  readonly #options: DatabaseOptions;
  #slowUntilMs = 0;

  private constructor(options: DatabaseOptions) {
    this.#process = options.process;
    this.#random = options.random;
    this.#options = options;
  }

  /** Starts it; its connection comes back by itself. */
  static async start(options: DatabaseOptions): Promise<Database> {
    const database = new Database(options);
    while (!await database.#connect(options.url)) {
      await options.process.sleepUntil(options.process.nowMs() + RETRY_MS);
    }
    return database;
  }

  /** Takes hardly anything until then, but what is on its way already. */
  slowUntil(untilMs: number): void {
    this.#slowUntilMs = Math.max(this.#slowUntilMs, untilMs);
  }

  async #connect(url: string): Promise<boolean> {
    const connection = lastingConnection({
      name: "database",
      url,
      process: this.#process,
      random: this.#random,
      setUp: (session) => this.#setUp(session),
    });
    try {
      await connection.connect();
      return true;
    } catch (error) {
      if (error instanceof ConnectFailed) return false;
      throw error;
    }
  }

  async #setUp(session: AmqpSession): Promise<void> {
    await session.arrange(async (topology) => {
      await topology.declareExchange(DATA_EXCHANGE, "topic");
      await topology.declareQueue(DATABASE_QUEUE, { durable: true });
      await topology.bindQueue(DATABASE_QUEUE, DATA_EXCHANGE, "#");
      if (this.#options.hasSecondQueue) await arrangeSecondQueue(topology);
    });
    let consumer: QueueConsumer | undefined = undefined as QueueConsumer | undefined;
    let received = 0;
    let acknowledged = 0;
    let isPausing = false;
    let isAcknowledging = false;
    const acknowledge = () => {
      if (consumer === undefined || isPausing || received === acknowledged) return;
      const nowMs = this.#process.nowMs();
      if (nowMs >= this.#slowUntilMs) {
        acknowledged = received;
        // Once for all that came together: behind the client's microtasks, one for each message.
        if (!isAcknowledging) {
          isAcknowledging = true;
          queueMicrotask(() => {
            isAcknowledging = false;
            consumer?.acknowledge(acknowledged);
          });
        }
        return;
      }
      consumer.acknowledge(++acknowledged);
      isPausing = true;
      const pauseMs = this.#random.logarithmic(SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS);
      void this.#process.sleepUntil(Math.min(nowMs + pauseMs, this.#slowUntilMs)).then(() => {
        isPausing = false;
        acknowledge();
      });
    };
    // The only consumer: what one of two holds back would come behind what the other gets.
    consumer = await session.openConsumer({
      queue: DATABASE_QUEUE,
      prefetch: PREFETCH,
      onDelivery: ({ routingKey, body, tag }) => {
        this.#options.onMessage(routingKey, body);
        received = tag;
        acknowledge();
      },
    });
    acknowledge(); // what came before this
  }
}
