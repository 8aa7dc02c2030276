/**
 * Publishing: properties, bodies, returns and confirms.
 *
 * @module
 */

import { body } from "../amqplib_session.ts";
import type { BehaviourCase } from "./behaviour_case.ts";

/** Publishing: the cases. */
export const PUBLISH_CASES: readonly BehaviourCase[] = [
  {
    name: "publishing to a missing exchange",
    async run(session) {
      const channel = await session.channel();
      return await session.outcome(channel, () => channel.publish("missing", "k", body("x")));
    },
    expected: "channel: NOT_FOUND - no exchange 'missing' in vhost 'VHOST' (60.40)",
  },
  {
    name: "a mandatory message that no queue takes",
    async run(session) {
      const channel = await session.confirmChannel();
      const returned = Promise.withResolvers<unknown>();
      let confirmed = false;
      channel.on("return", ({ fields, properties, content }) =>
        returned.resolve({
          ...fields,
          type: properties.type,
          content: content.toString(),
          confirmed,
        }));
      channel.publish("amq.topic", "nobody", body("x"), { mandatory: true, type: "t" }, () => {
        confirmed = true;
      });
      await channel.waitForConfirms();
      return await returned.promise;
    },
    expected: {
      replyCode: 312,
      replyText: "NO_ROUTE",
      exchange: "amq.topic",
      routingKey: "nobody",
      type: "t",
      content: "x",
      confirmed: false,
    },
  },
  {
    name: "properties and a body of many frames",
    async run(session) {
      const channel = await session.channel();
      const { queue } = await channel.assertQueue("", { exclusive: true });
      const inbox = await session.consume(channel, queue, { noAck: true });
      const content = body("0123456789".repeat(100_000));
      const headers = {
        text: "ä",
        number: 1,
        list: [1, "a"],
        nested: { flag: true },
        void: null,
      };
      channel.sendToQueue(queue, content, {
        headers,
        contentType: "application/json",
        contentEncoding: "utf-8",
        persistent: true,
        priority: 3,
        correlationId: "correlation",
        replyTo: "reply",
        messageId: "message",
        timestamp: 1_700_000_000,
        type: "type",
        userId: "guest",
        appId: "app",
      });
      const message = await inbox.next();
      return message && {
        ...message.properties,
        sameBody: content.equals(message.content),
        redelivered: message.fields.redelivered,
        exchange: message.fields.exchange,
      };
    },
    expected: {
      headers: { text: "ä", number: 1, list: [1, "a"], nested: { flag: true }, void: null },
      contentType: "application/json",
      contentEncoding: "utf-8",
      deliveryMode: 2,
      priority: 3,
      correlationId: "correlation",
      replyTo: "reply",
      expiration: undefined,
      messageId: "message",
      timestamp: 1_700_000_000,
      type: "type",
      userId: "guest",
      appId: "app",
      clusterId: undefined,
      sameBody: true,
      redelivered: false,
      exchange: "",
    },
  },
  {
    name: "an empty body",
    async run(session) {
      const channel = await session.channel();
      const { queue } = await channel.assertQueue("", { exclusive: true });
      const inbox = await session.consume(channel, queue, { noAck: true });
      channel.sendToQueue(queue, body(""), { type: "end" });
      const message = await inbox.next();
      return message && [message.content.length, message.properties.type];
    },
    expected: [0, "end"],
  },
  {
    name: "a message in another user's name",
    async run(session) {
      const channel = await session.channel();
      return await session.outcome(
        channel,
        () => channel.publish("amq.topic", "k", body("x"), { userId: "somebody" }),
      );
    },
    expected: "channel: PRECONDITION_FAILED - user_id property set to 'somebody' but " +
      "authenticated user was 'guest' (60.40)",
  },
  {
    name: "an expiration that is not a number",
    async run(session) {
      const channel = await session.channel();
      const text = await session.outcome(
        channel,
        () => channel.publish("amq.topic", "k", body("x"), { expiration: "soon" }),
      );
      return String(text).slice(
        0,
        "channel: PRECONDITION_FAILED - invalid expiration 'soon'".length,
      );
    },
    expected: "channel: PRECONDITION_FAILED - invalid expiration 'soon'",
  },
  {
    name: "confirms of many messages",
    async run(session) {
      const channel = await session.confirmChannel();
      let confirmed = 0;
      for (let count = 0; count < 1000; count++) {
        channel.publish("amq.topic", "nobody", body("x"), {}, (error) => error ?? confirmed++);
      }
      await channel.waitForConfirms();
      return confirmed;
    },
    expected: 1000,
  },
];
