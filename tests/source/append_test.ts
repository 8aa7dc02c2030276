import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeChunk } from "../../src/chunk/decode_chunk.ts";
import { PublishFailed } from "../../src/errors.ts";
import type { OnFull } from "../../src/outbox/delivery_options.ts";
import { Source } from "../../src/source/source.ts";
import type { SourceMetric } from "../../src/source/source_metric.ts";
import type { OnTime } from "../../src/source/time_order.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { ROOMY, type Setting, World } from "./metric_world.ts";

/** Whether a promise is settled when all that is ready to run has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let isDone = false;
  const end = () => {
    isDone = true;
  };
  promise.then(end, end);
  for (let hops = 0; hops < 10; hops++) await Promise.resolve();
  return isDone;
}

type Give = (world: World, time: Timestamp, value: number) => Promise<string>;

/** What a waiting caller sees of `send`. */
const send: Give = async ({ metric }, time, value) => {
  const sent = metric.send(time, value);
  if (!await isSettled(sent)) return "waits";
  return await sent.then(() => "taken", (error) => `refused: ${error}`);
};

/** The same of `append`, which tells it at once. */
function appending(
  append: (metric: SourceMetric, time: Timestamp, value: number) => boolean,
): Give {
  return async ({ metric, outbox }, time, value) => {
    try {
      if (append(metric, time, value)) return "taken";
    } catch (error) {
      return `refused: ${error}`;
    }
    if (outbox.isClosed) {
      return await metric.ready.then(() => "ready", (error) => `refused: ${error}`);
    }
    return await isSettled(metric.ready) ? "settled" : "waits";
  };
}

const WAYS: readonly (readonly [name: string, give: Give])[] = [
  ["append()", appending((metric, time, value) => metric.append(time, value))],
  [
    "appendAt()",
    appending((metric, time, value) => metric.appendAt(time.seconds, time.nanoseconds, value)),
  ],
];

type Step = (world: World, give: Give) => Promise<void> | void;

const point = fc.tuple(
  // Mostly a little later, sometimes far from it in either direction, or the same.
  fc.oneof(
    { weight: 8, arbitrary: fc.bigInt({ min: 0n, max: 3_000_000n }) },
    { weight: 2, arbitrary: fc.bigInt({ min: -3_000_000_000n, max: 5_000_000_000n }) },
    { weight: 1, arbitrary: fc.bigInt({ min: -(2n ** 61n), max: 2n ** 61n }) },
  ),
  fc.double(),
);

const points: fc.Arbitrary<Step> = fc.array(point, { maxLength: 100 }).map(
  (points) => async (world, give) => {
    let timeNs = 1_700_000_000_000_000_000n + BigInt(world.answers.length) * 1_000_000n;
    for (const [stepNs, value] of points) {
      timeNs = BigInt.asIntN(62, timeNs + stepNs);
      world.answers.push(await give(world, Timestamp.fromPosixNs(timeNs), value));
    }
  },
);

/** Where the next points of a world begin: mostly in the second of those before. */
function nextNs({ answers, arrays }: World): bigint {
  return 1_700_000_000_000_000_000n + BigInt(answers.length + arrays) * 200_000_000n;
}

/** A few points of one second. */
const array: fc.Arbitrary<Step> = fc.array(fc.integer({ min: -1, max: 5 }), { maxLength: 8 }).map(
  (stepsNs) => (world) => {
    world.arrays++;
    let timeNs = nextNs(world);
    const timesNs = BigInt64Array.from(stepsNs, (stepNs) => timeNs += BigInt(stepNs));
    void world.metric.sendMany(timesNs, Float64Array.from(stepsNs)).catch(() => {}); // compared below
  },
);

/** As many single points. */
const fewPoints: fc.Arbitrary<Step> = fc.integer({ min: 1, max: 3 }).map(
  (count) => async (world, give) => {
    for (let each = 0; each < count; each++) {
      world.answers.push(await give(world, Timestamp.fromPosixNs(nextNs(world) + 100n), each));
    }
  },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: points },
  {
    weight: 4,
    arbitrary: fc.constantFrom<Step>(
      (world) => world.attach(),
      (world) => world.detach(),
      (world) => world.confirm(true),
      (world) => world.confirm(false),
      (world) => world.clock.advance(0.02),
      (world) => world.clock.advance(12),
      (world) => void world.metric.flush().catch(() => {}), // what is lost is compared below
    ),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 5 }).map((size): Step => ({ metric }) => {
      metric.chunkSize = size;
    }),
  },
);

const attach: Step = (world) => world.attach();

/** What befalls points that are not far from each other. */
const nearStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fewPoints },
  { weight: 2, arbitrary: array },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Step>(
      (world) => void world.metric.flush().catch(() => {}),
      (world) => world.clock.advance(12),
    ),
  },
);

const setting: fc.Arbitrary<Setting> = fc.record({
  chunkSize: fc.option(fc.integer({ min: 1, max: 20 }), { nil: null }),
  onFull: fc.constantFrom<OnFull>("drop-oldest", "wait", "fail"),
  onTime: fc.constantFrom<OnTime | undefined>("drop", "send", undefined),
  confirms: fc.boolean(),
  maxBytes: fc.constantFrom(1000, 5000, 1e6),
});

/** What follows a point in its second is looked at less than the point: unless the chunk size was set. */
function lookedAt(give: Give): Give {
  return (world, time, value) => {
    const { chunkSize } = world.metric;
    world.metric.chunkSize = chunkSize;
    return give(world, time, value);
  };
}

for (const [name, give] of [...WAYS, ["send()", send] as const]) {
  Deno.test(`SourceMetric.${name} does not depend on which of the points it looks at closely`, async () => {
    const steps = fc.oneof(
      fc.array(step, { maxLength: 20 }),
      fc.array(nearStep, { maxLength: 40 }).map((steps) => [attach, ...steps]),
    );
    await fc.assert(fc.asyncProperty(setting, steps, async (setting, steps) => {
      const [one, other] = [new World(setting), new World(setting)];
      for (const step of steps) {
        await step(one, lookedAt(give));
        await step(other, give);
        assert.deepEqual(other.state, one.state);
      }
    }));
  });
}

for (const [name, give] of WAYS) {
  Deno.test(`SourceMetric.${name} takes, loses, counts and tells what send() does`, async () => {
    const steps = fc.array(step, { maxLength: 20 });
    await fc.assert(fc.asyncProperty(setting, steps, async (setting, steps) => {
      const [one, other] = [new World(setting), new World(setting)];
      for (const step of steps) {
        await step(one, send);
        await step(other, give);
        assert.deepEqual(other.state, one.state);
      }
      for (const world of [one, other]) world.outbox.close();
      assert.deepEqual(other.state, one.state);
    }));
  });

  Deno.test(`SourceMetric.${name} after a stop takes nothing, throws nothing, and ready tells it`, async () => {
    for (const onTime of ["drop", "send", undefined] as const) {
      for (const before of [0, 1, 3]) {
        for (const nanoseconds of [0, 1, 2, 3]) {
          const world = new World({ ...ROOMY, chunkSize: 10, onTime });
          for (let at = 0; at < before; at++) {
            await give(world, new Timestamp(1_700_000_000, at), at);
          }
          world.metric.detachChunk(); // as a source does when it stops
          world.outbox.close();
          const { told } = world;
          told.length = 0;
          const time = new Timestamp(1_700_000_000, nanoseconds);
          assert.equal(await give(world, time, 1), await send(world, time, 1));
          const array = world.metric.sendMany(
            new BigInt64Array([time.posixNs, 5n]),
            new Float64Array(2),
          );
          await assert.rejects(array, PublishFailed);
          assert.deepEqual(told, ["1 too late", "1 too late", "2 too late"]);
          await assert.rejects(world.metric.ready, PublishFailed);
        }
      }
    }
  });
}

Deno.test("SourceMetric.append() goes by the chunk size of its source as it is when a point comes", () => {
  class Changing extends Source {
    protected task(): void {}
  }
  const source = new Changing({ token: "source-changing", url: "amqp://localhost/" });
  const metric = source.metric("test.metric");
  let points = 0;
  const appendUntil = (end: number) => {
    for (; points < end; points++) metric.append(new Timestamp(1_700_000_000, points), points);
  };
  source.chunkSize = 100;
  appendUntil(5);
  source.chunkSize = 8;
  appendUntil(8);
  assert.equal(metric.pendingPoints, 0);
  appendUntil(13);
  source.chunkSize = 20;
  appendUntil(27);
  assert.equal(metric.pendingPoints, 19);
  appendUntil(28);
  assert.equal(metric.pendingPoints, 0);
});

Deno.test("SourceMetric.append() goes on behind the latest time of an array, not behind its last", async () => {
  for (const times of [[10, 100, 20], [10, 20, 100, 30, 40]]) {
    const [one, other] = [0, 1].map(() => new World({ ...ROOMY, chunkSize: 3 }));
    assert(one && other);
    for (const ns of times) one.metric.append(Timestamp.fromPosixNs(BigInt(ns)), ns);
    await other.metric.sendMany(BigInt64Array.from(times, BigInt), Float64Array.from(times));
    for (const { metric } of [one, other]) {
      for (const ns of [50, 101, 60]) metric.append(Timestamp.fromPosixNs(BigInt(ns)), ns);
    }
    const [expected, actual] = [one, other].map(({ told }) =>
      told.filter((what) => /behind/.test(what))
    );
    assert.equal(expected?.length, 2);
    assert.deepEqual(actual, expected);
  }
});

Deno.test("SourceMetric.append() is told of as out of order again behind a time that was in order", async () => {
  for (const onTime of ["drop", undefined] as const) {
    const { metric, told } = new World({ ...ROOMY, chunkSize: 100, onTime });
    const startNs = 1_700_000_000_000_000_000n;
    metric.append(Timestamp.fromPosixNs(startNs + 100n), 1);
    await metric.sendMany(new BigInt64Array([startNs + 50n]), new Float64Array(1));
    for (const ns of [200n, 300n, 150n]) metric.append(Timestamp.fromPosixNs(startNs + ns), 1);
    assert.equal(told.filter((what) => /behind/.test(what)).length, 2, `${onTime}`);
  }
});

Deno.test("SourceMetric.append() returns false for a turn after many chunks, and has taken the point", async () => {
  const { metric, clock, outbox } = new World(ROOMY);
  await metric.ready; // before any point
  let points = 0;
  while (metric.append(new Timestamp(1_700_000_000, points), points)) points++;
  assert.equal(outbox.chunks, points + 1);
  const { ready } = metric;
  assert(!await isSettled(ready));
  await clock.advance(0);
  await ready;
  assert(metric.append(new Timestamp(1_700_000_001), 0));
});

Deno.test("SourceMetric.append() with onFull fail throws, and the point can be appended again", async () => {
  const world = new World({ ...ROOMY, onFull: "fail", maxBytes: 400 });
  const { metric, outbox } = world;
  const time = (at: number) => new Timestamp(1_700_000_000, at);
  let points = 0;
  assert.throws(() => {
    for (; points < 100; points++) metric.append(time(points), points);
  }, { name: "PublishFailed", message: /the outbox is full/ });
  assert.equal(outbox.chunks, points);
  world.attach();
  while (outbox.chunks > 0) world.confirm(true);
  assert(metric.append(time(points), points));
  const values = world.state.bodies.map((body) => decodeChunk(body).values[0]);
  assert.deepEqual(values, Array.from({ length: points + 1 }, (_, at) => at));
  await metric.ready;
});

Deno.test("SourceMetric.append() with onFull wait throws when ready is not waited for", async () => {
  const world = new World({ ...ROOMY, onFull: "wait", maxBytes: 400 });
  const { metric, outbox } = world;
  let points = 0;
  let waits = 0;
  assert.throws(() => {
    for (; points < 100; points++) {
      if (!metric.append(new Timestamp(1_700_000_000, points), points)) waits++;
    }
  }, { name: "PublishFailed", message: /earlier points were not waited for/ });
  assert.equal(outbox.chunks, points);
  assert(waits > 0 && waits < points);
  assert(!await isSettled(metric.ready));
  world.attach();
  while (outbox.chunks > 0) world.confirm(true);
  await metric.ready;
});

Deno.test("SourceMetric.append() and appendAt() refuse what is not a point, and keep what waits", () => {
  const world = new World({ ...ROOMY, chunkSize: 10 });
  const { metric } = world;
  const time = new Timestamp(1_700_000_000);
  metric.append(time, 1);
  const prefix = 'Cannot send metric "test.metric": ';
  const number = 'is given, a number (NaN for "no reading") is required';
  for (
    const [given, message] of [
      [[time, "2"], `"2" ${number}`],
      [
        [2, 2],
        "2 is given, a Timestamp is required: Timestamp.fromPosixMs or Timestamp.fromPosixSeconds makes one",
      ],
      [[2, time], "the value is given before its time, send(metric, time, value) is required"],
      [[2, 2], /Timestamp is required/],
    ] as const
  ) {
    assert.throws(() => Reflect.apply(metric.append, metric, given), {
      name: "TypeError",
      message: typeof message === "string" ? prefix + message : message,
    });
  }
  for (
    const [given, name, message] of [
      [[1, 2, "3"], "TypeError", `"3" ${number}`],
      [[1, 2, undefined], "TypeError", `undefined ${number}`],
      [["1", 2, 3], "TypeError", '"1" and 2 are given, two numbers are required'],
      [[time, 2], "TypeError", "a Timestamp and 2 are given, two numbers are required"],
      [
        [1, 0.5, 3],
        "RangeError",
        "0.5 nanoseconds are given, an integer of 0 to 999999999 is required",
      ],
      [
        [1, 1e9, 3],
        "RangeError",
        "1000000000 nanoseconds are given, an integer of 0 to 999999999 is required",
      ],
      [
        [1, -1, 3],
        "RangeError",
        "-1 nanoseconds are given, an integer of 0 to 999999999 is required",
      ],
      [[NaN, 1, 3], "RangeError", "NaN seconds are given, an integer is required"],
      [[0.1, 1, 3], "RangeError", "0.1 seconds are given, an integer is required"],
      [
        [1e10, 1, 3],
        "RangeError",
        "10000000000 s and 1 ns are given, a count of nanoseconds within 64 bits (about ±292 years) is required",
      ],
    ] as const
  ) {
    assert.throws(() => Reflect.apply(metric.appendAt, metric, given), {
      name,
      message: prefix + message,
    });
  }
  assert.equal(metric.pendingPoints, 1);
  metric.appendAt(1_700_000_001, 0, 2);
  assert.equal(metric.pendingPoints, 2);
});

Deno.test("SourceMetric.appendAt() refuses values of each other type by the same words, wherever they stand", () => {
  const others: unknown[] = [
    5n,
    Symbol("5"),
    "5",
    true,
    null,
    undefined,
    {},
    [5],
    { valueOf: () => 5 },
    () => 5,
  ];
  for (const pending of [0, 1, 2]) {
    const { metric } = new World({ ...ROOMY, chunkSize: 10 });
    for (let at = 0; at < pending; at++) metric.appendAt(1_700_000_000, at, at);
    for (const other of others) {
      for (const place of [0, 1, 2]) {
        const given: unknown[] = [1_700_000_000, pending, pending];
        given[place] = other;
        assert.throws(() => Reflect.apply(metric.appendAt, metric, given), {
          name: "TypeError",
          message:
            /^Cannot send metric "test\.metric": .* (given, two numbers are|given, a number .* is) required$/,
        });
      }
    }
    assert.equal(metric.pendingPoints, pending);
  }
});

Deno.test("SourceMetric.appendAt() takes all times that a Timestamp holds", () => {
  const world = new World({ ...ROOMY, onTime: "send" });
  world.attach();
  const times = [-(2n ** 63n), -1n, 0n, 2n ** 63n - 1n].map((ns) => Timestamp.fromPosixNs(ns));
  for (const { seconds, nanoseconds } of times) world.metric.appendAt(seconds, nanoseconds, 0);
  assert.deepEqual(
    world.state.bodies.map((body) => decodeChunk(body).timesNs[0]),
    times.map(({ posixNs }) => posixNs),
  );
});

Deno.test("SourceMetric measures no time by one that it has refused", async () => {
  for (const chunkSize of [2, 10]) {
    for (const [name, give] of [["send()", send], ...WAYS] as const) {
      const world = new World({ ...ROOMY, chunkSize, onTime: "drop" });
      world.attach();
      await give(world, Timestamp.fromPosixNs(-(2n ** 63n)), 1);
      // Too far from the one before, which is in the same chunk.
      const answer = await give(world, Timestamp.fromPosixNs(2n ** 63n - 1n), 2);
      assert.match(answer, /refused: RangeError: Cannot append point: time .* 2\^63 ns/, name);
      await give(world, Timestamp.fromPosixNs(-1n), 3);
      world.metric.detachChunk();
      assert.equal(world.state.outOfOrder, 0, name);
      const [chunk] = world.state.bodies.map((body) => decodeChunk(body));
      assert.deepEqual([...chunk?.values ?? []], [1, 3], name);
    }
  }
});
