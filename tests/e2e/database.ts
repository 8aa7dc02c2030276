/**
 * A receiver that, unlike a sink, loses nothing when the broker is restarted.
 *
 * @module
 */

import { AMQPClient } from "@cloudamqp/amqp-client";
import { decodeChunk } from "../../src/chunk/decode_chunk.ts";
import { Events } from "../support/events.ts";

const QUEUE = "database";

/** Makes the durable queue, which collects all that is published from now on. */
export async function makeDatabaseQueue(url: string): Promise<void> {
  const client = new AMQPClient(url);
  await client.connect();
  const channel = await client.channel();
  await channel.exchangeDeclare("metricq.data", "topic", { durable: true });
  await channel.queueDeclare(QUEUE, { durable: true });
  await channel.queueBind(QUEUE, "metricq.data", "#");
  await client.close();
}

/** Reads chunks out of the queue until there is one with `value`, and returns the values of each. */
export async function readDatabaseUntil(url: string, value: number): Promise<number[][]> {
  const client = new AMQPClient(url);
  await client.connect();
  const channel = await client.channel();
  const chunks = new Events<number[]>();
  await channel.basicConsume(QUEUE, { noAck: true }, (message) => {
    chunks.add([...decodeChunk(message.body ?? new Uint8Array()).values]);
  });
  for (let count = 1; !(await chunks.nth(count)).includes(value); count++);
  await client.close();
  return [...chunks.all];
}

/** Empties the queue, and returns the values of each metric in their order. */
export async function readDatabase(url: string): Promise<Map<string, number[]>> {
  const client = new AMQPClient(url);
  await client.connect();
  const channel = await client.channel();
  const values = new Map<string, number[]>();
  const next = () => channel.basicGet(QUEUE, { noAck: true });
  for (let message = await next(); message !== null; message = await next()) {
    const { routingKey, body = null } = message;
    const known = values.get(routingKey) ?? [];
    values.set(routingKey, known);
    for (const value of decodeChunk(body ?? new Uint8Array()).values) known.push(value);
  }
  await client.close();
  return values;
}
