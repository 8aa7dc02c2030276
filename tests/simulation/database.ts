/**
 * The receiver of all data: a durable queue, and a program that takes out of it what comes.
 *
 * @module
 */

import { ReconnectingConnection } from "../../src/amqp/reconnecting_connection.ts";
import { ServerAddress } from "../../src/amqp/server_address.ts";
import type { AmqpSession } from "../../src/amqp/session.ts";
import { DATA_EXCHANGE } from "../../src/dev/manager/data_queues.ts";
import type { Process } from "./process.ts";
import type { Random } from "./random.ts";

/** The name of its queue. */
export const DATABASE_QUEUE = "database";

const PREFETCH = 1000;

/** Opens the connection of the database, which comes back by itself. */
export async function startDatabase(
  url: string,
  process: Process,
  randomness: Random,
  onMessage: (metric: string, body: Uint8Array) => void,
): Promise<void> {
  const connection = new ReconnectingConnection({
    name: "database",
    addresses: [ServerAddress.parse(url)],
    tls: {},
    clock: process,
    randomness,
    transport: process.transport,
    reconnectTimeoutMs: Infinity,
    setUp: async (session: AmqpSession) => {
      await session.arrange(async (topology) => {
        await topology.declareExchange(DATA_EXCHANGE, "topic");
        await topology.declareQueue(DATABASE_QUEUE, { durable: true });
        await topology.bindQueue(DATABASE_QUEUE, DATA_EXCHANGE, "#");
      });
      await session.consume(
        DATABASE_QUEUE,
        ({ body }, metric) => onMessage(metric, body),
        PREFETCH,
      );
    },
    onGiveUp: () => {},
  });
  await connection.connect();
}
