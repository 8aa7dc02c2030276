/**
 * Queues: declaring, deleting, exclusive ones, and their arguments.
 *
 * @module
 */

import { body } from "../amqplib_session.ts";
import type { BehaviourCase } from "./behaviour_case.ts";

/** Queues: the cases. */
export const QUEUE_CASES: readonly BehaviourCase[] = [
  {
    name: "passive declaration of a missing queue",
    async run(session) {
      const channel = await session.channel();
      return await session.outcome(channel, () => channel.checkQueue("missing"));
    },
    expected: "channel: NOT_FOUND - no queue 'missing' in vhost 'VHOST' (50.10)",
  },
  {
    name: "a queue named by the server",
    async run(session) {
      const channel = await session.channel();
      const { queue, ...counts } = await channel.assertQueue("", { exclusive: true });
      return { ...counts, name: /^amq\.gen-[\w-]{22}$/.test(queue) };
    },
    expected: { messageCount: 0, consumerCount: 0, name: true },
  },
  {
    name: "declaring a queue with a reserved name",
    async run(session) {
      const channel = await session.channel();
      return await session.outcome(channel, () => channel.assertQueue("amq.mine"));
    },
    expected: "channel: ACCESS_REFUSED - queue name 'amq.mine' contains reserved prefix 'amq.*' " +
      "(50.10)",
  },
  ...["declaring", "declaring passively", "consuming", "deleting", "binding", "purging"].map((
    verb,
  ): BehaviourCase => ({
    name: `${verb} another connection's exclusive queue`,
    async run(session) {
      const owner = await session.channel();
      await owner.assertQueue("owned", { exclusive: true });
      const channel = await session.channel();
      const actions: Record<string, () => Promise<unknown>> = {
        declaring: () => channel.assertQueue("owned", { exclusive: true }),
        "declaring passively": () => channel.checkQueue("owned"),
        consuming: () => channel.consume("owned", () => {}),
        deleting: () => channel.deleteQueue("owned"),
        binding: () => channel.bindQueue("owned", "amq.fanout", ""),
        purging: () => channel.purgeQueue("owned"),
      };
      const result = await session.outcome(channel, actions[verb] ?? (() => {}));
      return String(result).split(".")[0];
    },
    expected: "channel: RESOURCE_LOCKED - cannot obtain exclusive access to locked queue 'owned' " +
      "in vhost 'VHOST'",
  })),
  {
    name: "declaring an exclusive queue again, not exclusive, on its own connection",
    async run(session) {
      const channel = await session.channel();
      await channel.assertQueue("shared?", { exclusive: true, durable: false });
      return await session.outcome(
        channel,
        () => channel.assertQueue("shared?", { exclusive: false, durable: false }),
      ).then((text) => String(text).split(".")[0]);
    },
    expected: "channel: RESOURCE_LOCKED - cannot obtain exclusive access to locked queue " +
      "'shared?' in vhost 'VHOST'",
  },
  {
    name: "an exclusive queue after its connection",
    async run(session) {
      const connection = await session.connect();
      const owner = await session.channel(connection);
      await owner.assertQueue("gone", { exclusive: true });
      await connection.close();
      const channel = await session.channel();
      return await session.outcome(channel, () => channel.checkQueue("gone"));
    },
    expected: "channel: NOT_FOUND - no queue 'gone' in vhost 'VHOST' (50.10)",
  },
  {
    name: "declaring a queue again, not durable any more",
    async run(session) {
      const channel = await session.channel();
      await channel.assertQueue("kept", { durable: true });
      return await session.outcome(
        channel,
        () => channel.assertQueue("kept", { durable: false }),
      );
    },
    expected: "channel: PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'kept' in " +
      "vhost 'VHOST': received 'false' but current is 'true' (50.10)",
  },
  {
    name: "declaring a queue again, auto-delete now",
    async run(session) {
      const channel = await session.channel();
      await channel.assertQueue("staying", { durable: false });
      return await session.outcome(
        channel,
        () => channel.assertQueue("staying", { durable: false, autoDelete: true }),
      );
    },
    expected: "channel: PRECONDITION_FAILED - inequivalent arg 'auto_delete' for queue 'staying' " +
      "in vhost 'VHOST': received 'true' but current is 'false' (50.10)",
  },
  {
    name: "declaring a queue again with another x-expires",
    async run(session) {
      const channel = await session.channel();
      await channel.assertQueue("timed", { durable: false, expires: 60_000 });
      return await session.outcome(
        channel,
        () => channel.assertQueue("timed", { durable: false, expires: 70_000 }),
      );
    },
    expected: "channel: PRECONDITION_FAILED - inequivalent arg 'x-expires' for queue 'timed' in " +
      "vhost 'VHOST': received '70000' but current is '60000' (50.10)",
  },
  {
    name: "declaring a queue again without its x-message-ttl",
    async run(session) {
      const channel = await session.channel();
      await channel.assertQueue("ttl", { durable: false, messageTtl: 60_000 });
      return await session.outcome(channel, () => channel.assertQueue("ttl", { durable: false }))
        .then((text) => String(text).split(" but current is ")[0]);
    },
    expected: "channel: PRECONDITION_FAILED - inequivalent arg 'x-message-ttl' for queue 'ttl' " +
      "in vhost 'VHOST': received none",
  },
  {
    name: "a negative x-message-ttl",
    async run(session) {
      const channel = await session.channel();
      return await session.outcome(channel, () => channel.assertQueue("", { messageTtl: -1 }))
        .then((text) => String(text).replace(/'amq\.gen-.*/, "…"));
    },
    expected: "channel: PRECONDITION_FAILED - invalid arg 'x-message-ttl' for queue …",
  },
  {
    name: "an x-expires of zero",
    async run(session) {
      const channel = await session.channel();
      return await session.outcome(channel, () => channel.assertQueue("zero", { expires: 0 }))
        .then((text) => String(text).replace(/: [^:]*$/, ""));
    },
    expected: "channel: PRECONDITION_FAILED - invalid arg 'x-expires' for queue 'zero' in vhost " +
      "'VHOST'",
  },
  {
    name: "an x-max-length that is a text",
    async run(session) {
      const channel = await session.channel();
      const text = await session.outcome(
        channel,
        () => channel.assertQueue("texted", { arguments: { "x-max-length": "5" } }),
      );
      return String(text).replace(/: [^:]*$/, "");
    },
    expected: "channel: PRECONDITION_FAILED - invalid arg 'x-max-length' for queue 'texted' in " +
      "vhost 'VHOST'",
  },
  {
    name: "deleting a missing queue",
    async run(session) {
      const channel = await session.channel();
      return await session.outcome(channel, () => channel.deleteQueue("missing"));
    },
    expected: { messageCount: 0 },
  },
  {
    name: "deleting a queue with messages, only if it is empty",
    async run(session) {
      const channel = await session.channel();
      await channel.assertQueue("full", { durable: false });
      channel.sendToQueue("full", body("x"));
      return await session.outcome(channel, () => channel.deleteQueue("full", { ifEmpty: true }));
    },
    expected: "channel: PRECONDITION_FAILED - queue 'full' in vhost 'VHOST' not empty (50.40)",
  },
  {
    name: "deleting a queue with a consumer, only if it is unused",
    async run(session) {
      const channel = await session.channel();
      await channel.assertQueue("busy", { durable: false });
      await session.consume(channel, "busy");
      return await session.outcome(
        channel,
        () => channel.deleteQueue("busy", { ifUnused: true }),
      );
    },
    expected: "channel: PRECONDITION_FAILED - queue 'busy' in vhost 'VHOST' in use (50.40)",
  },
  {
    name: "purging a queue",
    async run(session) {
      const channel = await session.confirmChannel();
      const { queue } = await channel.assertQueue("", { exclusive: true });
      for (const text of ["a", "b", "c"]) channel.sendToQueue(queue, body(text));
      await channel.waitForConfirms();
      return [await channel.purgeQueue(queue), await channel.get(queue)];
    },
    expected: [{ messageCount: 3 }, false],
  },
  {
    name: "an auto-delete queue after its last consumer",
    async run(session) {
      const channel = await session.channel();
      await channel.assertQueue("auto", { durable: false, autoDelete: true });
      const { consumerTag } = await session.consume(channel, "auto");
      await channel.checkQueue("auto");
      await channel.cancel(consumerTag);
      return await session.outcome(channel, () => channel.checkQueue("auto"));
    },
    expected: "channel: NOT_FOUND - no queue 'auto' in vhost 'VHOST' (50.10)",
  },
  {
    name: "x-max-length drops the oldest messages",
    async run(session) {
      const channel = await session.confirmChannel();
      const { queue } = await channel.assertQueue("", { exclusive: true, maxLength: 2 });
      for (const text of ["a", "b", "c"]) channel.sendToQueue(queue, body(text));
      await channel.waitForConfirms();
      const first = await channel.get(queue, { noAck: true });
      return first && [first.content.toString(), first.fields.messageCount];
    },
    expected: ["b", 1],
  },
  {
    name: "a message whose expiration is 0",
    async run(session) {
      const channel = await session.confirmChannel();
      const { queue } = await channel.assertQueue("", { exclusive: true });
      channel.sendToQueue(queue, body("x"), { expiration: 0 });
      await channel.waitForConfirms();
      return await channel.get(queue);
    },
    expected: false,
  },
];
