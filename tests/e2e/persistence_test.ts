/** What a durable queue has after the broker was restarted. */

import assert from "node:assert/strict";
import type { DeliveryOptions } from "../../src/outbox/delivery_options.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { RabbitMq } from "../peers/rabbitmq.ts";
import { needing } from "../support/needing.ts";
import { makeDatabaseQueue, readDatabaseUntil } from "./database.ts";
import { Network } from "./network.ts";
import { METRIC, TestSource } from "./test_source.ts";

const END = 5;
const CASES: readonly (readonly [options: DeliveryOptions, value: number, isKept: boolean])[] = [
  [{ delivery: "at-most-once" }, 1, false],
  [{ delivery: "confirmed", persistent: false }, 2, false],
  [{ delivery: "at-most-once", persistent: true }, 3, true],
  [{ delivery: "confirmed" }, 4, true],
  [{}, END, true],
];

Deno.test(needing({ peers: ["rabbitmq", "metricq"] }, {
  name: "A broker that restarts keeps what is persistent: with confirms, unless told otherwise",
  fn: async () => {
    await using broker = await RabbitMq.start();
    const { url } = broker;
    await makeDatabaseQueue(url);
    const vhost = { name: "/", url, ctl: (...args: string[]) => broker.ctl(...args) };
    await using _network = await Network.start({ vhost });
    for (const [options, value] of CASES) {
      const source = new TestSource({ url, ...options });
      await source.connect();
      await source.send(METRIC, Timestamp.fromPosixNs(BigInt(value)), value);
      await source.flush();
      await source.stop(); // the broker has read all that came before the end of the connection
      assert.deepEqual([source.stats.pointsConfirmed, source.stats.pointsDropped], [1, 0]);
    }
    await broker.restart();
    const kept = CASES.filter(([, , isKept]) => isKept).map(([, value]) => value);
    assert.deepEqual((await readDatabaseUntil(url, END)).flat(), kept);
  },
}));
