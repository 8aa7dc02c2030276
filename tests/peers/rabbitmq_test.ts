/**
 * The private RabbitMQ of the tests: what no other test would notice. That a node comes back with what
 * is durable, and minds no other node, those of `tests/e2e/` and `tests/faults/` rely on.
 */

import assert from "node:assert/strict";
import { AMQPClient } from "@cloudamqp/amqp-client";
import { needing } from "../support/needing.ts";
import { RabbitMq } from "./rabbitmq.ts";
import { sharedVhost } from "./shared_broker.ts";

const needs = ["rabbitmq"] as const;

Deno.test(needing({ peers: needs }, {
  name: "RabbitMq.stop() leaves neither process nor file",
  fn: async () => {
    const rabbitMq = await RabbitMq.start();
    const { folder } = rabbitMq.node;
    await rabbitMq.stop();
    await rabbitMq.stop();

    await assert.rejects(connect(rabbitMq.url));
    await assert.rejects(Deno.stat(folder), Deno.errors.NotFound);
    assert.deepEqual(await processesOf(folder), []);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "RabbitMq.start() rejects with RabbitMQ's reason",
  fn: async () => {
    await assert.rejects(RabbitMq.start({ config: ["no.such.setting = 1"] }), /no\.such\.setting/);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "sharedVhost() makes vhosts that do not see each other",
  fn: async () => {
    const [first, second] = await Promise.all([sharedVhost(), sharedVhost()]);
    await publishOne(first.url, "mine");

    assert.equal(await countMessages(first.url, "mine"), 1);
    await assert.rejects(countMessages(second.url, "mine"), /NOT_FOUND/);
  },
}));

async function connect(url: string): Promise<AMQPClient> {
  const client = new AMQPClient(url);
  await client.connect();
  return client;
}

async function publishOne(url: string, queue: string): Promise<void> {
  const client = await connect(url);
  const channel = await client.channel();
  await channel.confirmSelect();
  await channel.queueDeclare(queue, { durable: true });
  await channel.basicPublish("", queue, "message", { deliveryMode: 2 });
  await client.close();
}

async function countMessages(url: string, queue: string): Promise<number> {
  const client = await connect(url);
  try {
    const channel = await client.channel();
    const { messageCount } = await channel.queueDeclare(queue, { passive: true });
    return messageCount;
  } finally {
    await client.close();
  }
}

/** The processes that carry the folder in their environment, which all of a node's inherit. */
async function processesOf(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const environment = await Deno.readTextFile(`/proc/${name}/environ`).catch(() => "");
    if (environment.includes(folder)) found.push(name);
  }
  return found;
}
