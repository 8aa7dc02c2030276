/**
 * Acknowledging, rejecting, requeueing and recovering.
 *
 * @module
 */

import type { Channel, GetMessage } from "amqplib";
import { body } from "../amqplib_session.ts";
import type { BehaviourCase } from "./behaviour_case.ts";

/** The cases. */
export const SETTLE_CASES: readonly BehaviourCase[] = [
  givenBack("requeued in order", (channel, messages) => {
    for (const message of [2, 0, 1].map((index) => messages[index])) {
      if (message) channel.nack(message, false, true);
    }
  }, "a!b!c!"),
  givenBack("several requeued at once", (channel, [, , third]) => {
    if (third) channel.nack(third, true, true);
  }, "a!b!c!"),
  givenBack("rejected for good", (channel, [first, second]) => {
    if (first) channel.reject(first, false);
    if (second) channel.reject(second, true);
  }, "b!"),
  givenBack("all requeued", (channel) => channel.nackAll(true), "a!b!c!d!"),
  givenBack("all acknowledged", (channel) => channel.ackAll(), ""),
  givenBack("recovered", (channel) => channel.recover(), "a!b!c!d!"),
  {
    name: "acknowledging an unknown delivery tag",
    async run(session) {
      const channel = await session.confirmChannel();
      const { queue } = await channel.assertQueue("", { exclusive: true });
      channel.sendToQueue(queue, body("x"));
      await channel.waitForConfirms();
      const message = await channel.get(queue);
      return message && await session.outcome(channel, () => {
        channel.ack(message);
        channel.ack(message);
      });
    },
    expected: "channel: PRECONDITION_FAILED - unknown delivery tag 1 (60.80)",
  },
  {
    name: "unsettled messages after their channel, back in the queue in order",
    async run(session) {
      const connection = await session.connect();
      const channel = await session.channel(connection);
      const other = await session.channel(connection);
      const { queue } = await other.assertQueue("", { exclusive: true });
      const inbox = await session.consume(channel, queue);
      for (const text of ["a", "b", "c"]) other.sendToQueue(queue, body(text));
      for (let count = 0; count < 3; count++) await inbox.next();
      await channel.close();
      const texts = [];
      for (let count = 0; count < 3; count++) {
        const message = await other.get(queue, { noAck: true });
        texts.push(message && [message.content.toString(), message.fields.redelivered]);
      }
      return texts;
    },
    expected: [["a", true], ["b", true], ["c", true]],
  },
  {
    name: "a message that is requeued goes to the other consumer as redelivered",
    async run(session) {
      const connection = await session.connect();
      const channel = await session.channel(connection);
      const { queue } = await channel.assertQueue("", { exclusive: true });
      await channel.prefetch(1);
      const inboxes = [
        await session.consume(channel, queue),
        await session.consume(channel, queue),
      ];
      channel.sendToQueue(queue, body("x"));
      const message = await inboxes[0]?.next();
      if (message) channel.nack(message, false, true);
      const again = await inboxes[1]?.next();
      return again && [again.content.toString(), again.fields.redelivered];
    },
    expected: ["x", true],
  },
];

/** Publishes a, b, c and d, gets all, gives some back, and tells what is in the queue then. */
function givenBack(
  name: string,
  giveBack: (channel: Channel, messages: GetMessage[]) => unknown,
  expected: string,
): BehaviourCase {
  return {
    name,
    async run(session) {
      const channel = await session.confirmChannel();
      const { queue } = await channel.assertQueue("", { exclusive: true });
      for (const text of ["a", "b", "c", "d"]) channel.sendToQueue(queue, body(text));
      await channel.waitForConfirms();
      await giveBack(channel, await session.drain(channel, queue, false));
      const messages = await session.drain(channel, queue, false);
      return messages.map(({ content, fields }) => `${content}${fields.redelivered ? "!" : ""}`)
        .join("");
    },
    expected,
  };
}
