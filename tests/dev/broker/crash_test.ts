import assert from "node:assert/strict";
import { AMQPClient } from "@cloudamqp/amqp-client";
import { EmbeddedBroker } from "../../../src/dev/broker/embedded_broker.ts";
import { needing } from "../../support/needing.ts";

const PERSISTENT = { deliveryMode: 2 };
const permissions = [{ name: "net" }] as const;

Deno.test(needing({ permissions }, {
  name: "EmbeddedBroker.crash() leaves durable queues, their bindings and persistent messages",
  fn: async () => {
    await using broker = new EmbeddedBroker({});
    {
      const channel = await open(broker); // ended by the crash
      await channel.exchangeDeclare("data", "topic", { durable: true });
      await channel.exchangeDeclare("passing", "topic", { durable: false });
      await channel.queueDeclare("kept", { durable: true });
      await channel.queueDeclare("lost", { durable: false });
      for (const queue of ["kept", "lost"]) await channel.queueBind(queue, "data", "#");
      await channel.confirmSelect();
      await channel.basicPublish("data", "a", "first", PERSISTENT);
      await channel.basicPublish("data", "a", "transient", { deliveryMode: 1 });
      await channel.basicPublish("data", "a", "unmarked");
      await channel.basicPublish("data", "a", "last", PERSISTENT);
      await broker.crash();
    }
    broker.recover();
    assert.deepEqual(broker.current.queues().map(({ name, messages }) => [name, messages]), [
      ["kept", 2],
    ]);
    await using channel = await open(broker);
    await channel.exchangeDeclare("data", "topic", { passive: true });
    await channel.basicPublish("data", "b", "after");
    assert.deepEqual(await texts(channel, 3), ["first", "last", "after"]);
    await assert.rejects(channel.exchangeDeclare("passing", "", { passive: true }), /NOT_FOUND/);
  },
}));

Deno.test(needing({ permissions }, {
  name: "EmbeddedBroker.crash() gives what was delivered and not acknowledged back to its place",
  fn: async () => {
    await using broker = new EmbeddedBroker({});
    {
      const channel = await open(broker); // ended by the crash
      await channel.queueDeclare("kept", { durable: true });
      await channel.confirmSelect();
      for (const text of ["a", "b", "c", "d"]) {
        await channel.basicPublish("", "kept", text, PERSISTENT);
      }
      // The second consumer must not get, and so lose, what the first one gives back.
      const first = await channel.basicGet("kept", { noAck: false });
      assert.equal(first?.bodyString(), "a");
      await channel.basicGet("kept", { noAck: false });
      const other = await open(broker);
      const received: (string | null)[] = [];
      const both = Promise.withResolvers<void>();
      await other.basicConsume("kept", { noAck: true }, (message) => {
        received.push(message.bodyString());
        if (received.length === 2) both.resolve();
      });
      await both.promise;
      assert.deepEqual(received, ["c", "d"]);
      await broker.crash();
    }
    assert.equal(broker.current.memoryBytes > 0, true);
    broker.recover();
    await using channel = await open(broker);
    assert.deepEqual(await texts(channel, 2), ["a", "b"]);
    assert.equal(broker.current.memoryBytes, 0);
  },
}));

Deno.test(needing({ permissions }, {
  name: "EmbeddedBroker.restart() after a crash finds nothing",
  fn: async () => {
    await using broker = new EmbeddedBroker({});
    {
      const channel = await open(broker); // ended by the crash
      await channel.queueDeclare("kept", { durable: true });
      await broker.crash();
    }
    broker.recover();
    await broker.restart();
    assert.deepEqual(broker.current.queues(), []);
  },
}));

async function open(broker: EmbeddedBroker) {
  const client = new AMQPClient(broker.url.replace("//", "//guest:guest@"));
  client.onerror = () => {}; // the crash
  await client.connect();
  const channel = await client.channel();
  return Object.assign(channel, {
    [Symbol.asyncDispose]: () => client.close(),
  });
}

async function texts(
  channel: Awaited<ReturnType<typeof open>>,
  count: number,
): Promise<(string | null)[]> {
  const received: (string | null)[] = [];
  for (let i = 0; i < count; i++) {
    const message = await channel.basicGet("kept", { noAck: true });
    received.push(message?.bodyString() ?? null);
  }
  return received;
}
