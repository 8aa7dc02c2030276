import assert from "node:assert/strict";
import type { ConfirmListener, IncomingMessage } from "../../src/amqp/session.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { sharedVhost } from "../peers/shared_broker.ts";
import { Events } from "../support/events.ts";
import { needing } from "../support/needing.ts";
import { openSession } from "./open_session.ts";
import { concat, frame, method, RudeServer, shortString, u16, u32, u8 } from "./rude_server.ts";

const real = ["rabbitmq"] as const;
const rude = [{ name: "net" }] as const;

/** What the broker has confirmed. */
class Confirms implements ConfirmListener {
  readonly events = new Events<{ tag: number; multiple: boolean; acked: boolean }>();
  readonly writable = new Events<void>();

  onConfirm(tag: number, multiple: boolean, acked: boolean): void {
    this.events.add({ tag, multiple, acked });
  }

  onWritable(): void {
    this.writable.add();
  }
}

Deno.test(needing({ peers: real }, {
  name: "AmqpSession carries messages of any size, whole and in order",
  fn: async () => {
    const { url } = await sharedVhost();
    const session = await openSession(url);
    const received = new Events<IncomingMessage>();
    await session.declareExclusiveQueue("messages");
    await session.consume("messages", (message) => received.add(message));

    // Around the size of a frame, which is 131072 with its 8 bytes.
    const sizes = [0, 1, 131_063, 131_064, 131_065, 262_128, 1_000_000];
    for (const size of sizes) {
      const body = Uint8Array.from({ length: size }, (_, i) => i % 251);
      void session.publish("", "messages", body, {
        appId: "me",
        correlationId: `${size}`,
        replyTo: "x",
      });
    }
    await received.nth(sizes.length);
    for (const [i, { body, ...properties }] of received.all.entries()) {
      assert.deepEqual(properties, { appId: "me", correlationId: `${sizes[i]}`, replyTo: "x" });
      assert.equal(body.byteLength, sizes[i]);
      assert(body.every((byte, i) => byte === i % 251));
    }
    await session.close();
    assert.equal(await session.ended, undefined);
  },
}));

Deno.test(needing({ peers: real }, {
  name: "AmqpSession.consume() ends the session when the queue is deleted, and says which",
  fn: async () => {
    const { url } = await sharedVhost();
    const [session, other] = await Promise.all([openSession(url), openSession(url)]);
    await other.arrange((topology) => topology.declareQueue("passing", { durable: true }));
    await session.consume("passing", () => {});
    await other.arrange((topology) => topology.deleteQueue("passing"));
    assert.equal(
      (await session.ended)?.message,
      'Connection given up: the broker delivers nothing from "passing" any more',
    );
    await other.close();
  },
}));

Deno.test(needing({ peers: real }, {
  name: "AmqpSession.confirmedPublisher() counts tags as the broker does",
  fn: async () => {
    const { url } = await sharedVhost();
    const session = await openSession(url);
    const confirms = new Confirms();
    const publisher = await session.confirmedPublisher("amq.topic", { deliveryMode: 2 }, confirms);
    assert.equal(publisher.writable, true);
    const tags = ["test.a", "test.b", "test.a"].map((key) =>
      publisher.publish(key, new Uint8Array(3))
    );
    assert.deepEqual(tags, [1, 2, 3]);
    while (!confirms.events.all.some(({ tag }) => tag === 3)) {
      await confirms.events.nth(confirms.events.all.length + 1);
    }
    assert(confirms.events.all.every(({ acked }) => acked));

    await session.close();
    assert.equal(publisher.writable, false);
  },
}));

Deno.test(needing({ peers: real }, {
  name: "AmqpSession ends with code 404 when a required exchange is missing",
  fn: async () => {
    const { url, name } = await sharedVhost();
    const session = await openSession(url);
    await assert.rejects(session.requireExchange("absent"), {
      name: "AmqpError",
      code: 404,
      message: `Broker closed the channel 1: NOT_FOUND - no exchange 'absent' in vhost '${name}'`,
    });
    assert.equal((await session.ended)?.code, 404);
    await assert.rejects(
      session.publish("", "queue", new Uint8Array(1), {}),
      { name: "AmqpError", message: "Cannot publish: the connection is down" },
    );
  },
}));

Deno.test(needing({ peers: real }, {
  name: "AmqpSession.declareExclusiveQueue() rejects with code 405 while another has it",
  fn: async () => {
    const { url } = await sharedVhost();
    const first = await openSession(url);
    const second = await openSession(url);
    await first.declareExclusiveQueue("mine");
    await assert.rejects(second.declareExclusiveQueue("mine"), { name: "AmqpError", code: 405 });
    await first.close();
  },
}));

Deno.test(needing({ permissions: rude }, {
  name: "AmqpSession.consume() puts a message together, however its bytes are cut",
  fn: async () => {
    const body = new TextEncoder().encode("two and a half");
    const delivery = concat([
      method(
        1,
        60,
        60,
        shortString("tag"),
        u32(0),
        u32(1),
        u8(0),
        shortString(""),
        shortString("q"),
      ),
      // Class, weight, 64 bits of size, and the properties correlation id and app id.
      frame(
        2,
        1,
        concat([
          u16(60),
          u16(0),
          u32(0),
          u32(body.byteLength),
          u16((1 << 10) | (1 << 3)),
          shortString("id"),
          shortString("app"),
        ]),
      ),
      frame(3, 1, body.subarray(0, 5)),
      frame(3, 1, body.subarray(5)),
    ]);
    for (let at = 1; at < delivery.byteLength; at++) {
      await using server = new RudeServer(async (connection) => {
        await connection.channel();
        await connection.expect(60, 20);
        await connection.write(method(1, 60, 21, shortString("tag")));
        await connection.writeCut(delivery, at);
        await connection.idle();
      });
      const session = await openSession(server.url());
      const received = new Events<IncomingMessage>();
      await session.consume("q", (message) => received.add(message));
      assert.deepEqual(await received.nth(1), {
        body,
        appId: "app",
        correlationId: "id",
        replyTo: undefined,
      });
      await session.close();
    }
  },
}));

Deno.test(needing({ permissions: rude }, {
  name: "AmqpSession.confirmedPublisher() is not writable while the broker blocks",
  fn: async () => {
    const unblock = Promise.withResolvers<void>();
    await using server = new RudeServer(async (connection) => {
      await connection.channel();
      await connection.expect(85, 10);
      await connection.write(
        method(0, 10, 60, shortString("low on memory")),
        method(1, 85, 11),
      );
      await unblock.promise;
      await connection.write(method(0, 10, 61));
      await connection.idle();
    });
    const session = await openSession(server.url());
    const confirms = new Confirms();
    const publisher = await session.confirmedPublisher("data", {}, confirms);
    assert.equal(publisher.writable, false);
    unblock.resolve();
    await confirms.writable.nth(1);
    assert.equal(publisher.writable, true);
    await session.close();
  },
}));

Deno.test(needing({ permissions: rude }, {
  name: "AmqpSession.confirmedPublisher() passes a refusal by the broker on",
  fn: async () => {
    await using server = new RudeServer(async (connection) => {
      await connection.channel();
      await connection.expect(85, 10);
      await connection.write(method(1, 85, 11));
      await connection.expect(60, 40);
      await connection.write(method(1, 60, 120, u32(0), u32(1), u8(0)));
      await connection.idle();
    });
    const session = await openSession(server.url());
    const confirms = new Confirms();
    const publisher = await session.confirmedPublisher("data", {}, confirms);
    const tag = publisher.publish("test.a", new Uint8Array(1));
    assert.deepEqual(await confirms.events.nth(1), { tag, multiple: false, acked: false });
    await session.close();
  },
}));

Deno.test(needing({ permissions: rude }, {
  name:
    "AmqpSession.close() waits two seconds for a broker that does not answer, however often it is called",
  fn: async () => {
    const asked = Promise.withResolvers<void>();
    await using server = new RudeServer(async (connection) => {
      await connection.channel();
      await connection.expect(10, 50);
      asked.resolve();
      await connection.silence();
    });
    const clock = new ManualClock();
    const session = await openSession(server.url("?heartbeat=0"), clock);
    const closed = session.close();
    let isClosedAgain = false;
    const closedAgain = session.close().then(() => isClosedAgain = true);
    await asked.promise;
    assert.equal(session.down.aborted, false);
    await clock.advance(1);
    assert.equal(isClosedAgain, false);
    await clock.advance(1);
    await Promise.all([closed, closedAgain]);
    assert.equal(session.down.aborted, true);
    await session.close();
  },
}));

Deno.test(needing({ permissions: rude }, {
  name: "AmqpSession.open() rejects when aborted while the channel opens",
  fn: async () => {
    const stop = new AbortController();
    await using server = new RudeServer(async (connection) => {
      await connection.handshake();
      await connection.expect(20, 10);
      stop.abort();
      await connection.silence();
    });
    await assert.rejects(openSession(server.url(), new ManualClock(), stop.signal), {
      name: "AmqpError",
      message: "Cannot connect: stopped while connecting",
    });
  },
}));
