/** What a source promises about the way of its points. */

import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { ServerAddress } from "../../src/amqp/server_address.ts";
import { AmqpSession } from "../../src/amqp/session.ts";
import { systemTransport } from "../../src/amqp/transport.ts";
import { decodeChunk } from "../../src/chunk/decode_chunk.ts";
import { PublishFailed, SpoolFailed } from "../../src/errors.ts";
import type { PointsLost } from "../../src/outbox/delivery_options.ts";
import type { StoredChunk } from "../../src/outbox/spool_storage.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { TestNetwork } from "../../src/testing/test_network.ts";
import { systemClock } from "../../src/time/clock.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { Network } from "../e2e/network.ts";
import { METRIC, TestSource } from "../e2e/test_source.ts";
import { LineProgram } from "../peers/line_program.ts";
import { RabbitMq } from "../peers/rabbitmq.ts";
import { ReferenceManager } from "../peers/reference_manager.ts";
import { ReferenceSink } from "../peers/reference_sink.ts";
import { LogRecords } from "../support/log_records.ts";
import { needing } from "../support/needing.ts";
import {
  changeChunk,
  readSpool,
  someChunks,
  spoolBytes,
  writeSpool,
} from "../spool/damaged_spool.ts";
import { NEEDS, SpoolFolder } from "./spool_folder.ts";

const needs = ["rabbitmq", "metricq"] as const;
const UNUSED = "amqp://localhost/";

function at(number: number): Timestamp {
  return new Timestamp(1_700_000_000 + number, 0);
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

Deno.test('Source.send() with "fail" does not take a point that would complete a chunk when there is no room', async () => {
  const source = new TestSource({
    url: UNUSED,
    onFull: "fail",
    outboxMaxBytes: 1,
    chunkSize: 2,
  });
  for (const i of range(3)) await source.send(METRIC, at(i), i);
  await assert.rejects(source.send(METRIC, at(3), 3), {
    name: "PublishFailed",
    metric: METRIC,
    points: 1,
    message: `Cannot publish 1 point of metric "${METRIC}": the outbox is full`,
  });
  assert.equal(source.metric(METRIC).pendingPoints, 1);
  assert.equal(source.stats.pointsSent, 3);

  await assert.rejects(source.flush(), { name: "PublishFailed", metric: METRIC, points: 1 });
  assert.equal(source.metric(METRIC).pendingPoints, 1);
  await source.stop();
});

Deno.test('Source.send() with "wait" takes the point, and resolves when there is room or the source stops', async () => {
  const source = new TestSource({ url: UNUSED, onFull: "wait", outboxMaxBytes: 1 });
  let isResolved = false;
  const sent = source.send(METRIC, at(0), 0).then(() => isResolved = true);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isResolved, false);
  assert.equal(source.stats.pointsBuffered, 1);
  const stopped = source.stop();
  await sent;
  await stopped;
});

const FLUSHES = {
  "Source.flush()": (source: TestSource) => source.flush(),
  "SourceMetric.flush()": (source: TestSource, metrics: readonly string[]) =>
    Promise.all(metrics.map((metric) => source.metric(metric).flush())),
};

for (const [name, flush] of Object.entries(FLUSHES)) {
  Deno.test(needing({ permissions: [{ name: "net" }, { name: "sys", kind: "hostname" }] }, {
    name: `${name} with "wait" waits for room, however many metrics have points`,
    fn: async () => {
      await using network = await TestNetwork.start();
      const outboxMaxBytes = 3000;
      await using source = new TestSource({
        url: network.url,
        onFull: "wait",
        outboxMaxBytes,
        chunkSize: 1000,
      });
      await source.connect();
      network.pause();
      const metrics = range(50).map((i) => `${METRIC}.${i}`);
      for (const metric of metrics) await source.send(metric, at(0), 0);
      const flushed = flush(source, metrics);
      await new Promise((resolve) => setImmediate(resolve));
      const { bufferedBytes } = source.stats;
      assert(outboxMaxBytes < bufferedBytes && bufferedBytes < 2 * outboxMaxBytes);
      network.resume();
      await flushed;
      assert.equal(source.stats.pointsConfirmed, metrics.length);
    },
  }));
}

Deno.test("Source.stats accounts for every point, also for those in chunks that are not full", async () => {
  const source = new TestSource({ url: UNUSED, chunkSize: 10, outboxMaxBytes: 3 * 300 });
  for (const i of range(55)) await source.send(METRIC, at(i), i);
  const { stats } = source;
  assert.equal(stats.pointsSent, 55);
  assert.equal(stats.pointsSent, stats.pointsDropped + stats.pointsBuffered);
  assert(stats.pointsDropped > 0 && stats.pointsDropped % 10 === 0);
  assert(stats.bufferedBytes <= 900);
  assert.equal(stats.reconnects, 0);
  await source.stop();
});

Deno.test("Source.stop() reports points that remain unsent, and send() is refused afterwards", async () => {
  await using logged = await LogRecords.capture();
  const losses: PointsLost[] = [];
  const source = new TestSource({
    url: UNUSED,
    chunkSize: 10,
    stopTimeout: "1ms",
    onPointsLost: (loss) => losses.push(loss),
  });
  for (const i of range(25)) await source.send(METRIC, at(i), i);
  await source.stop();
  assert.deepEqual(losses, [{ metric: METRIC, points: 25, reason: "stopped" }]);
  assert.deepEqual([...logged.messages("warning"), ...logged.messages("error")], [
    "source-test has lost 25 points of 1 metric: it was stopped before the broker had confirmed them",
  ]);
  assert.equal(source.stats.pointsDropped, 25);
  assert.equal(source.stats.pointsBuffered, 0);
  await assert.rejects(source.send(METRIC, at(25), 25), {
    name: "PublishFailed",
    message: /: the source has stopped$/,
  });
});

Deno.test(needing({ permissions: [{ name: "net" }, { name: "sys", kind: "hostname" }] }, {
  name: "Source keeps its chunks in what openSpool opens",
  fn: async () => {
    await using network = await TestNetwork.start();
    const opened: string[] = [];
    const stored = new Map<number, StoredChunk>();
    const storage = {
      path: "memory",
      measure: () => ({ chunks: 0, points: 0, bytes: 0, nextSequence: 0 }),
      write: (added: Iterable<StoredChunk>, removed: Iterable<number>) => {
        for (const chunk of added) stored.set(chunk.sequence, chunk);
        for (const sequence of removed) stored.delete(sequence);
      },
      read: () => [],
      close: () => {},
    };
    await using source = new TestSource({
      url: network.url,
      spool: "/some/where.db",
      openSpool: (path, token) => {
        opened.push(path, token);
        return Promise.resolve(storage);
      },
    });
    await source.connect();
    network.pause();
    await source.send(METRIC, at(1), 1);
    assert.deepEqual(opened, ["/some/where.db", "source-test"]);
    assert.deepEqual([...stored.values()].map(({ metric }) => metric), [METRIC]);
    network.resume();
    await source.flush();
    await source.stop();
    assert.deepEqual([...stored.values()], []);
  },
}));

Deno.test(needing({ permissions: [...NEEDS, { name: "net" }, { name: "sys", kind: "hostname" }] }, {
  name: "Source with a damaged spool sends what is whole, and counts and tells the rest",
  fn: async () => {
    await using logged = await LogRecords.capture();
    await using folder = await SpoolFolder.make();
    await using network = await TestNetwork.start();
    const made = someChunks(20);
    const { closed } = await spoolBytes(folder.file, made);
    const damaged = made[7] ?? assert.fail();
    await Deno.writeFile(folder.file, changeChunk(closed.file, damaged));
    const losses: PointsLost[] = [];
    const source = new TestSource({
      url: network.url,
      spool: folder.file,
      onPointsLost: (loss) => losses.push(loss),
    });
    await source.connect();
    await source.send(METRIC, new Timestamp(1_700_000_001, 0), 1);
    await source.flush();
    await source.stop();
    const { metric, points } = damaged;
    assert.deepEqual(losses, [{ metric, points, reason: "damaged" }]);
    const all = made.reduce((sum, one) => sum + one.points, 0);
    const { stats } = source;
    assert.deepEqual(
      [stats.pointsRecovered, stats.pointsDropped, stats.pointsConfirmed, stats.pointsSent],
      [all, points, all - points + 1, 1],
    );
    assert.deepEqual([stats.chunksRecovered, stats.chunksDropped], [20, 1]);
    assert.deepEqual(logged.messages("error"), [
      `${folder.file} is damaged: 1 chunk with ${points} points are lost, and set aside in it: ` +
      `${points} points of ${metric}`,
      `source-test has lost ${points} points of 1 metric: they were in its spool, which is damaged`,
    ]);
  },
}));

Deno.test(needing({ permissions: [...NEEDS, { name: "net" }, { name: "sys", kind: "hostname" }] }, {
  name:
    "Source with a spool that is killed in an outage loses the points of the last chunkAge at most",
  fn: async () => {
    await using folder = await SpoolFolder.make();
    await using network = await TestNetwork.start();
    const clock = new ManualClock();
    await using source = new TestSource({
      url: `${network.url}?heartbeat=0`,
      spool: folder.file,
      chunkSize: 1000,
      clock,
    });
    await source.connect();
    network.pause();
    for (const i of range(25)) {
      await source.send(METRIC, at(i), i);
      await clock.advance(1);
    }
    // What is on the disk is all that is left of a process that is killed.
    const left = `${folder.file}-left`;
    await writeSpool(left, {
      file: await Deno.readFile(folder.file),
      log: await Deno.readFile(`${folder.file}-wal`),
    });
    const { chunks } = await readSpool(left);
    const values = chunks.flatMap(({ body }) => [...decodeChunk(body).values]);
    assert.deepEqual(values, range(20));
    network.resume();
  },
}));

Deno.test("Source refuses a spool for a token that is different at every start", () => {
  assert.throws(() => new TestSource({ url: UNUSED, spool: "x.db", addUuid: true }), {
    name: "TypeError",
    message: /^Cannot use spool: addUuid is given, a token that is the same/,
  });
});

Deno.test(needing({ peers: needs }, {
  name: "Source with a spool that is damaged does not connect, and says why",
  fn: async () => {
    await using network = await Network.start();
    await using folder = await SpoolFolder.make();
    await Deno.writeTextFile(folder.file, "Dear diary");
    const source = new TestSource({ url: network.url, spool: folder.file });
    await assert.rejects(source.connect(), (error) => {
      assert(error instanceof Error && error.cause instanceof SpoolFailed);
      assert.equal(error.name, "ConnectFailed");
      assert.match(error.message, /Cannot use spool ".*spool\.db": it is not a spool$/);
      return true;
    });
    assert.equal(await Deno.readTextFile(folder.file), "Dear diary");
  },
}));

Deno.test(needing({ peers: needs }, {
  name: 'Source with "at-most-once" delivers, and counts what is handed over',
  fn: async () => {
    await using network = await Network.start();
    const sink = await network.sink(METRIC);
    await using source = new TestSource({ url: network.url, delivery: "at-most-once" });
    await source.connect();
    for (const i of range(5000)) await source.send(METRIC, at(i), i);
    await source.flush();
    assert.equal(source.stats.pointsConfirmed, 5000);
    const points = await sink.waitForPoints(METRIC, 5000);
    assert.deepEqual(points.map(({ value }) => value), range(5000));
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source sends chunks again that a full queue has refused, without losing one",
  fn: async () => {
    await using network = await Network.start();
    const { vhost } = network;
    const sink = await network.sink(METRIC);
    const address = ServerAddress.parse(network.url);
    const session = await AmqpSession.open(address, {
      name: "t",
      tls: {},
      clock: systemClock,
      transport: systemTransport,
    });
    const policy = JSON.stringify({ overflow: "reject-publish", "max-length": 1 });
    await vhost.ctl("set_policy", "-p", vhost.name, "small", "^small$", policy);
    await session.arrange(async (topology) => {
      await topology.declareQueue("small");
      await topology.bindQueue("small", "metricq.data", "#");
    });
    await using source = new TestSource({ url: network.url });
    await source.connect();
    await source.send(METRIC, at(0), 0);
    await source.flush();
    // The queue is full now, and every further message is refused until it is gone.
    for (const i of range(20)) await source.send(METRIC, at(i + 1), i + 1);
    await sink.waitForPoints(METRIC, 22);
    assert.equal(source.stats.pointsConfirmed, 1);
    await session.arrange((topology) => topology.deleteQueue("small"));
    await source.flush();
    await session.close();

    const { stats } = source;
    assert.deepEqual([stats.pointsConfirmed, stats.pointsDropped], [21, 0]);
    assert(stats.pointsResent >= 20);
    const values = sink.points(METRIC).map(({ value }) => value);
    assert.deepEqual([...new Set(values)], range(21));
  },
}));

function start(...args: string[]): LineProgram {
  const path = new URL("spool_program.ts", import.meta.url).pathname;
  return LineProgram.start(Deno.execPath(), ["run", "-A", path, ...args]);
}

Deno.test(needing({ peers: needs }, {
  name: "Source with a spool loses nothing when it is killed in an outage",
  fn: async () => {
    await using rabbitMq = await RabbitMq.start();
    await using _manager = await ReferenceManager.start({ server: rabbitMq.url });
    await using sink = await ReferenceSink.start({ server: rabbitMq.url, metrics: [METRIC] });
    await using folder = await SpoolFolder.make();
    await using killed = start(rabbitMq.url, folder.file, "0", "1000");
    assert.equal(await killed.line(), "connected");
    // The broker takes nothing any more, which is an outage as well.
    await rabbitMq.ctl("set_vm_memory_high_watermark", "absolute", "1");
    await killed.write("go");
    assert.equal(await killed.line(), "taken");
    await killed.kill();
    assert.deepEqual(sink.points(METRIC), []);
    await rabbitMq.ctl("set_vm_memory_high_watermark", "0.6");
    // The broker notices the end of a connection that it has blocked only now.
    while ((await rabbitMq.ctl("list_queues", "name")).includes("source-spooling-rpc"));

    await using restarted = start(rabbitMq.url, folder.file, "1000", "200");
    await restarted.write("go");
    await sink.waitForPoints(METRIC, 1200);
    assert.equal(await restarted.line(), "connected");
    assert.equal(await restarted.line(), "taken");
    await restarted.kill("SIGINT");
    // What was on its way when the broker said that it takes nothing is repeated.
    const values = sink.points(METRIC).map(({ value }) => value);
    assert.deepEqual([...new Set(values)], range(1200));
    const { size } = await Deno.stat(folder.file);
    assert(size < 100_000, "an empty spool is small");
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source goes on measuring while the broker is blocked, and stops within stopTimeout",
  fn: async () => {
    await using logged = await LogRecords.capture();
    await using rabbitMq = await RabbitMq.start();
    await using _manager = await ReferenceManager.start({ server: rabbitMq.url });
    const losses: PointsLost[] = [];
    const source = new TestSource({
      url: rabbitMq.url,
      stopTimeout: "100ms",
      outboxMaxBytes: 200_000,
      onPointsLost: (loss) => losses.push(loss),
    });
    await source.connect();
    await source.declareMetrics([METRIC]);
    await source.send(METRIC, at(0), 0);
    await source.flush();
    await rabbitMq.ctl("set_vm_memory_high_watermark", "absolute", "1");
    for (const i of range(1000)) await source.send(METRIC, at(i + 1), i + 1);
    await source.stop();
    assert.deepEqual(losses, [{ metric: METRIC, points: 1000, reason: "stopped" }]);
    assert.deepEqual(logged.messages("error"), [
      "source-test has lost 1000 points of 1 metric: it was stopped before the broker had confirmed them",
    ]);
    assert.deepEqual(logged.messages("warning"), [
      "The data of source-test does not move: " +
      "the broker takes no messages, as it runs out of memory or disk",
    ]);
    await assert.rejects(source.send(METRIC, at(2000), 0), PublishFailed);
  },
}));
