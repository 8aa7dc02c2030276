/**
 * Consuming and getting, and the windows of consumers.
 *
 * @module
 */

import { body } from "../amqplib_session.ts";
import type { BehaviourCase } from "./behaviour_case.ts";

/** Consuming and getting: the cases. */
export const CONSUME_CASES: readonly BehaviourCase[] = [
  {
    name: "consuming a missing queue",
    async run(session) {
      const channel = await session.channel();
      return await session.outcome(channel, () => channel.consume("missing", () => {}));
    },
    expected: "channel: NOT_FOUND - no queue 'missing' in vhost 'VHOST' (60.20)",
  },
  {
    name: "a consumer tag that is in use",
    async run(session) {
      const channel = await session.channel();
      const { queue } = await channel.assertQueue("", { exclusive: true });
      await channel.consume(queue, () => {}, { consumerTag: "tag" });
      return await session.outcome(
        channel,
        () => channel.consume(queue, () => {}, { consumerTag: "tag" }),
      );
    },
    expected: "connection: NOT_ALLOWED - attempt to reuse consumer tag 'tag'",
  },
  {
    name: "consuming beside an exclusive consumer",
    async run(session) {
      const channel = await session.channel();
      await channel.assertQueue("exclusive", { durable: false, autoDelete: true });
      await channel.consume("exclusive", () => {}, { exclusive: true });
      return await session.outcome(channel, () => channel.consume("exclusive", () => {}));
    },
    expected: "channel: ACCESS_REFUSED - queue 'exclusive' in vhost 'VHOST' in exclusive use " +
      "(60.20)",
  },
  {
    name: "consuming exclusively beside another consumer",
    async run(session) {
      const channel = await session.channel();
      await channel.assertQueue("wanted", { durable: false, autoDelete: true });
      await channel.consume("wanted", () => {});
      return await session.outcome(
        channel,
        () => channel.consume("wanted", () => {}, { exclusive: true }),
      );
    },
    expected: "channel: ACCESS_REFUSED - queue 'wanted' in vhost 'VHOST' in exclusive use (60.20)",
  },
  {
    name: "cancelling a consumer that is not there",
    async run(session) {
      const channel = await session.channel();
      return await session.outcome(channel, () => channel.cancel("nobody"));
    },
    expected: { consumerTag: "nobody" },
  },
  {
    name: "a consumer whose queue is deleted",
    async run(session) {
      const channel = await session.channel();
      const { queue } = await channel.assertQueue("", { exclusive: true });
      const inbox = await session.consume(channel, queue);
      await channel.deleteQueue(queue);
      return await inbox.next();
    },
    expected: null,
  },
  {
    name: "consumers take turns",
    async run(session) {
      const channel = await session.channel();
      const { queue } = await channel.assertQueue("", { exclusive: true });
      const inboxes = [
        await session.consume(channel, queue, { noAck: true }),
        await session.consume(channel, queue, { noAck: true }),
      ];
      for (let count = 0; count < 4; count++) channel.sendToQueue(queue, body(`${count}`));
      return await Promise.all(
        inboxes.map(async (inbox) => {
          const texts = [await inbox.next(), await inbox.next()];
          return texts.map((message) => message?.content.toString());
        }),
      );
    },
    expected: [["0", "2"], ["1", "3"]],
  },
  {
    name: "the prefetch window of a consumer",
    async run(session) {
      const channel = await session.confirmChannel();
      const { queue } = await channel.assertQueue("", { exclusive: true });
      await channel.prefetch(2);
      const inbox = await session.consume(channel, queue);
      for (let count = 0; count < 5; count++) channel.sendToQueue(queue, body(`${count}`));
      await channel.waitForConfirms();
      const first = await inbox.next();
      const second = await inbox.next();
      const before = (await channel.checkQueue(queue)).messageCount;
      if (first) channel.ack(first);
      const third = await inbox.next();
      const after = (await channel.checkQueue(queue)).messageCount;
      return [second, third].map((message) => message?.content.toString()).concat([
        `${before} wait, then ${after}`,
      ]);
    },
    expected: ["1", "2", "3 wait, then 2"],
  },
  {
    name: "the prefetch window that consumers of a channel share",
    async run(session) {
      const channel = await session.confirmChannel();
      const { queue } = await channel.assertQueue("", { exclusive: true });
      await channel.prefetch(3, true);
      const inboxes = [
        await session.consume(channel, queue),
        await session.consume(channel, queue),
      ];
      for (let count = 0; count < 10; count++) channel.sendToQueue(queue, body(`${count}`));
      await channel.waitForConfirms();
      await Promise.all(inboxes.map((inbox) => inbox.next()));
      return (await channel.checkQueue(queue)).messageCount;
    },
    expected: 7,
  },
  {
    name: "a message that expires at once, and a consumer that is ready",
    async run(session) {
      const channel = await session.channel();
      const { queue } = await channel.assertQueue("", { exclusive: true });
      const inbox = await session.consume(channel, queue, { noAck: true });
      channel.sendToQueue(queue, body("x"), { expiration: 0 });
      return (await inbox.next())?.content.toString();
    },
    expected: "x",
  },
  {
    name: "getting a message",
    async run(session) {
      const channel = await session.confirmChannel();
      const { queue } = await channel.assertQueue("", { exclusive: true });
      for (const text of ["a", "b"]) channel.sendToQueue(queue, body(text));
      await channel.waitForConfirms();
      const message = await channel.get(queue);
      return message && {
        ...message.fields,
        routingKey: message.fields.routingKey === queue,
        text: message.content.toString(),
      };
    },
    expected: {
      deliveryTag: 1,
      redelivered: false,
      exchange: "",
      routingKey: true,
      messageCount: 1,
      text: "a",
    },
  },
  {
    name: "getting from a missing queue",
    async run(session) {
      const channel = await session.channel();
      return await session.outcome(channel, () => channel.get("missing"));
    },
    expected: "channel: NOT_FOUND - no queue 'missing' in vhost 'VHOST' (60.70)",
  },
];
