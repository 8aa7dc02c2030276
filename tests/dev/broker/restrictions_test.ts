import assert from "node:assert/strict";
import { AMQPClient } from "@cloudamqp/amqp-client";
import { Broker } from "../../../src/dev/broker/broker.ts";
import { needing } from "../../support/needing.ts";

const permissions = [{ name: "net" }] as const;

Deno.test(needing({ permissions }, {
  name: "Broker.restrictions lets a full queue refuse messages, each with its own number",
  fn: async () => {
    await using broker = Broker.start();
    await using client = await connect(broker);
    const channel = await client.channel();
    await channel.queueDeclare("small");
    await channel.confirmSelect();
    const publish = (text: string) => channel.basicPublish("", "small", text);
    assert.deepEqual([await publish("a"), await publish("b")], [1, 2]);
    broker.restrictions.queueLengths.set("small", 3);
    const outcomes = await Promise.allSettled(["c", "d", "e"].map(publish));
    assert.deepEqual(outcomes.map(({ status }) => status), ["fulfilled", "rejected", "rejected"]);
    broker.restrictions.queueLengths.delete("small");
    assert.equal(await publish("f"), 6);
    assert.equal(broker.queues()[0]?.messages, 4);
  },
}));

Deno.test(needing({ permissions }, {
  name: "Broker.restrictions ends the channel of a forbidden topic, or of a message too large",
  fn: async () => {
    await using broker = Broker.start();
    await using client = await connect(broker);
    broker.restrictions.forbiddenTopics.add("secret");
    const first = await client.channel();
    await first.exchangeDeclare("data", "topic");
    await first.confirmSelect();
    await first.basicPublish("data", "open", "text");
    await assert.rejects(
      first.basicPublish("data", "secret", "text"),
      /ACCESS_REFUSED - access to topic 'secret' in exchange 'data' in vhost '\/' refused/,
    );
    const second = await client.channel();
    await second.confirmSelect();
    broker.restrictions.maxMessageBytes = 10;
    await second.basicPublish("data", "open", "0123456789");
    await assert.rejects(
      second.basicPublish("data", "open", "0123456789X"),
      /PRECONDITION_FAILED - message size 11 is larger than configured max size 10/,
    );
  },
}));

Deno.test(needing({ permissions }, {
  name:
    "Broker.restrictions that are lifted let a connection send large messages that was made before",
  fn: async () => {
    await using broker = Broker.start();
    const { maxMessageBytes } = broker.restrictions;
    broker.restrictions.maxMessageBytes = 10;
    await using client = await connect(broker);
    const channel = await client.channel();
    await channel.exchangeDeclare("data", "topic");
    await channel.confirmSelect();
    broker.restrictions.maxMessageBytes = maxMessageBytes;
    assert.equal(await channel.basicPublish("data", "open", "x".repeat(10_000)), 1);
  },
}));

Deno.test(needing({ permissions }, {
  name: "Broker.deleteQueue() takes a queue from its consumer, also an exclusive one",
  fn: async () => {
    await using broker = Broker.start();
    await using client = await connect(broker);
    const channel = await client.channel();
    await channel.queueDeclare("own", { exclusive: true });
    const consumer = await channel.basicConsume("own", { noAck: true }, () => {});
    assert.equal(broker.deleteQueue("other"), false);
    assert.equal(broker.deleteQueue("own"), true);
    await assert.rejects(consumer.wait());
    assert.deepEqual(broker.queues(), []);
  },
}));

async function connect(broker: Broker) {
  const client = new AMQPClient(broker.url.replace("//", "//guest:guest@"));
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });
}
