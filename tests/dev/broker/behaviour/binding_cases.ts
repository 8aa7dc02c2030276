/**
 * Bindings, and where each type of exchange routes to.
 *
 * @module
 */

import { body } from "../amqplib_session.ts";
import type { BehaviourCase } from "./behaviour_case.ts";

const KEYS = ["", "a", "a.b", "a.b.c", "a.", ".", "b.c.a", "a.b.b.c", "*", "#", "a.*", "ä.ö"];

/** The cases. */
export const BINDING_CASES: readonly BehaviourCase[] = [
  routed("direct bindings", "direct", ["a", "a.b", "#"], KEYS, ["a", "a.b", "#"]),
  routed("fanout bindings", "fanout", ["x"], KEYS, KEYS),
  routed("topic #", "topic", ["#"], KEYS, KEYS),
  routed("topic a.#", "topic", ["a.#"], KEYS, ["a", "a.b", "a.b.c", "a.", "a.b.b.c", "a.*"]),
  routed("topic *", "topic", ["*"], KEYS, ["a", "*", "#"]),
  routed("topic *.*", "topic", ["*.*"], KEYS, ["a.b", "a.", ".", "a.*", "ä.ö"]),
  routed("topic a.*.c", "topic", ["a.*.c"], KEYS, ["a.b.c"]),
  routed("topic #.c", "topic", ["#.c"], KEYS, ["a.b.c", "a.b.b.c"]),
  routed("topic #.b.#", "topic", ["#.b.#"], KEYS, ["a.b", "a.b.c", "b.c.a", "a.b.b.c"]),
  routed("topic, empty pattern", "topic", [""], KEYS, [""]),
  routed("topic, two that match", "topic", ["a.#", "#.b"], ["a.b"], ["a.b"]),
  routed("headers without arguments", "headers", [""], ["k"], ["k"]),
  {
    name: "headers: all, any, and a void argument",
    async run(session) {
      const channel = await session.confirmChannel();
      const arrived: Record<string, string[]> = {};
      const bindings = {
        all: { "x-match": "all", a: 1, b: "two" },
        any: { "x-match": "any", a: 1, b: "two" },
        default: { a: 1, b: "two" },
        present: { a: null },
        withX: { "x-match": "all-with-x", "x-a": 1 },
        withoutX: { "x-match": "any", "x-a": 1 },
      };
      const messages = {
        both: { a: 1, b: "two", c: true },
        one: { a: 1 },
        wrong: { a: 2 },
        x: { "x-a": 1 },
        none: {},
      };
      const queues = new Map<string, string>();
      for (const [name, binding] of Object.entries(bindings)) {
        const { queue } = await channel.assertQueue("", { exclusive: true });
        await channel.bindQueue(queue, "amq.headers", "", binding);
        queues.set(name, queue);
      }
      for (const [name, headers] of Object.entries(messages)) {
        channel.publish("amq.headers", "", body(name), { headers });
      }
      await channel.waitForConfirms();
      for (const [name, queue] of queues) {
        const messages = await session.drain(channel, queue);
        arrived[name] = messages.map(({ content }) => content.toString());
      }
      return arrived;
    },
    expected: {
      all: ["both"],
      any: ["both", "one"],
      default: ["both"],
      present: ["both", "one", "wrong"],
      withX: ["x"],
      withoutX: [],
    },
  },
  {
    name: "binding to a missing exchange",
    async run(session) {
      const channel = await session.channel();
      const { queue } = await channel.assertQueue("", { exclusive: true });
      return await session.outcome(channel, () => channel.bindQueue(queue, "missing", ""));
    },
    expected: "channel: NOT_FOUND - no exchange 'missing' in vhost 'VHOST' (50.20)",
  },
  {
    name: "binding a missing queue",
    async run(session) {
      const channel = await session.channel();
      return await session.outcome(channel, () => channel.bindQueue("missing", "amq.topic", ""));
    },
    expected: "channel: NOT_FOUND - no queue 'missing' in vhost 'VHOST' (50.20)",
  },
  {
    name: "binding to the default exchange",
    async run(session) {
      const channel = await session.channel();
      const { queue } = await channel.assertQueue("", { exclusive: true });
      return await session.outcome(channel, () => channel.bindQueue(queue, "", "x"));
    },
    expected: "channel: ACCESS_REFUSED - operation not permitted on the default exchange (50.20)",
  },
  {
    name: "removing a binding that is not there",
    async run(session) {
      const channel = await session.channel();
      const { queue } = await channel.assertQueue("", { exclusive: true });
      return await session.outcome(channel, () => channel.unbindQueue(queue, "amq.topic", "x"));
    },
    expected: {},
  },
  {
    name: "removing a binding from a missing exchange",
    async run(session) {
      const channel = await session.channel();
      const { queue } = await channel.assertQueue("", { exclusive: true });
      return await session.outcome(channel, () => channel.unbindQueue(queue, "missing", "x"));
    },
    expected: {},
  },
  {
    name: "removing a binding of a missing queue",
    async run(session) {
      const channel = await session.channel();
      return await session.outcome(channel, () => channel.unbindQueue("missing", "amq.topic", "x"));
    },
    expected: {},
  },
  {
    name: "a headers binding with an unknown x-match",
    async run(session) {
      const channel = await session.channel();
      const { queue } = await channel.assertQueue("", { exclusive: true });
      const text = await session.outcome(
        channel,
        () => channel.bindQueue(queue, "amq.headers", "", { "x-match": "some" }),
      );
      return String(text).slice(0, "channel: PRECONDITION_FAILED".length);
    },
    expected: "channel: PRECONDITION_FAILED",
  },
  {
    name: "the same binding twice, then removed once",
    async run(session) {
      const channel = await session.confirmChannel();
      const { queue } = await channel.assertQueue("", { exclusive: true });
      await channel.bindQueue(queue, "amq.topic", "twice");
      await channel.bindQueue(queue, "amq.topic", "twice");
      channel.publish("amq.topic", "twice", body("1"));
      await channel.unbindQueue(queue, "amq.topic", "twice");
      channel.publish("amq.topic", "twice", body("2"));
      await channel.waitForConfirms();
      return await channel.checkQueue(queue).then(({ messageCount }) => messageCount);
    },
    expected: 1,
  },
  {
    name: "unbinding exchanges one of which is deleted",
    async run(session) {
      const channel = await session.confirmChannel();
      await channel.assertExchange("unbound", "fanout", { autoDelete: true });
      await channel.bindExchange("unbound", "amq.topic", "x");
      await channel.deleteExchange("unbound");
      await channel.unbindExchange("unbound", "amq.topic", "x");
      await channel.unbindExchange("amq.topic", "unbound", "x");
      return await session.outcome(
        channel,
        () => channel.unbindExchange("amq.topic", "amq.direct", "x"),
      );
    },
    expected: {},
  },
  {
    name: "exchanges bound in a circle",
    async run(session) {
      const channel = await session.confirmChannel();
      const { queue } = await channel.assertQueue("", { exclusive: true });
      for (const name of ["circle1", "circle2"]) await channel.assertExchange(name, "fanout");
      await channel.bindExchange("circle1", "circle2", "");
      await channel.bindExchange("circle2", "circle1", "");
      await channel.bindQueue(queue, "circle1", "");
      await channel.bindQueue(queue, "circle2", "");
      channel.publish("circle1", "", body("x"));
      await channel.waitForConfirms();
      const { messageCount } = await channel.checkQueue(queue);
      await channel.unbindExchange("circle2", "circle1", "");
      channel.publish("circle1", "", body("x"));
      await channel.waitForConfirms();
      return [messageCount, (await channel.checkQueue(queue)).messageCount];
    },
    expected: [1, 2],
  },
];

/** Which of the routing keys reach a queue with the given bindings. */
function routed(
  name: string,
  type: string,
  patterns: readonly string[],
  keys: readonly string[],
  expected: readonly string[],
): BehaviourCase {
  return {
    name,
    async run(session) {
      const channel = await session.confirmChannel();
      const { queue } = await channel.assertQueue("", { exclusive: true });
      for (const pattern of patterns) await channel.bindQueue(queue, `amq.${type}`, pattern);
      for (const key of keys) channel.publish(`amq.${type}`, key, body(key));
      await channel.waitForConfirms();
      const messages = await session.drain(channel, queue);
      return messages.map(({ fields }) => fields.routingKey);
    },
    expected,
  };
}
