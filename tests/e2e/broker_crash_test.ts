/** What a source does when its broker is killed and started again. */

import assert from "node:assert/strict";
import { Timestamp } from "../../src/time/timestamp.ts";
import { RabbitMq } from "../peers/rabbitmq.ts";
import { needing } from "../support/needing.ts";
import { makeDatabaseQueue, readDatabaseUntil } from "./database.ts";
import { Network } from "./network.ts";
import { METRIC, TestSource } from "./test_source.ts";

const needs = ["rabbitmq", "metricq"] as const;
const token = "source-test";

Deno.test(needing({ peers: needs }, {
  name:
    "Source survives a kill -9 of its broker: it registers and declares again, and loses no point",
  fn: async () => {
    await using broker = await RabbitMq.start();
    const { url } = broker;
    await makeDatabaseQueue(url);
    await using network = await Network.start({
      vhost: { name: "/", url, ctl: (...args) => broker.ctl(...args) },
    });
    await using source = new TestSource({ url });
    await source.connect();
    await source.declareMetrics({ [METRIC]: { unit: "W" } });
    const send = async (from: number, to: number) => {
      for (let i = from; i <= to; i++) {
        await source.send(METRIC, Timestamp.fromPosixNs(BigInt(i)), i);
      }
    };
    await send(1, 1000);
    await source.flush();

    await send(1001, 2000); // not confirmed yet when the broker is killed
    await broker.kill();
    await send(2001, 3000);
    await network.replaceManager({}, () => broker.restart());
    const { unit, source: declaredBy } = await network.manager.declared(METRIC);
    assert.deepEqual({ unit, declaredBy }, { unit: "W", declaredBy: token });
    await send(3001, 3001);
    await source.flush();

    const chunks = await readDatabaseUntil(url, 3001);
    assert.deepEqual(
      withoutRepeats(chunks.flat()),
      Array.from({ length: 3001 }, (_, i) => i + 1),
    );
    assert.deepEqual(await network.manager.call(token, "config", { again: true }), {});
  },
}));

/** A chunk may be there twice if the broker had it and could not say so any more. */
function withoutRepeats(values: readonly number[]): number[] {
  return [...new Set(values)];
}
