/**
 * The queues by which sinks, transformers and databases receive data, and clients what databases keep.
 *
 * @module
 */

import type { AmqpSession } from "../../amqp/session.ts";
import type { Topology } from "../../amqp/topology.ts";
import { logger } from "../../log.ts";
import { DEFAULT_EXCHANGE } from "../../rpc/exchanges.ts";

const log = logger("manager");

/** The exchange that all data goes through. */
export const DATA_EXCHANGE = "metricq.data";

/** The exchange that databases are asked through for what they keep. */
export const HISTORY_EXCHANGE = "metricq.history";

/** The queue that all calls of the manager go through. */
export const MANAGEMENT_QUEUE = "management";

const DEFAULT_EXPIRES_SECONDS = 600;
const MAX_EXPIRES_MS = 2 ** 32 - 1; // of RabbitMQ

/** What a sink asks for. */
export interface SinkQueueOptions {
  /** The sink's token. */
  readonly token: string;
  /** The queue's name. */
  readonly queue: string;
  /** How long the queue waits for the sink, in seconds. Anything but a positive number is ignored. */
  readonly expires: unknown;
  /** The routing keys that it receives. */
  readonly metrics: readonly string[];
}

/** Declares a sink's queue, which goes with the sink, and binds it. */
export async function subscribeSink(
  session: AmqpSession,
  { token, queue, expires, metrics }: SinkQueueOptions,
): Promise<void> {
  requireDataQueue(queue);
  await session.arrange(async (topology) => {
    await topology.declareQueue(queue, {
      durable: true, // for RabbitMQ 4.3, which refuses what is neither durable nor exclusive
      autoDelete: true,
      expiresMs: expiresMs(token, expires),
    });
    await bindAll(topology, queue, metrics);
  });
}

/**
 * Declares the queue of a transformer or a database, which outlives it, and binds it.
 *
 * @returns The queue's name.
 */
export async function subscribeDurably(
  session: AmqpSession,
  token: string,
  metrics: readonly string[],
): Promise<string> {
  const queue = `${token}-data`;
  await session.arrange(async (topology) => {
    await topology.declareQueue(queue, { durable: true });
    await bindAll(topology, queue, metrics);
  });
  return queue;
}

/**
 * Declares the queue by which a database is asked for what it keeps of some metrics.
 *
 * @returns The queue's name.
 */
export async function openHistory(
  session: AmqpSession,
  token: string,
  metrics: readonly string[],
): Promise<string> {
  const queue = `${token}-history`;
  await session.arrange(async (topology) => {
    await topology.declareExchange(HISTORY_EXCHANGE, "topic");
    await topology.declareQueue(queue, { durable: true });
    await bindAll(topology, queue, metrics, HISTORY_EXCHANGE);
  });
  return queue;
}

/**
 * Declares the queue in which a client gets the answers of databases. It waits for the client as a
 * sink's does, since the client does not ask for another after an outage.
 *
 * @returns The queue's name.
 */
export async function openHistoryAnswers(session: AmqpSession, token: string): Promise<string> {
  const queue = `${token}-history-answers`;
  await session.arrange(async (topology) => {
    await topology.declareExchange(HISTORY_EXCHANGE, "topic");
    await topology.declareQueue(queue, {
      durable: true,
      expiresMs: DEFAULT_EXPIRES_SECONDS * 1000,
    });
  });
  return queue;
}

/** Unbinds metrics from a queue. With `end`, a message of type "end" follows the last point. */
export async function unsubscribe(
  session: AmqpSession,
  queue: string,
  metrics: readonly string[],
  end: boolean,
): Promise<void> {
  requireDataQueue(queue);
  await session.arrange(async (topology) => {
    await topology.requireQueue(queue);
    await Promise.all(metrics.map((metric) => topology.unbindQueue(queue, DATA_EXCHANGE, metric)));
  });
  if (end) await session.publish(DEFAULT_EXCHANGE, queue, new Uint8Array(0), { type: "end" });
}

/** Deletes a sink's queue. */
export async function release(session: AmqpSession, queue: string): Promise<void> {
  requireDataQueue(queue);
  await session.arrange((topology) => topology.deleteQueue(queue));
}

async function bindAll(
  topology: Topology,
  queue: string,
  metrics: readonly string[],
  exchange: string = DATA_EXCHANGE,
): Promise<void> {
  await Promise.all(metrics.map((metric) => topology.bindQueue(queue, exchange, metric)));
}

// Otherwise a call could take away the calls of other agents.
function requireDataQueue(queue: string): void {
  if (queue !== MANAGEMENT_QUEUE && !queue.endsWith("-rpc")) return;
  throw new RangeError(
    `Cannot use queue "${queue}" for data: it is one for calls, a name such as "<token>-data" is required`,
  );
}

function expiresMs(token: string, expires: unknown): number {
  if (typeof expires === "number" && expires > 0) {
    return Math.min(Math.max(1, Math.floor(expires * 1000)), MAX_EXPIRES_MS);
  }
  if (expires !== undefined && expires !== null) {
    log.warn("Ignoring that {token} wants its queue to expire after {expires} seconds", {
      token,
      expires,
    });
  }
  return DEFAULT_EXPIRES_SECONDS * 1000;
}
