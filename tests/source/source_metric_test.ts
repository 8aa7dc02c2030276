import assert from "node:assert/strict";
import fc from "fast-check";
import { MAX_CHUNK_POINTS } from "../../src/chunk/chunk_builder.ts";
import { decodeChunk } from "../../src/chunk/decode_chunk.ts";
import type { ChunkSender } from "../../src/outbox/outbox.ts";
import { quote } from "../../src/quote.ts";
import { ChunkAges } from "../../src/source/chunk_ages.ts";
import type { ChunkSize } from "../../src/source/given_points.ts";
import { SourceMetric } from "../../src/source/source_metric.ts";
import { TimeOrder } from "../../src/source/time_order.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { makeOutbox } from "../outbox/outbox_setup.ts";

/** A metric, and the chunks that it has sent. */
function setUp(chunkSize: ChunkSize = 1, chunkAge: string | null = "10s") {
  const chunks: Uint8Array[] = [];
  const sender: ChunkSender = { writable: true, publish: (_, body) => chunks.push(body) };
  const clock = new ManualClock();
  const outbox = makeOutbox({
    clock,
    onDrop: () => assert.fail("dropped"),
  });
  outbox.attach(sender);
  const order = new TimeOrder({ onTime: undefined, clock: new ManualClock(), onDrop: () => {} });
  const ages = new ChunkAges({
    chunkAge: chunkAge ?? undefined,
    clock,
    signal: new AbortController().signal,
    mayLeave: () => true,
    outbox,
  });
  const owner = { chunkSize };
  const way = { outbox, ages, order, onFirstPoint: () => {}, onTooLate: () => {} };
  return { metric: new SourceMetric("test.metric", owner, way), owner, chunks, outbox, clock };
}

function at(ns: number): Timestamp {
  return Timestamp.fromPosixNs(BigInt(ns));
}

Deno.test("SourceMetric.send() sends a chunk when it has chunkSize points", async () => {
  const { metric, chunks } = setUp(3);
  for (let i = 0; i < 7; i++) await metric.send(at(i), i);
  assert.deepEqual(chunks.map((body) => decodeChunk(body).values.length), [3, 3]);
  assert.equal(metric.pendingPoints, 1);
});

Deno.test("SourceMetric sends a chunk by its age, counted from the first point of that chunk", async () => {
  const { metric, chunks, clock } = setUp(3);
  const values = () => chunks.map((body) => [...decodeChunk(body).values]);
  await metric.send(at(0), 0);
  await clock.advance(9);
  await metric.send(at(1), 1);
  await metric.send(at(2), 2);
  assert.deepEqual(values(), [[0, 1, 2]]);
  await metric.sendMany(new BigInt64Array([3n, 4n]), new Float64Array([3, 4]));
  await clock.advance(9.999);
  assert.deepEqual(values(), [[0, 1, 2]]);
  await clock.advance("1ms");
  assert.deepEqual(values(), [[0, 1, 2], [3, 4]]);
  assert.equal(metric.pendingPoints, 0);
});

Deno.test("SourceMetric.chunkSize set behind points that waited for flush() has them sent by their age", async () => {
  const { metric, chunks, clock } = setUp(null, null); // of the default age, 10 s
  await metric.send(at(0), 0);
  await clock.advance(20);
  assert.equal(chunks.length, 0);
  metric.chunkSize = 100;
  await clock.advance(5);
  metric.chunkSize = 50;
  await clock.advance(4.999);
  assert.equal(chunks.length, 0);
  await clock.advance("1ms");
  assert.equal(chunks.length, 1);
});

Deno.test("SourceMetric.chunkSize is the source's until it is set", async () => {
  const { metric, owner, chunks } = setUp(2);
  owner.chunkSize = 5;
  assert.equal(metric.chunkSize, 5);
  metric.chunkSize = 1;
  owner.chunkSize = 9;
  assert.equal(metric.chunkSize, 1);
  await metric.send(at(0), 0);
  assert.equal(chunks.length, 1);
});

Deno.test("SourceMetric.chunkSize made smaller sends what waits with the next point", async () => {
  const { metric, chunks } = setUp(10);
  for (let i = 0; i < 4; i++) await metric.send(at(i), i);
  metric.chunkSize = 2;
  await metric.send(at(4), 4);
  assert.deepEqual(chunks.map((body) => [...decodeChunk(body).values]), [[0, 1, 2, 3, 4]]);
});

Deno.test("SourceMetric with chunkSize null sends with flush() alone", async () => {
  const { metric, chunks, outbox } = setUp(null);
  for (let i = 0; i < 1000; i++) await metric.send(at(i), i);
  assert.equal(chunks.length, 0);
  const flushed = metric.flush();
  assert.equal(chunks.length, 1);
  assert.equal(metric.pendingPoints, 0);
  outbox.confirm(1, false, true);
  await flushed;
});

Deno.test("SourceMetric with chunkSize null also sends a chunk that is as large as one may be", async () => {
  const { metric, chunks } = setUp(null);
  const timesNs = BigInt64Array.from({ length: MAX_CHUNK_POINTS - 1 }, (_, index) => BigInt(index));
  await metric.sendMany(timesNs, new Float64Array(timesNs.length));
  assert.equal(chunks.length, 0);
  await metric.send(at(timesNs.length), 0);
  assert.equal(chunks.length, 1);
  assert.equal(metric.pendingPoints, 0);
});

Deno.test("SourceMetric.flush() with nothing to send resolves", async () => {
  const { metric, chunks } = setUp(null);
  await metric.flush();
  assert.equal(chunks.length, 0);
});

Deno.test("SourceMetric.flush() leaves points that come meanwhile for the next chunk", async () => {
  const { metric, chunks, outbox } = setUp(null);
  await metric.send(at(1), 1);
  const flushed = metric.flush();
  await metric.send(at(2), 2);
  outbox.confirm(1, false, true);
  await flushed;
  assert.equal(metric.pendingPoints, 1);
  void metric.flush();
  assert.deepEqual(chunks.map((body) => [...decodeChunk(body).values]), [[1], [2]]);
});

Deno.test("SourceMetric.error() sends NaN", async () => {
  const { metric, chunks } = setUp();
  await metric.error(at(7));
  const [chunk] = chunks.map((body) => decodeChunk(body));
  assert.deepEqual([...chunk?.values ?? []], [NaN]);
});

Deno.test("SourceMetric.send() refuses what is not a point, and loses nothing that waits", async () => {
  const { metric, chunks } = setUp(3);
  await metric.send(at(1), 1);
  const time =
    /^Cannot send metric "test\.metric": .* is given, a Timestamp is required(?:: .* makes one)?$/;
  const value = /^Cannot send metric "test\.metric": .* is given, a number .* is required$/;
  const bad: readonly (readonly [time: unknown, value: unknown, message: RegExp])[] = [
    [at(2), "2", value],
    [at(2), 2n, value],
    [at(2), undefined, value],
    [at(2), null, value],
    [at(2), {}, value],
    [2, 2, time],
    [new Date(2), 2, time],
    [undefined, 2, time],
  ];
  for (const [time, value, message] of bad) {
    const sent: Promise<void> = Reflect.apply(metric.send, metric, [time, value]);
    await assert.rejects(sent, { name: "TypeError", message });
  }
  assert.equal(metric.pendingPoints, 1);
  for (const i of [2, 3]) await metric.send(at(i), i);
  assert.deepEqual(chunks.map((body) => [...decodeChunk(body).values]), [[1, 2, 3]]);
});

Deno.test("SourceMetric.chunkSize refuses what is not a chunk size, and keeps the old one", () => {
  const { metric } = setUp(4);
  const bad: readonly (readonly [given: unknown, name: string])[] = [
    [0, "RangeError"],
    [-1, "RangeError"],
    [1.5, "RangeError"],
    [NaN, "RangeError"],
    [Infinity, "RangeError"],
    ["10", "TypeError"],
    [undefined, "TypeError"],
    [10n, "TypeError"],
  ];
  for (const [given, name] of bad) {
    assert.throws(() => Reflect.set(metric, "chunkSize", given), {
      name,
      message: new RegExp(
        `^Cannot set chunk size: ${quote(given)} is given, an integer .* is required$`,
      ),
    });
  }
  assert.equal(metric.chunkSize, 4);
});

Deno.test("SourceMetric.sendMany() sends the very chunks that as many send() would", async () => {
  const chunkSize = fc.option(fc.integer({ min: 1, max: 20 }), { nil: null });
  const lengths = fc.array(fc.nat({ max: 50 }), { maxLength: 6 });
  await fc.assert(fc.asyncProperty(chunkSize, lengths, async (chunkSize, lengths) => {
    const one = setUp(chunkSize);
    const many = setUp(chunkSize);
    let next = 0;
    for (const length of lengths) {
      const indices = Array.from({ length }, () => next++);
      for (const index of indices) await one.metric.send(at(index * 7), index / 3);
      await many.metric.sendMany(
        BigInt64Array.from(indices, (index) => BigInt(index * 7)),
        Float64Array.from(indices, (index) => index / 3),
      );
    }
    assert.deepEqual(many.chunks, one.chunks);
    assert.equal(many.metric.pendingPoints, one.metric.pendingPoints);
  }));
});

Deno.test("SourceMetric.sendMany() refuses arrays of other types and of different lengths", async () => {
  const { metric, chunks } = setUp(1);
  const times = BigInt64Array.of(1n, 2n);
  // What JavaScript programs may pass.
  const plain = [1, 2] as unknown as Float64Array;
  await assert.rejects(metric.sendMany(times, plain), {
    name: "TypeError",
    message: 'Cannot send points of metric "test.metric": times as a BigInt64Array, ' +
      "values as a Float64Array are required",
  });
  await assert.rejects(metric.sendMany(times, Float64Array.of(1)), {
    name: "RangeError",
    message: 'Cannot send points of metric "test.metric": 2 times and 1 values are given, ' +
      "as many of both are required",
  });
  assert.equal(chunks.length, 0);
});
