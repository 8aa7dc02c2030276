/** Messages that the broker refuses for what they are, between others. */

import assert from "node:assert/strict";
import { Broker } from "../../src/dev/broker/broker.ts";
import type { BrokerOptions } from "../../src/dev/broker/broker_options.ts";
import { Events } from "../support/events.ts";
import { needing } from "../support/needing.ts";
import { openSession } from "./open_session.ts";

const net = [{ name: "net" }] as const;
const SMALL = new Uint8Array(10);
const LARGE = new Uint8Array(200);

/** A session, and the routing keys of what comes back to it. */
async function setUp(options: BrokerOptions) {
  const parts = new AsyncDisposableStack();
  const broker = parts.use(Broker.start(options));
  const session = await openSession(`${broker.url}?heartbeat=0`);
  parts.defer(() => session.close());
  const arrived = new Events<string>();
  await session.declareExclusiveQueue("mine");
  await session.bindQueue("mine", "amq.topic", "#");
  await session.consume("mine", (_message, routingKey) => arrived.add(routingKey));
  return { broker, session, arrived, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}

Deno.test(needing({ permissions: net }, {
  name:
    "AmqpSession.publish() rejects what the broker refuses, and sends all else once and in order",
  fn: async () => {
    await using place = await setUp({ maxMessageBytes: 100 });
    const { broker, session, arrived } = place;
    broker.restrictions.forbiddenTopics.add("forbidden");
    const messages = [
      ["a", SMALL],
      ["large", LARGE],
      ["b", SMALL],
      ["forbidden", SMALL],
      ["large", LARGE],
      ["c", SMALL],
    ] as const;
    const results = await Promise.allSettled(
      messages.map(([key, body]) => session.publish("amq.topic", key, body, {})),
    );
    await session.publish("amq.topic", "d", SMALL, {});
    await arrived.nth(4);
    assert.deepEqual(arrived.all, ["a", "b", "c", "d"]);
    assert.deepEqual(
      results.map((result) => result.status === "rejected" ? result.reason.code : "taken"),
      ["taken", 406, "taken", 403, 406, "taken"],
    );
    assert.equal(session.down.aborted, false);
  },
}));

Deno.test(needing({ permissions: net }, {
  name: "AmqpSession.publish() ends the session when no message is the reason, and resolves",
  fn: async () => {
    await using place = await setUp({});
    const { session } = place;
    await session.publish("missing", "a", SMALL, {});
    assert.equal((await session.ended)?.code, 404);
    await assert.rejects(session.publish("amq.topic", "a", SMALL, {}), { name: "AmqpError" });
  },
}));
