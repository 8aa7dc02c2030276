/** Points whose times do not increase. */

import assert from "node:assert/strict";
import fc from "fast-check";
import type { PointsLost } from "../../src/outbox/delivery_options.ts";
import { Source, type SourceOptions } from "../../src/source/source.ts";
import { firstOutOfOrder, type OnTime } from "../../src/source/time_order.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { LogRecords } from "../support/log_records.ts";

class Unconnected extends Source {
  task(): void {}
}

function makeSource(options: Partial<SourceOptions> = {}): Unconnected {
  return new Unconnected({ token: "source-test", url: "amqp://localhost/", ...options });
}

const START_NS = 1_714_564_800_000_000_000n;

function at(seconds: number): Timestamp {
  return Timestamp.fromPosixNs(START_NS + BigInt(seconds) * 1_000_000_000n);
}

function told(seconds: number, lastSeconds: number, metric = "test.one", what = SENT): string {
  return `The times of ${metric} do not increase: ${at(seconds)} comes after ${
    at(lastSeconds)
  }, ${what}`;
}

const SENT =
  "and databases refuse such points (onTime drops them, or sends them without this line)";
const DROPPED = 'and such points are dropped, as onTime "drop" says';

Deno.test("Source.send() warns once per metric and episode of times that do not increase", async () => {
  await using logged = await LogRecords.capture();
  const source = makeSource();
  for (const seconds of [1, 2, 2, 1, 2, 3, 3, 4]) await source.send("test.one", at(seconds), 0);
  for (const seconds of [5, 1]) await source.send("test.two", at(seconds), 0);
  assert.deepEqual(logged.messages("warning"), [
    ...[told(2, 2), told(3, 3), told(1, 5, "test.two")],
  ]);
  assert.equal(source.stats.pointsSent, 10);
  assert.equal(source.stats.pointsDropped, 0);
});

Deno.test('Source.send() drops such points with onTime "drop", counted and told', async () => {
  await using logged = await LogRecords.capture();
  const lost: PointsLost[] = [];
  const onPointsLost = (loss: PointsLost) => void lost.push(loss);
  const source = makeSource({ onTime: "drop", onPointsLost });
  for (const seconds of [1, 3, 2, 3, 4, 4]) await source.send("test.one", at(seconds), 0);
  await source.send("test.two", at(1), 0);
  assert.deepEqual(logged.messages("warning"), [
    told(2, 3, "test.one", DROPPED),
    told(4, 4, "test.one", DROPPED),
  ]);
  const { pointsSent, pointsDropped, pointsBuffered } = source.stats;
  assert.deepEqual({ pointsSent, pointsDropped, pointsBuffered }, {
    pointsSent: 7,
    pointsDropped: 3,
    pointsBuffered: 4,
  });
  await Promise.resolve();
  assert.deepEqual([...new Set(lost.map(({ metric, reason }) => `${metric} ${reason}`))], [
    "test.one out-of-order",
  ]);
  assert.equal(lost.reduce((sum, { points }) => sum + points, 0), 3);

  // The events tell of what is lost, which is now what was never sent.
  const followed = Array.fromAsync(source.events());
  await source.stop();
  const losses = (await followed).flatMap((event) => event.kind === "points-lost" ? [event] : []);
  assert.deepEqual(losses.map(({ points, total }) => [points, total]), [[4, 4]]);
  assert.equal(source.stats.pointsDropped, 7);
});

Deno.test('Source.send() says nothing of such points with onTime "send"', async () => {
  await using logged = await LogRecords.capture();
  const source = makeSource({ onTime: "send" });
  for (const seconds of [3, 3, 1]) await source.send("test.one", at(seconds), 0);
  await source.send("test.two", Timestamp.fromPosixMs(5), 0);
  await source.sendMany("test.one", BigInt64Array.of(3n, 2n, 2n), Float64Array.of(1, 2, 3));
  assert.deepEqual(logged.messages("warning"), []);
  assert.equal(source.stats.pointsSent, 7);
});

Deno.test("Source.send() asks for the unit of a first time that is before MetricQ", async () => {
  await using logged = await LogRecords.capture();
  const source = makeSource();
  for (const ms of [5, 6]) await source.send("test.one", Timestamp.fromPosixMs(ms), 0);
  await source.sendMany("test.two", BigInt64Array.of(5_000_000n, 6_000_000n), new Float64Array(2));
  await source.send("test.counted", Timestamp.fromPosixNs(1n), 0);
  const moved = makeSource({ clock: new ManualClock() }); // in which it is 1970
  await moved.send("test.three", Timestamp.fromPosixMs(5), 0);
  assert.deepEqual(logged.messages("warning"), [
    "The time of test.one is 1970-01-01T00:00:00.005000000Z: is its unit right?",
    "The time of test.two is 1970-01-01T00:00:00.005000000Z: is its unit right?",
  ]);
});

Deno.test("Source.send() of a point that was refused for want of room is no second point", async () => {
  await using logged = await LogRecords.capture();
  const source = makeSource({ onFull: "fail", outboxMaxBytes: 1 });
  await source.send("test.one", at(1), 0);
  for (const _ of [1, 2]) {
    await assert.rejects(source.send("test.one", at(2), 0), { name: "PublishFailed" });
  }
  assert.deepEqual(logged.messages("warning").filter((line) => line.includes("times")), []);
});

Deno.test("Source.sendMany() warns, drops and sends as that many calls of send() would", async () => {
  await using logged = await LogRecords.capture();
  const nearby = fc.array(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 8 }), {
    maxLength: 4,
  });
  await fc.assert(fc.asyncProperty(
    nearby,
    fc.constantFrom<OnTime | undefined>(undefined, "drop", "send"),
    async (parts, onTime) => {
      const [one, many] = [makeSource({ onTime }), makeSource({ onTime })];
      for (const part of parts) {
        for (const seconds of part) await one.send("test.one", at(seconds), seconds);
        const timesNs = BigInt64Array.from(part, (seconds) => at(seconds).posixNs);
        await many.sendMany("test.one", timesNs, Float64Array.from(part));
      }
      assert.equal(many.stats.pointsSent, one.stats.pointsSent);
      if (onTime === "drop") assert.equal(many.stats.pointsDropped, one.stats.pointsDropped);
    },
  ));
  assert.ok(logged.messages("warning").every((line) => line.includes("do not increase")));
});

Deno.test("Source.sendMany() tells once of an array whose times go up and down", async () => {
  await using logged = await LogRecords.capture();
  const source = makeSource();
  const seconds = Array.from({ length: 1000 }, (_, index) => index % 2 ? index - 1 : index);
  const timesNs = BigInt64Array.from(seconds, (second) => at(second).posixNs);
  await source.sendMany("test.one", timesNs, new Float64Array(1000));
  assert.deepEqual(logged.messages("warning"), [told(0, 0)]);
});

Deno.test("firstOutOfOrder() finds the first time that is not later, over all of 64 bits", () => {
  const edges = [0n, 1n, -1n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 31n, -(2n ** 63n), 2n ** 63n - 1n];
  const time = fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.constantFrom(...edges),
  );
  fc.assert(fc.property(fc.array(time), time, fc.boolean(), (times, last, isSorted) => {
    const list = isSorted ? times.toSorted((a, b) => a < b ? -1 : a > b ? 1 : 0) : times;
    const expected = list.findIndex((one, index) => one <= (list[index - 1] ?? last));
    assert.equal(firstOutOfOrder(BigInt64Array.from(list), last), expected);
  }));
});

Deno.test("Source refuses an onTime that is none", () => {
  for (const onTime of ["keep", 5, null]) {
    assert.throws(
      () => Reflect.construct(Unconnected, [{ token: "a", url: "amqp://x/", onTime }]),
      {
        name: "TypeError",
        message: /^Cannot use onTime: .* is given, "drop" or "send" is required$/,
      },
    );
  }
});
