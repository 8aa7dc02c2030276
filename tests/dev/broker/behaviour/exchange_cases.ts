/**
 * Exchanges: declaring, deleting, and what is refused.
 *
 * @module
 */

import { body } from "../amqplib_session.ts";
import type { BehaviourCase } from "./behaviour_case.ts";

/** Exchanges: the cases. */
export const EXCHANGE_CASES: readonly BehaviourCase[] = [
  {
    name: "passive declaration of a missing exchange",
    async run(session) {
      const channel = await session.channel();
      return await session.outcome(channel, () => channel.checkExchange("missing"));
    },
    expected: "channel: NOT_FOUND - no exchange 'missing' in vhost 'VHOST' (40.10)",
  },
  {
    name: "declaring an exchange twice in the same way",
    async run(session) {
      const channel = await session.channel();
      await channel.assertExchange("twice", "topic", { durable: true });
      return await channel.assertExchange("twice", "topic", { durable: true });
    },
    expected: { exchange: "twice" },
  },
  {
    name: "declaring an exchange again with another type",
    async run(session) {
      const channel = await session.channel();
      await channel.assertExchange("typed", "topic", { autoDelete: true });
      return await session.outcome(
        channel,
        () => channel.assertExchange("typed", "fanout", { autoDelete: true }),
      );
    },
    expected: "channel: PRECONDITION_FAILED - inequivalent arg 'type' for exchange 'typed' in " +
      "vhost 'VHOST': received 'fanout' but current is 'topic' (40.10)",
  },
  {
    name: "declaring an exchange again, not durable any more",
    async run(session) {
      const channel = await session.channel();
      await channel.assertExchange("lasting", "topic", { durable: true });
      return await session.outcome(
        channel,
        () => channel.assertExchange("lasting", "topic", { durable: false }),
      );
    },
    expected: "channel: PRECONDITION_FAILED - inequivalent arg 'durable' for exchange 'lasting' " +
      "in vhost 'VHOST': received 'false' but current is 'true' (40.10)",
  },
  {
    name: "declaring an exchange of an unknown type",
    async run(session) {
      const channel = await session.channel();
      return await session.outcome(channel, () => channel.assertExchange("odd", "x-odd"));
    },
    expected: "connection: COMMAND_INVALID - unknown exchange type 'x-odd'",
  },
  {
    name: "declaring an exchange with a reserved name",
    async run(session) {
      const channel = await session.channel();
      return await session.outcome(channel, () => channel.assertExchange("amq.mine", "topic"));
    },
    expected: "channel: ACCESS_REFUSED - exchange name 'amq.mine' contains reserved prefix " +
      "'amq.*' (40.10)",
  },
  {
    name: "declaring the default exchange",
    async run(session) {
      const channel = await session.channel();
      return await session.outcome(channel, () => channel.assertExchange("", "direct"));
    },
    expected: "channel: ACCESS_REFUSED - operation not permitted on the default exchange (40.10)",
  },
  {
    name: "the exchanges that are always there",
    async run(session) {
      const channel = await session.channel();
      for (const type of ["direct", "fanout", "topic", "headers"]) {
        await channel.assertExchange(`amq.${type}`, type, { durable: true });
      }
      return await channel.assertExchange("amq.match", "headers", { durable: true });
    },
    expected: { exchange: "amq.match" },
  },
  {
    name: "deleting a predeclared exchange",
    async run(session) {
      const channel = await session.channel();
      return await session.outcome(channel, () => channel.deleteExchange("amq.topic"));
    },
    expected: "channel: ACCESS_REFUSED - deletion of system exchange 'amq.topic' in vhost " +
      "'VHOST' not allowed (40.20)",
  },
  {
    name: "deleting a missing exchange",
    async run(session) {
      const channel = await session.channel();
      return await session.outcome(channel, () => channel.deleteExchange("missing"));
    },
    expected: {},
  },
  {
    name: "deleting an exchange that is in use, only if it is not",
    async run(session) {
      const channel = await session.channel();
      await channel.assertExchange("used", "fanout", { durable: false, autoDelete: true });
      const { queue } = await channel.assertQueue("", { exclusive: true });
      await channel.bindQueue(queue, "used", "");
      return await session.outcome(
        channel,
        () => channel.deleteExchange("used", { ifUnused: true }),
      );
    },
    expected: "channel: PRECONDITION_FAILED - exchange 'used' in vhost 'VHOST' in use (40.20)",
  },
  {
    name: "an auto-delete exchange after its last binding",
    async run(session) {
      const channel = await session.channel();
      await channel.assertExchange("fleeting", "fanout", { autoDelete: true });
      const { queue } = await channel.assertQueue("", { exclusive: true });
      await channel.bindQueue(queue, "fleeting", "");
      await channel.checkExchange("fleeting");
      await channel.unbindQueue(queue, "fleeting", "");
      return await session.outcome(channel, () => channel.checkExchange("fleeting"));
    },
    expected: "channel: NOT_FOUND - no exchange 'fleeting' in vhost 'VHOST' (40.10)",
  },
  {
    name: "publishing to an internal exchange",
    async run(session) {
      const channel = await session.channel();
      await channel.assertExchange("inner", "fanout", { internal: true });
      return await session.outcome(channel, () => channel.publish("inner", "", body("x")));
    },
    expected: "channel: ACCESS_REFUSED - cannot publish to internal exchange 'inner' in vhost " +
      "'VHOST' (60.40)",
  },
];
