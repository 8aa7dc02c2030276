/** What becomes of waits for a broker that is silent, where no heartbeats find it. */

import assert from "node:assert/strict";
import { ReconnectingConnection } from "../../src/amqp/reconnecting_connection.ts";
import { ServerAddress } from "../../src/amqp/server_address.ts";
import type { AmqpSession, ConfirmListener } from "../../src/amqp/session.ts";
import { systemTransport } from "../../src/amqp/transport.ts";
import { systemRandomness } from "../../src/randomness.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { needing } from "../support/needing.ts";
import { openSession } from "./open_session.ts";
import {
  method,
  OPEN_OK,
  type RudeConnection,
  RudeServer,
  shortString,
  START,
  tune,
  u32,
} from "./rude_server.ts";

const needs = [{ name: "net" }] as const;
const NO_HEARTBEATS = "?heartbeat=0";

const listener: ConfirmListener = { onWritable: () => {}, onConfirm: () => {} };
const body = new Uint8Array(1);

/** Everything that waits for a broker. */
const works: Readonly<Record<string, (session: AmqpSession) => Promise<unknown>>> = {
  requireExchange: (session) => session.requireExchange("exchange"),
  declareExclusiveQueue: (session) => session.declareExclusiveQueue("queue"),
  bindQueue: (session) => session.bindQueue("queue", "exchange", "#"),
  consume: (session) => session.consume("queue", () => {}, 10),
  publish: (session) => session.publish("exchange", "key", body, {}),
  confirmedPublisher: (session) => session.confirmedPublisher("exchange", {}, listener),
  openConsumer: async (session) => {
    const options = { queue: "queue", prefetch: 1, onDelivery: () => {} };
    await (await session.openConsumer(options)).close();
  },
  arrange: (session) =>
    session.arrange(async (topology) => {
      await topology.declareExchange("exchange", "topic");
      await topology.declareQueue("queue");
      await topology.hasQueue("queue");
      await topology.bindQueue("queue", "exchange", "#");
      await topology.unbindQueue("queue", "exchange", "#");
      await topology.deleteQueue("queue");
    }),
};

/** A broker that lets each client open a channel, answers so many calls, and is silent from then on. */
function silentAfter(calls: number) {
  const silent = Promise.withResolvers<void>();
  const server = new RudeServer(async (connection) => {
    await connection.channel();
    await connection.answer(calls);
    silent.resolve();
    await connection.silence();
  });
  return { server, silent: silent.promise };
}

for (const [name, work] of Object.entries(works)) {
  Deno.test(needing({ permissions: needs }, {
    name: `AmqpSession.${name}() is waited for no longer than a minute`,
    fn: async () => {
      let isAnswered = false;
      let calls = 0;
      for (; !isAnswered; calls++) {
        const { server, silent } = silentAfter(calls);
        await using _ = server;
        const clock = new ManualClock();
        const session = await openSession(server.url(NO_HEARTBEATS), clock);
        const done = work(session).catch(() => {});
        isAnswered = await Promise.race([done.then(() => true), silent.then(() => false)]);
        if (!isAnswered) {
          await clock.advance(2);
          const isClosing = await Promise.race([done.then(() => true), clock.advance(0)]);
          if (!isClosing) {
            await clock.advance(57.9);
            assert.equal(session.down.aborted, false);
            await clock.advance(0.1);
            const reason = await session.ended;
            assert.equal(reason?.message, "Connection given up: no answer within 60 s");
          }
          await done;
        }
        const closed = session.close();
        await clock.advance(2);
        await closed;
        assert.equal(clock.sleepers, 0);
      }
      assert(calls > 1, "no call was left without an answer");
    },
  }));
}

Deno.test(needing({ permissions: needs }, {
  name: "AmqpSession gives up a broker that owes an answer, though its heartbeats are not late yet",
  fn: async () => {
    const asked = Promise.withResolvers<void>();
    await using server = new RudeServer(async (connection) => {
      await connection.handshake({ heartbeatSeconds: 50 });
      await connection.expect(20, 10);
      await connection.write(method(1, 20, 11, u32(0)));
      await connection.expect(50, 20);
      asked.resolve();
      await connection.silence();
    });
    const clock = new ManualClock();
    const session = await openSession(server.url("?heartbeat=50"), clock);
    const rejected = assert.rejects(session.bindQueue("queue", "exchange", "#"), {
      name: "AmqpError",
      message: "Connection given up: no answer within 60 s",
    });
    await asked.promise;
    await clock.advance(60);
    await rejected;
    assert.equal(clock.sleepers, 0);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "AmqpSession keeps a broker that is slow, however many answers it owes",
  fn: async () => {
    const next: (() => void)[] = [];
    await using server = new RudeServer(async (connection) => {
      await connection.channel();
      for (let answered = 0; answered < 5; answered++) {
        await connection.expect(50, 20);
        await new Promise<void>((resolve) => next.push(resolve));
        await connection.write(method(1, 50, 21));
      }
      await connection.idle();
    });
    const clock = new ManualClock();
    const session = await openSession(server.url(NO_HEARTBEATS), clock);
    const bound = Array.from({ length: 5 }, () => session.bindQueue("queue", "exchange", "#"));
    for (const [index, binding] of bound.entries()) {
      await clock.advance(59);
      while (next.length <= index) await clock.advance(0);
      next[index]?.();
      await binding;
    }
    assert.equal(clock.sleepers, 0);
    await session.close();
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "AmqpSession keeps a broker that has told that it reads nothing for now",
  fn: async () => {
    const freed = Promise.withResolvers<void>();
    await using server = new RudeServer(async (connection) => {
      await connection.channel();
      await connection.expect(60, 40);
      await connection.write(method(0, 10, 60, shortString("low on memory")));
      await connection.expect(85, 10);
      await freed.promise;
      await connection.write(method(1, 85, 11));
      await connection.idle();
    });
    const clock = new ManualClock();
    const session = await openSession(server.url(NO_HEARTBEATS), clock);
    const blocked = Promise.withResolvers<void>();
    const onBlocked = () => blocked.resolve();
    const publisher = await session.publisher("data", {}, { ...listener, onBlocked });
    publisher.publish("key", body);
    await blocked.promise;
    const opened = session.confirmedPublisher("data", {}, listener);
    await clock.advance(3600);
    assert.equal(session.down.aborted, false);
    freed.resolve();
    await opened;
    await session.close();
  },
}));

const stages: Readonly<Record<string, (connection: RudeConnection) => Promise<void>>> = {
  "its greeting": () => Promise.resolve(),
  "the login": async (connection) => {
    await connection.greeting();
    await connection.write(START);
  },
  "the virtual host": async (connection) => {
    await connection.greeting();
    await connection.write(START);
    await connection.expect(10, 11);
    await connection.write(tune());
  },
  "a channel": async (connection) => {
    await connection.greeting();
    await connection.write(START, tune(), OPEN_OK);
  },
  "the first call": async (connection) => {
    await connection.greeting();
    await connection.write(START, tune(), OPEN_OK, method(1, 20, 11, u32(0)));
  },
};

for (const [what, answerUpTo] of Object.entries(stages)) {
  Deno.test(needing({ permissions: needs }, {
    name: `ReconnectingConnection waits ten seconds for a broker that is silent to ${what}`,
    fn: async () => {
      const silent = Promise.withResolvers<void>();
      await using server = new RudeServer(async (connection) => {
        await answerUpTo(connection);
        silent.resolve();
        await connection.silence();
      });
      const clock = new ManualClock();
      const connection = new ReconnectingConnection({
        name: "test connection",
        addresses: [ServerAddress.parse(server.url(NO_HEARTBEATS))],
        tls: {},
        clock,
        randomness: systemRandomness,
        transport: systemTransport,
        reconnectTimeoutMs: 600_000,
        setUp: (session) => session.requireExchange("exchange"),
        onGiveUp: () => {},
      });
      const rejected = assert.rejects(connection.connect(), /: no answer within 10 s$/);
      await silent.promise;
      await clock.advance(10);
      await clock.advance(2); // for the broker to agree that the session is closed
      await rejected;
      assert.equal(clock.sleepers, 0);
    },
  }));
}
