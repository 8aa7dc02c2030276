/** What a sink receives on RabbitMQ, with a manager that is not ours. */

import assert from "node:assert/strict";
import { Sink } from "../../src/sink/sink.ts";
import type { SinkChunk } from "../../src/sink/sink_chunk.ts";
import type { Subscription } from "../../src/sink/subscription.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { PythonPeer } from "../peers/python_peer.ts";
import { RabbitMq } from "../peers/rabbitmq.ts";
import { LogRecords } from "../support/log_records.ts";
import { needing } from "../support/needing.ts";
import { deleteDataQueues, Network } from "./network.ts";
import { METRIC, TestSource } from "./test_source.ts";

const needs = ["rabbitmq", "metricq"] as const;
const token = "sink-test";
const START_NS = 1_700_000_000_000_000_000n;
const NS_PER_MS = 1_000_000n;

// Ten million in the long run of `deno task faults`.
const POINTS = Number(
  Deno.permissions.querySync({ name: "env" }).state === "granted" &&
      Deno.env.get("METRICQ_SINK_POINTS") || 200_000,
);
const POINTS_PER_CHUNK = 100;

async function read(chunks: Subscription, points: number): Promise<SinkChunk[]> {
  const all: SinkChunk[] = [];
  while (chunks.stats.points < points) {
    const { value, done } = await chunks.next();
    if (done) break;
    all.push(value);
  }
  return all;
}

/** Sends points of a millisecond's distance whose values are their numbers. */
async function sendNumbers(source: TestSource, from: number, to: number): Promise<void> {
  for (let first = from; first < to; first += 10_000) {
    const count = Math.min(10_000, to - first);
    const numbers = Float64Array.from({ length: count }, (_, at) => first + at);
    const timesNs = BigInt64Array.from(numbers, (n) => START_NS + BigInt(n) * NS_PER_MS);
    await source.sendMany(METRIC, timesNs, numbers);
  }
  await source.flush();
}

Deno.test(needing({ peers: needs }, {
  name: "Sink receives a Python source's points to the nanosecond and the bit",
  fn: async () => {
    await using network = await Network.start({ configs: { "source-python": { rate: 2 } } });
    await using sink = new Sink({ token, url: network.url });
    await sink.connect();
    await using chunks = sink.subscribe([METRIC]);
    assert.deepEqual(await chunks.metadata, { [METRIC]: {} });
    await using _source = new PythonPeer("source.py", network.url, "source-python", METRIC);

    const [first, second] = await read(chunks, 3);
    assert.deepEqual([...first?.timesNs ?? []], [
      1_700_000_000_123_456_789n,
      1_700_000_000_123_456_790n,
    ]);
    assert.deepEqual([...first?.values ?? []], [0.1, -0]);
    assert.deepEqual([...second?.timesNs ?? []], [3n]); // earlier, and not taken for a repetition
    assert.deepEqual([...second?.values ?? []], [NaN]);
    assert.ok(
      (await network.connections()).some((name) => /^data connection sink-test\./.test(name)),
    );
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Subscription.add() and remove() take effect in the order in which they were called",
  fn: async () => {
    await using network = await Network.start();
    await using sink = new Sink({ token, url: network.url });
    await sink.connect();
    await using source = new TestSource({ token: "source-order", url: network.url });
    await source.connect();
    await using chunks = sink.subscribe([METRIC]);
    const [off, on] = ["example.order.off", "example.order.on"];
    for (let round = 0; round < 5; round++) {
      await Promise.all([
        chunks.add([off]),
        chunks.remove([off, on]),
        chunks.add([on]),
        chunks.add([off]),
        chunks.remove([off]),
      ]);
      for (const metric of [off, on, METRIC]) await source.send(metric, Timestamp.now(), round);
      const received = await read(chunks, 2 * (round + 1));
      assert.deepEqual(received.map(({ metric }) => metric), [on, METRIC]);
    }
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Sink leaves to the broker what its reader has not come to",
  fn: async () => {
    await using network = await Network.start();
    await using sink = new Sink({ token, url: network.url });
    await sink.connect();
    await using chunks = sink.subscribe([METRIC], { prefetch: 10 });
    await chunks.metadata;
    await using source = new TestSource({ url: network.url });
    await source.connect();
    await sendNumbers(source, 0, 1000);
    await read(chunks, 1);

    const table: { messages: number; messages_unacknowledged: number }[] = JSON.parse(
      await network.vhost.ctl(
        ...["list_queues", "--formatter", "json", "-p", network.vhost.name],
        ...["messages", "messages_unacknowledged", "name"],
      ),
    );
    const queue = table.find(({ messages }) => messages > 0);
    assert.deepEqual(
      { messages: queue?.messages, unacknowledged: queue?.messages_unacknowledged },
      { messages: 1000, unacknowledged: 10 },
    );
    assert.equal((await read(chunks, 1000)).length, 999);
  },
}));

Deno.test(needing({ peers: needs }, {
  name:
    "Sink with a durable queue gives each point once and in order, though its broker is killed twice",
  timeout: 1_200_000,
  fn: async () => {
    await using broker = await RabbitMq.start();
    const { url } = broker;
    await using network = await Network.start({
      vhost: { name: "/", url, ctl: (...args) => broker.ctl(...args) },
    });
    await using sink = new Sink({ token, url, addUuid: false });
    await sink.connect();
    await using chunks = sink.subscribe([METRIC], { durable: true });
    await chunks.metadata;
    // Of 10 million points more come during an outage than an outbox has room for.
    await using source = new TestSource({ url, chunkSize: POINTS_PER_CHUNK, onFull: "wait" });
    await source.connect();

    const sending = sendNumbers(source, 0, POINTS);
    sending.catch(() => {}); // what the reader finds is told first
    let next = 0;
    for (const kills of [1, 2, 3]) {
      const until = Math.floor(POINTS * kills / 3);
      for await (const { timesNs, values } of chunksUntil(chunks, until)) {
        for (const [at, value] of values.entries()) {
          assert.equal(value, next);
          assert.equal(timesNs[at], START_NS + BigInt(next) * NS_PER_MS);
          next++;
        }
      }
      if (kills < 3) {
        await network.replaceManager({}, () => broker.kill().then(() => broker.restart()));
      }
    }
    await sending;
    assert.equal(next, POINTS);
    assert.equal(source.stats.pointsDropped, 0);
  },
}));

async function* chunksUntil(chunks: Subscription, points: number): AsyncGenerator<SinkChunk> {
  while (chunks.stats.points < points) {
    const { value, done } = await chunks.next();
    if (done) throw new Error(`The subscription has ended after ${chunks.stats.points} points`);
    yield value;
  }
}

Deno.test(needing({ peers: needs }, {
  name: "Sink tells which time may be missing when its queue is gone, and subscribes again",
  fn: async () => {
    await using network = await Network.start();
    await using logged = await LogRecords.capture();
    await using sink = new Sink({ token, url: network.url });
    await sink.connect();
    await using chunks = sink.subscribe([METRIC]);
    await chunks.metadata;
    await using source = new TestSource({ url: network.url });
    await source.connect();
    await sendNumbers(source, 0, 1);
    await read(chunks, 1);
    await deleteDataQueues(network.vhost);
    await logged.logged(
      "warning",
      /^sink-test\.\w+: points from 2023-11-14T22:13:20.* to .* may be missing/,
    );
    await sendNumbers(source, 1, 2);
    const [chunk] = await read(chunks, 2);
    assert.deepEqual([...chunk?.values ?? []], [1]);
  },
}));
