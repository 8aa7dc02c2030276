import assert from "node:assert/strict";
import { sharedVhost } from "../peers/shared_broker.ts";
import { Events } from "../support/events.ts";
import { needing } from "../support/needing.ts";
import { openSession } from "./open_session.ts";

Deno.test(needing({ peers: ["rabbitmq"] }, {
  name: "QueueConsumer acknowledges what arrives before it is known itself",
  fn: async () => {
    const { url } = await sharedVhost();
    const session = await openSession(url);
    await session.declareExclusiveQueue("waiting");
    for (let at = 0; at < 5; at++) {
      await session.publish("", "waiting", Uint8Array.of(at), {});
    }
    const received = new Events<number>();
    // One at a time, so that the second comes only if the first was acknowledged.
    const consumer = await session.openConsumer({
      queue: "waiting",
      prefetch: 1,
      onDelivery: ({ body, tag }, acknowledge) => {
        received.add(body[0] ?? -1);
        acknowledge(tag);
      },
    });
    await received.nth(5);
    assert.deepEqual(received.all, [0, 1, 2, 3, 4]);
    await consumer.close();
    await session.close();
  },
}));
