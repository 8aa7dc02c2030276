/** What a source sends is what a Python sink receives. */

import assert from "node:assert/strict";
import { IntervalSource } from "../../src/source/interval_source.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import type { ReceivedPoint } from "../peers/reference_sink.ts";
import { needing } from "../support/needing.ts";
import { Network } from "./network.ts";
import { METRIC, TestSource } from "./test_source.ts";

const needs = ["rabbitmq", "metricq"] as const;

interface SentPoint {
  readonly time: Timestamp;
  readonly value: number;
}

/** Asserts that a sink has received exactly what was sent. */
function assertReceived(points: readonly ReceivedPoint[], sent: readonly SentPoint[]): void {
  assert.deepEqual(
    points.map(({ timeNs, bits }) => [timeNs, bits]),
    sent.map(({ time, value }) => [time.posixNs, bitsOf(value)]),
  );
}

function bitsOf(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(16).padStart(16, "0");
}

function* pointsFrom(count: number): Generator<SentPoint> {
  for (let i = 0; i < count; i++) yield { time: Timestamp.now(), value: Math.random() };
}

class FastSource extends IntervalSource {
  readonly sent: SentPoint[] = [];

  async update(): Promise<void> {
    if (this.sent.length === 10_000) return;
    const point = { time: Timestamp.now(), value: Math.sin(this.sent.length) / 3 };
    this.sent.push(point);
    await this.send(METRIC, point.time, point.value);
  }
}

Deno.test(needing({ peers: needs }, {
  name: "IntervalSource at 1 kHz: a sink receives 10 000 points in order, none lost, none twice",
  fn: async () => {
    await using network = await Network.start();
    const sink = await network.sink(METRIC);
    await using source = new FastSource({
      token: "source-fast",
      url: network.url,
      period: "1ms",
      chunkSize: 10,
    });
    await source.connect();
    const points = await sink.waitForPoints(METRIC, 10_000);
    assertReceived(points, source.sent);
    for (const [i, { timeNs }] of points.entries()) {
      assert(timeNs > (points[i - 1]?.timeNs ?? 0n), `point ${i} is not later than the one before`);
    }
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source.send() carries any time and any value to the nanosecond and the bit",
  fn: async () => {
    const times = [0n, 1n, -1n, 1_700_000_000_123_456_789n, 2n ** 53n + 1n, 2n ** 62n, 5n];
    const values = [0, -0, 0.1, 5e-324, Number.MAX_VALUE, Infinity, -Infinity];
    const sent = times.flatMap((ns) =>
      values.map((value) => ({ time: Timestamp.fromPosixNs(ns), value }))
    );
    await using network = await Network.start();
    const sink = await network.sink(METRIC);
    await using source = new TestSource({ url: network.url, chunkSize: 7 });
    await source.connect();
    for (const { time, value } of sent) await source.send(METRIC, time, value);
    assertReceived(await sink.waitForPoints(METRIC, sent.length), sent);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "SourceMetric.append() in a loop: a sink receives 20 000 points in order, none lost",
  fn: async () => {
    await using network = await Network.start();
    const sink = await network.sink(METRIC);
    const sent = [...pointsFrom(20_000)];
    await using source = new TestSource({ url: network.url, chunkSize: 7 });
    await source.connect();
    const metric = source.metric(METRIC);
    for (const [at, { time, value }] of sent.entries()) {
      const mayFollow = at % 2 === 0
        ? metric.append(time, value)
        : metric.appendAt(time.seconds, time.nanoseconds, value);
      if (!mayFollow) await metric.ready;
    }
    await source.flush();
    assertReceived(await sink.waitForPoints(METRIC, sent.length), sent);
    assert.equal(source.stats.pointsConfirmed, sent.length);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source.metric() gives each metric a chunk size, and error() is NaN at the sink",
  fn: async () => {
    const names = ["test.e2e.single", "test.e2e.triple", "test.e2e.flushed", "test.e2e.error"];
    const [single = "", triple = "", flushed = "", error = ""] = names;
    await using network = await Network.start();
    const sink = await network.sink(...names);
    await using source = new TestSource({ url: network.url });
    source.metric(triple).chunkSize = 3;
    source.metric(flushed).chunkSize = null;
    await source.connect();
    await source.declareMetrics(names);
    const declared = await Promise.all(names.map((name) => network.manager.declared(name)));
    assert.deepEqual(declared.map(({ chunkSize }) => chunkSize), [1, 3, null, 1]);

    const points = [...pointsFrom(7)];
    for (const { time, value } of points) {
      await Promise.all([single, triple, flushed].map((name) => source.send(name, time, value)));
    }
    const time = Timestamp.now();
    await source.metric(error).error(time);
    const [unread] = await sink.waitForPoints(error, 1);
    assert.equal(unread?.timeNs, time.posixNs);
    assert(Number.isNaN(unread.value));
    assertReceived(await sink.waitForPoints(single, 7), points);
    assertReceived(await sink.waitForPoints(triple, 6), points.slice(0, 6));
    assert.equal(source.metric(triple).pendingPoints, 1);
    assert.equal(source.metric(flushed).pendingPoints, 7);

    await source.metric(flushed).flush();
    assertReceived(await sink.waitForPoints(flushed, 7), points);
    await source.flush();
    assertReceived(await sink.waitForPoints(triple, 7), points);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source.declareMetrics() takes names alone, and a chunkSize of the caller's",
  fn: async () => {
    await using network = await Network.start();
    await using source = new TestSource({ url: network.url, chunkSize: 10 });
    await source.connect();
    // Frozen: a change of what is given would throw.
    await source.declareMetrics(Object.freeze([METRIC]));
    const [own, bare] = [Object.freeze({ chunkSize: 3, unit: "W" }), Object.freeze({ unit: "V" })];
    await source.declareMetrics(
      Object.freeze({ "test.e2e.own": own, "test.e2e.bare": bare }),
    );
    const declared = await Promise.all(
      [METRIC, "test.e2e.own", "test.e2e.bare"].map((name) => network.manager.declared(name)),
    );
    assert.deepEqual(declared.map(({ unit, chunkSize }) => [unit, chunkSize]), [
      [undefined, 10],
      ["W", 3],
      ["V", 10],
    ]);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source.send() that is refused takes nothing away from what is sent",
  fn: async () => {
    await using network = await Network.start();
    const sink = await network.sink(METRIC);
    await using source = new TestSource({ url: network.url, chunkSize: 5 });
    await source.connect();
    const points = [...pointsFrom(5)];
    for (const { time, value } of points) {
      await source.send(METRIC, time, value);
      await assert.rejects(Reflect.apply(source.send, source, [METRIC, time, "1"]), TypeError);
      await assert.rejects(Reflect.apply(source.send, source, [METRIC, 1, 1]), TypeError);
      await assert.rejects(source.send("example.*.bad", time, 1), RangeError);
      assert.throws(() => source.chunkSize = 0, RangeError);
      await assert.rejects(source.declareMetrics({ [METRIC]: { rate: NaN } }), TypeError);
    }
    assertReceived(await sink.waitForPoints(METRIC, 5), points);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Agent.getMetrics() finds what sources have declared",
  fn: async () => {
    await using network = await Network.start();
    await using source = new TestSource({ url: network.url });
    await source.connect();
    await source.declareMetrics({ "test.e2e.aa": { unit: "W" }, "test.e2e.bb": { unit: "V" } });
    const metrics = await source.getMetrics({ selector: "e2e" });
    assert.deepEqual(Object.keys(metrics), ["test.e2e.aa", "test.e2e.bb"]);
    assert.equal(metrics["test.e2e.aa"]?.unit, "W");
    assert.deepEqual(await source.getMetrics({ metadata: false, limit: 1 }), { "test.e2e.aa": {} });
    assert.deepEqual(Object.keys(await source.getMetrics({ selector: ["test.e2e.bb"] })), [
      "test.e2e.bb",
    ]);
    await assert.rejects(source.rpc("no.such.function"), { name: "RpcError" });
  },
}));
