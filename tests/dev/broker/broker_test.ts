import amqplib from "amqplib";
import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { AMQPClient } from "@cloudamqp/amqp-client";
import { Broker } from "../../../src/dev/broker/broker.ts";
import type { BrokerOptions } from "../../../src/dev/broker/broker_options.ts";
import type { ClientSocket } from "../../../src/dev/broker/client_listener.ts";
import { ManualClock } from "../../../src/testing/manual_clock.ts";
import { needing } from "../../support/needing.ts";
import {
  frame,
  method,
  PROTOCOL_HEADER,
  publish,
  RawClient,
  shortString,
  startOk,
} from "./raw_client.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

Deno.test(brokerTest(
  "Broker passes messages between @cloudamqp/amqp-client's connections",
  async (broker) => {
    await using publisher = await connect(broker);
    await using consumer = await connect(broker);
    await publisher.channel.exchangeDeclare("data", "topic", { durable: true });
    const { name } = await consumer.channel.queueDeclare("");
    await consumer.channel.queueBind(name, "data", "room.#");
    const received = Promise.withResolvers<unknown>();
    await consumer.channel.basicConsume(name, { noAck: false }, (message) => {
      const { routingKey, exchange, properties: { type } } = message;
      received.resolve([message.bodyString(), routingKey, exchange, type]);
      return message.ack();
    });
    await publisher.channel.confirmSelect();
    assert.equal(
      await publisher.channel.basicPublish("data", "room.power", "body", { type: "t" }),
      1,
    );
    assert.deepEqual(await received.promise, ["body", "room.power", "data", "t"]);
  },
));

Deno.test(
  brokerTest("Broker.connections(), queues() and counters tell what is there", async (broker) => {
    await using client = await connect(broker, "name=source");
    const { channel } = client;
    await channel.queueDeclare("queue");
    await channel.confirmSelect();
    for (let count = 0; count < 3; count++) await channel.basicPublish("", "queue", "body");
    await channel.basicPublish("", "nobody", "body", {}, true);
    await channel.basicGet("queue", { noAck: false });
    const [info, ...others] = broker.connections();
    assert.deepEqual(others, []);
    assert.match(info?.address ?? "", /^127\.0\.0\.1:\d+ -> 127\.0\.0\.1:\d+$/);
    assert.deepEqual([info?.name, info?.user, info?.virtualHost], ["source", "guest", "/"]);
    assert.deepEqual([info?.channels, info?.consumers, info?.unsettled], [1, 0, 1]);
    assert.deepEqual(broker.queues(), [
      { name: "queue", virtualHost: "/", messages: 2, unsettled: 1, consumers: 0 },
    ]);
    assert.deepEqual(broker.counters, {
      connections: 1,
      published: 4,
      delivered: 1,
      settled: 0,
      returned: 1,
    });
  }),
);

Deno.test(
  brokerTest("Broker.closeConnection() tells the client that it was forced", async (broker) => {
    using client = await RawClient.open(loginUrl(broker));
    assert.equal(broker.closeConnection("nobody"), 0);
    assert.equal(broker.closeConnection(broker.connections()[0]?.name ?? ""), 1);
    assert.equal(await client.closeReason(), "connection 320");
    assert.deepEqual(broker.connections(), []);
    await client.send(method(0, 10, 51));
    assert.equal(await client.frame(), undefined);
  }),
);

Deno.test(
  brokerTest("Broker.cutConnection() hangs up without the closing handshake", async (broker) => {
    using client = await RawClient.open(loginUrl(broker));
    assert.equal(broker.cutConnection(broker.connections()[0]?.address ?? ""), 1);
    assert.equal(await client.frame(), undefined);
  }),
);

Deno.test(
  brokerTest("Broker takes back what a client that is cut off had taken", async (broker) => {
    await using publisher = await connect(broker);
    const { channel } = publisher;
    await channel.queueDeclare("queue");
    await channel.confirmSelect();
    for (let count = 0; count < 3; count++) await channel.basicPublish("", "queue", "body");
    using consumer = await RawClient.open(loginUrl(broker));
    await consumer.send(
      method(1, 60, 20, [0, 0, ...shortString("queue"), ...shortString("tag"), 0, 0, 0, 0, 0]),
    );
    await consumer.untilMethod(60, 60);
    assert.deepEqual(broker.queues(), [
      { name: "queue", virtualHost: "/", messages: 0, unsettled: 3, consumers: 1 },
    ]);
    broker.cutConnection(broker.connections()[1]?.name ?? "");
    assert.deepEqual(broker.queues(), [
      { name: "queue", virtualHost: "/", messages: 3, unsettled: 0, consumers: 0 },
    ]);
  }),
);

Deno.test(brokerTest("Broker.pause() stalls all clients until resume()", async (broker) => {
  await using client = await connect(broker);
  broker.pause();
  const before = broker.connections()[0]?.receivedBytes;
  let answered = false;
  const declared = client.channel.queueDeclare("queue").then(() => answered = true);
  while (broker.connections()[0]?.receivedBytes === before) await setImmediate();
  for (let turns = 0; turns < 5; turns++) await setImmediate();
  assert.deepEqual([answered, broker.queues()], [false, []]);
  broker.resume();
  await declared;
  assert.equal(broker.queues().length, 1);
}));

Deno.test(needing({ permissions: [{ name: "net" }] }, {
  name: "Broker.close() sends its clients connection.close",
  fn: async () => {
    const broker = Broker.start();
    using client = await RawClient.open(loginUrl(broker));
    const closed = broker.close();
    assert.equal(await client.closeReason(), "connection 320");
    await client.send(method(0, 10, 51));
    await closed;
    await broker.close();
    await assert.rejects(RawClient.connect(broker.url), Deno.errors.ConnectionRefused);
  },
}));

Deno.test(needing({ permissions: [{ name: "net" }] }, {
  name: "Broker.close() does not wait for clients that do not answer",
  fn: async () => {
    const broker = Broker.start();
    using _silent = await RawClient.open(loginUrl(broker));
    using _stranger = await RawClient.connect(broker.url);
    await broker.close();
  },
}));

Deno.test("Broker.start() refuses addresses that other machines can reach", () => {
  for (const hostname of ["0.0.0.0", "::", "192.168.1.1", "example.org", "127.example.org"]) {
    assert.throws(() => Broker.start({ hostname }), {
      name: "TypeError",
      message: `Cannot start broker: "${hostname}" is given, ` +
        "an address of this machine alone is required unless allowRemote is set",
    });
  }
});

Deno.test("Broker.start() serves connections that its `listen` accepts", async () => {
  const written = Promise.withResolvers<Uint8Array>();
  const ended = Promise.withResolvers<null>();
  const unread = [PROTOCOL_HEADER];
  const address = { hostname: "127.0.0.1", port: 1 };
  const accepted = [Promise.resolve<ClientSocket>({
    localAddr: address,
    remoteAddr: address,
    setNoDelay() {},
    read(buffer) {
      const bytes = unread.shift();
      if (bytes === undefined) return ended.promise;
      buffer.set(bytes);
      return Promise.resolve(bytes.length);
    },
    write(bytes) {
      written.resolve(bytes.slice());
      return Promise.resolve(bytes.length);
    },
    close: () => ended.resolve(null),
  })];
  const closed = Promise.withResolvers<never>();
  await using broker = Broker.start({
    listen: ({ hostname }) => ({
      addr: { hostname, port: 1 },
      accept: () => accepted.pop() ?? closed.promise,
      close: () => closed.reject(new Error("The listener is closed")),
    }),
  });
  assert.equal(broker.url, "amqp://127.0.0.1:1");
  assert.deepEqual([...(await written.promise).subarray(7, 11)], [0, 10, 0, 10]); // connection.start
});

Deno.test("Broker.start() refuses numbers that AMQP cannot do", () => {
  const refused: BrokerOptions[] = [
    { frameMax: 4095 },
    { channelMax: 0 },
    { heartbeatSeconds: 0.5 },
    { maxMessageBytes: -1 },
    { memoryLimitBytes: NaN },
  ];
  for (const options of refused) {
    const [[name, value] = []] = Object.entries(options);
    assert.throws(() => Broker.start(options), {
      name: "RangeError",
      message: new RegExp(`^Cannot start broker: ${name} ${value} is given, an integer from `),
    });
  }
});

Deno.test(brokerTest("Broker knows its users and virtual hosts", async (broker) => {
  const url = broker.url.replace("//", "//ann:secret@");
  using _client = await RawClient.open(`${url}/lab`);
  assert.deepEqual(
    broker.connections().map(({ user, virtualHost }) => [user, virtualHost]),
    [["ann", "lab"]],
  );
  using guest = await RawClient.connect(broker.url);
  await guest.send(PROTOCOL_HEADER, startOk("guest", "guest"));
  assert.equal(await guest.closeReason(), "hung up");
}, { users: { ann: "secret" }, virtualHosts: ["lab"] }));

Deno.test(
  brokerTest("Broker tells a client of another protocol which one it speaks", async (broker) => {
    using client = await RawClient.connect(broker.url);
    await client.send(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
    assert.deepEqual(await client.rest(), PROTOCOL_HEADER);
  }),
);

Deno.test(brokerTest("Broker refuses with 540 what it does not have", async (broker) => {
  const table = (key: string, text?: string) => {
    const bytes = [...new TextEncoder().encode(text)];
    const value = text === undefined ? [116, 1] : [83, 0, 0, 0, bytes.length, ...bytes];
    const entry = [...shortString(key), ...value]; // a boolean, or a text
    return [0, 0, 0, entry.length, ...entry];
  };
  const queueWith = (key: string, text?: string) =>
    method(1, 50, 10, [0, 0, ...shortString("q"), 0, ...table(key, text)]);
  const refused: Record<string, Uint8Array> = {
    "tx.select": method(1, 90, 10),
    "connection.update-secret": method(0, 10, 70, [0, 0, 0, 0, 0]),
    "x-dead-letter-exchange": queueWith("x-dead-letter-exchange", "e"),
    "reject-publish": queueWith("x-overflow", "reject-publish"),
    "a length in bytes": queueWith("x-max-length-bytes"),
    "priorities of messages": queueWith("x-max-priority"),
    "quorum queues": queueWith("x-queue-type", "quorum"),
    "streams": queueWith("x-queue-type", "stream"),
    "single active consumers": queueWith("x-single-active-consumer"),
    "alternate-exchange": method(1, 40, 10, [
      ...[0, 0, ...shortString("e"), ...shortString("topic"), 0],
      ...table("alternate-exchange"),
    ]),
    "x-priority of a consumer": method(1, 60, 20, [
      ...[0, 0, ...shortString("q"), ...shortString("t"), 0],
      ...table("x-priority"),
    ]),
    "direct reply-to": method(1, 60, 20, [
      ...[0, 0, ...shortString("amq.rabbitmq.reply-to"), ...shortString("t"), 2, 0, 0, 0, 0],
    ]),
    "no-local": method(1, 60, 20, [0, 0, ...shortString("q"), ...shortString("t"), 1, 0, 0, 0, 0]),
  };
  for (const header of ["CC", "BCC"]) {
    const headers = table(header, "x");
    refused[header] = Uint8Array.of(
      ...method(1, 60, 40, [0, 0, 0, 0, 0]),
      ...frame(2, 1, [0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x20, 0, ...headers]),
    );
  }
  for (const [name, bytes] of Object.entries(refused)) {
    using client = await RawClient.open(loginUrl(broker));
    await client.send(bytes);
    assert.equal(await client.closeReason(), "connection 540", name);
  }
}));

Deno.test(needing({ permissions: [{ name: "net" }, { name: "env" }] }, {
  name: "Broker takes user and password by AMQPLAIN as well",
  fn: async () => {
    await using broker = Broker.start({ users: { ann: "ä".repeat(100) } });
    const url = broker.url.replace(/\/\/.*@/, "//");
    const logIn = (password: string) => {
      const credentials = amqplib.credentials.amqplain("ann", password);
      return amqplib.connect(url, { credentials });
    };
    const connection = await logIn("ä".repeat(100));
    await connection.createChannel();
    await connection.close();
    await assert.rejects(logIn("wrong"), /403.*ACCESS.REFUSED/);
  },
}));

Deno.test(brokerTest("Broker slows publishers down when its memory is used up", async (broker) => {
  await using consumer = await connect(broker);
  await consumer.channel.queueDeclare("queue");
  using publisher = await RawClient.open(loginUrl(broker), {
    capabilities: { "connection.blocked": true },
  });
  const messages = new Array(400).fill(publish("queue", new Uint8Array(50 * KIB))).flat();
  const sent = publisher.send(...messages);
  await publisher.untilMethod(10, 60);
  assert.equal(broker.memoryBytes > MIB, true);
  assert.equal(broker.memoryBytes < 1.5 * MIB, true);

  let received = 0;
  const all = Promise.withResolvers<void>();
  await consumer.channel.basicConsume("queue", { noAck: true }, () => {
    if (++received === 400) all.resolve();
  });
  assert.ok(await publisher.untilMethod(10, 61));
  await sent;
  await all.promise;
  assert.equal(broker.memoryBytes, 0);
}, { memoryLimitBytes: MIB }));

Deno.test(brokerTest(
  "Broker keeps messages in the queue while their consumer does not read",
  async (broker) => {
    await using publisher = await connect(broker);
    const { channel } = publisher;
    await channel.queueDeclare("queue");
    await channel.confirmSelect();
    using consumer = await RawClient.open(loginUrl(broker));
    await consumer.send(
      method(1, 60, 20, [0, 0, ...shortString("queue"), ...shortString("tag"), 2, 0, 0, 0, 0]),
    );
    const body = new Uint8Array(100 * KIB);
    for (let count = 0; count < 400; count++) await channel.basicPublish("", "queue", body);
    assert.equal((broker.queues()[0]?.messages ?? 0) > 200, true);
    for (let count = 0; count < 400; count++) {
      assert.ok(await consumer.untilMethod(60, 60));
    }
    assert.equal(broker.queues()[0]?.messages, 0);
  },
));

Deno.test(
  clockTest("Broker sends heartbeats, and ends clients that send none", async (broker, clock) => {
    using client = await RawClient.open(loginUrl(broker), { heartbeatSeconds: 10 });
    await clock.advance(10);
    assert.equal((await client.frame())?.type, 8);
    await clock.advance(10);
    assert.equal(broker.connections().length, 1);
    await clock.advance(5);
    assert.equal(broker.connections().length, 0);
  }),
);

Deno.test(
  clockTest(
    "Broker sends a heartbeat in every half interval, others besides",
    async (broker, clock) => {
      using client = await RawClient.open(loginUrl(broker), { heartbeatSeconds: 10 });
      for (let half = 1; half <= 4; half++) {
        await clock.advance(2.5);
        await client.send(method(1, 60, 10, [0, 0, 0, 0, 0, 1, 0])); // basic.qos
        assert.equal((await client.frame())?.type, 1);
        await clock.advance(2.5);
        assert.equal((await client.frame())?.type, 8);
      }
    },
  ),
);

Deno.test(
  clockTest(
    "Broker reads what has arrived before it ends a client as silent",
    async (broker, clock) => {
      using client = await RawClient.open(loginUrl(broker), { heartbeatSeconds: 10 });
      clock.stall(40); // such as a laptop that sleeps
      await clock.advance(0);
      assert.equal(broker.connections().length, 1);
      await client.send(method(1, 60, 10, [0, 0, 0, 0, 0, 1, 0])); // basic.qos
      assert.ok(await client.untilMethod(60, 11));
      await clock.advance(15);
      assert.equal(broker.connections().length, 1);
      await clock.advance(10);
      assert.equal(broker.connections().length, 0);
    },
  ),
);

Deno.test(
  brokerTest(
    "Broker takes the answer to its channel.close after the client's own",
    async (broker) => {
      using client = await RawClient.open(loginUrl(broker));
      // The second crosses the broker's channel.close, which answers the first.
      await client.send(
        method(1, 50, 10, [0, 0, ...shortString("missing"), 1, 0, 0, 0, 0]),
        method(1, 20, 40, [0, 0, 0, 0, 0, 0, 0]),
      );
      assert.equal(await client.closeReason(), "channel 404");
      assert.ok(await client.untilMethod(20, 41));
      await client.send(method(1, 20, 41), method(1, 20, 10, [0]));
      assert.ok(await client.untilMethod(20, 11));
      assert.equal(broker.connections()[0]?.channels, 1);
    },
  ),
);

Deno.test(brokerTest("Broker refuses routing keys that are not UTF-8", async (broker) => {
  using client = await RawClient.open(loginUrl(broker));
  await client.send(method(1, 60, 40, [0, 0, 0, 1, 0xff, 0]));
  assert.equal(await client.closeReason(), "connection 501");
}));

Deno.test(clockTest("Broker.pause() keeps what is to be sent", async (broker, clock) => {
  using client = await RawClient.open(loginUrl(broker), { heartbeatSeconds: 10 });
  const sentBytes = () => broker.connections()[0]?.sentBytes;
  const before = sentBytes();
  broker.pause();
  await clock.advance(60);
  assert.equal(sentBytes(), before);
  broker.resume();
  assert.equal((await client.frame())?.type, 8);
}));

Deno.test(
  clockTest("Broker ends clients that do not finish their handshake", async (broker, clock) => {
    using client = await RawClient.connect(broker.url);
    await client.send(PROTOCOL_HEADER);
    await client.untilMethod(10, 10);
    await clock.advance(10);
    assert.equal(await client.frame(), undefined);
  }),
);

Deno.test(clockTest("Broker deletes queues and messages that expire", async (broker, clock) => {
  await using client = await connect(broker);
  const { channel } = client;
  await channel.queueDeclare("unused", {}, { "x-expires": 5000 });
  await channel.queueDeclare("kept", {}, { "x-message-ttl": 3000 });
  await channel.confirmSelect();
  await channel.basicPublish("", "kept", "body");
  assert.equal(broker.memoryBytes > 0, true);
  await clock.advance(4);
  assert.equal(broker.memoryBytes, 0);
  assert.equal(broker.queues().length, 2);
  await clock.advance(1);
  assert.deepEqual(broker.queues().map(({ name }) => name), ["kept"]);
}));

Deno.test(brokerTest(
  "Broker without transientQueues ends the connection for a queue that is neither durable nor exclusive",
  async (broker) => {
    for (const name of ["", "mine"]) {
      const client = await connect(broker); // which the broker closes
      await client.channel.queueDeclare("kept", { durable: true, autoDelete: true });
      await client.channel.queueDeclare("own", { durable: false, exclusive: true });
      await assert.rejects(
        client.channel.queueDeclare(name, { durable: false, exclusive: false }),
        /Feature `transient_nonexcl_queues` is deprecated.*neither durable nor exclusive/,
      );
      assert.equal(client.channel.connection.closed, true);
    }
    assert.deepEqual(broker.queues().map(({ name }) => name), ["kept"]);
  },
  { transientQueues: false },
));

function brokerTest(
  name: string,
  run: (broker: Broker) => Promise<void>,
  options?: BrokerOptions,
): Deno.TestDefinition {
  return needing({ permissions: [{ name: "net" }] }, {
    name,
    fn: async () => {
      await using broker = Broker.start(options);
      await run(broker);
    },
  });
}

function clockTest(
  name: string,
  run: (broker: Broker, clock: ManualClock) => Promise<void>,
): Deno.TestDefinition {
  const clock = new ManualClock();
  return brokerTest(name, (broker) => run(broker, clock), { clock });
}

function loginUrl(broker: Broker): string {
  return broker.url.replace("//", "//guest:guest@");
}

async function connect(broker: Broker, query = "") {
  const connection = await new AMQPClient(`${loginUrl(broker)}?${query}`).connect();
  const channel = await connection.channel();
  return { channel, [Symbol.asyncDispose]: () => connection.close() };
}
