/**
 * The queues by which sinks and transformers receive data.
 *
 * @module
 */

import type { AmqpSession } from "../../amqp/session.ts";
import type { Topology } from "../../amqp/topology.ts";
import { logger } from "../../log.ts";

const log = logger("manager");

/** The exchange that all data goes through. */
export const DATA_EXCHANGE = "metricq.data";

/** The queue that all calls of the manager go through. */
export const MANAGEMENT_QUEUE = "management";

const DEFAULT_EXCHANGE = "";
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
    await topology.declareQueue(queue, { autoDelete: true, expiresMs: expiresMs(token, expires) });
    await bindAll(topology, queue, metrics);
  });
}

/**
 * Declares a transformer's queue, which outlives it, and binds it.
 *
 * @returns The queue's name.
 */
export async function subscribeTransformer(
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
): Promise<void> {
  await Promise.all(metrics.map((metric) => topology.bindQueue(queue, DATA_EXCHANGE, metric)));
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
