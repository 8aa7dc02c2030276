/**
 * The receiver of all data: a durable queue, and what takes out of it what comes. It sits at the queue
 * itself: as a program with a connection it took more time than the sources that it receives from.
 *
 * @module
 */

import type { AmqpSession } from "../../src/amqp/session.ts";
import type { MessageTaker, Queue, QueuedMessage } from "../../src/dev/broker/queue.ts";
import { DATA_EXCHANGE } from "../../src/dev/manager/data_queues.ts";
import type { SimulatedClock } from "./clock.ts";
import type { Plan } from "./plan.ts";
import type { Random } from "./random.ts";
import { arrangeSecondQueue, hasSecondQueue } from "./second_queue.ts";

/** The name of its queue. */
export const DATABASE_QUEUE = "database";

// Meanwhile the broker may crash, and keeps what is durable.
const LONGEST_WAIT_MS = 0.2;
// Until it looks again whether the broker is back.
const DOWN_MS = 100;
// While it is slow it takes one message at a time, so that the broker takes some, and refuses others.
const SHORTEST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 5000;

/** What a {@linkcode Database} is made with. */
export interface DatabaseOptions {
  readonly queue: Queue;
  /** Whether the broker runs, and hands out what is in the queue. */
  readonly isBrokerUp: () => boolean;
  readonly clock: SimulatedClock;
  readonly random: Random;
  readonly onMessage: (metric: string, body: Uint8Array) => void;
}

/** Declares its queue, and a second one if a plan has that. */
export async function declareDatabase(session: AmqpSession, plan: Plan): Promise<void> {
  await session.arrange(async (topology) => {
    await topology.declareExchange(DATA_EXCHANGE, "topic");
    await topology.declareQueue(DATABASE_QUEUE, { durable: true });
    await topology.bindQueue(DATABASE_QUEUE, DATA_EXCHANGE, "#");
    if (hasSecondQueue(plan)) await arrangeSecondQueue(topology);
  });
}

/** Takes all data, at its own pace: what has come while it waited, together. */
export class Database implements MessageTaker {
  readonly noAck = true;
  readonly #options: DatabaseOptions;
  #slowUntilMs = 0;
  #room = 0;
  #isWaiting = false;

  /** Begins to take what is in its queue. */
  constructor(options: DatabaseOptions) {
    this.#options = options;
    options.queue.addConsumer(this, false);
  }

  /** Takes hardly anything until then. */
  slowUntil(untilMs: number): void {
    this.#slowUntilMs = Math.max(this.#slowUntilMs, untilMs);
  }

  ready(): boolean {
    if (this.#room === 0) this.#wait();
    return this.#room > 0;
  }

  deliver({ message: { route, content, propertiesBytes } }: QueuedMessage): void {
    this.#room--;
    this.#options.onMessage(route.routingKey, content.subarray(propertiesBytes));
  }

  cancelled(): void {} // nothing deletes the queue

  #wait(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    const { clock, random, isBrokerUp } = this.#options;
    if (!isBrokerUp()) return void clock.after(DOWN_MS, this.#take);
    const slowMs = this.#slowUntilMs - clock.nowMs();
    const pauseMs = slowMs > 0
      ? Math.min(slowMs, random.logarithmic(SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS))
      : random.fraction() * LONGEST_WAIT_MS;
    clock.after(pauseMs, this.#take);
  }

  // Made once, as it is called again and again.
  readonly #take = (): void => {
    const { clock, queue, isBrokerUp } = this.#options;
    if (isBrokerUp()) {
      this.#room = clock.nowMs() < this.#slowUntilMs ? 1 : Infinity;
      queue.deliver();
      this.#room = 0;
    }
    this.#isWaiting = false;
    if (queue.messageCount > 0) this.#wait();
  };
}
