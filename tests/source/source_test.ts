import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { Source, type SourceOptions } from "../../src/source/source.ts";
import { ticks } from "../../src/schedule/ticker.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { TestNetwork } from "../../src/testing/test_network.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { LogRecords } from "../support/log_records.ts";
import { needing } from "../support/needing.ts";

class IdleSource extends Source {
  constructor(options: Partial<SourceOptions> = {}) {
    super({ token: "source-test", url: "amqp://localhost/", ...options });
  }

  protected override task(): void {}
}

const TIME = Timestamp.fromPosixNs(1n);

Deno.test("Source.send() before connect keeps the point", async () => {
  const source = new IdleSource({ chunkSize: 2 });
  await source.send("test.metric", TIME, 1);
  assert.equal(source.metric("test.metric").pendingPoints, 1);
});

Deno.test("Source.metric() returns the same metric for the same name", () => {
  const source = new IdleSource();
  assert.equal(source.metric("test.metric"), source.metric("test.metric"));
  assert.notEqual(source.metric("test.metric"), source.metric("test.other"));
});

const badNames: readonly (readonly [given: unknown, name: string, message: RegExp])[] = [
  ["", "RangeError", /^Cannot use metric name: "" is given, 1 to 255 bytes of UTF-8 are required$/],
  [
    "test.a\nb",
    "RangeError",
    /"test\.a\\nb" is given, characters that can be printed are required$/,
  ],
  ["test.#", "RangeError", /"test\.#" is given, parts other than "\*" and "#" are required$/],
  ["*.test", "RangeError", /"\*\.test" is given/],
  [`test.${"x".repeat(251)}`, "RangeError", /"… is given, 1 to 255 bytes of UTF-8 are required$/],
  [undefined, "TypeError", /^Cannot use metric name: undefined is given, a text is required$/],
  [7, "TypeError", /7 is given/],
];

Deno.test("Source refuses a bad metric name wherever it enters", async () => {
  const source = new IdleSource();
  for (const [given, name, message] of badNames) {
    const refusal = { name, message };
    assert.throws(() => Reflect.apply(source.metric, source, [given]), refusal);
    await assert.rejects(Reflect.apply(source.send, source, [given, TIME, 1]), refusal);
    await assert.rejects(source.declareMetrics([given] as string[]), refusal);
    if (typeof given === "string") {
      await assert.rejects(source.declareMetrics({ [given]: {} }), refusal);
    }
  }
});

Deno.test("Source.metric() takes a name of 255 bytes", () => {
  const name = `test.${"x".repeat(250)}`;
  assert.equal(new IdleSource().metric(name).name, name);
});

Deno.test("Source.send() that is refused loses nothing that waits", async () => {
  const source = new IdleSource({ chunkSize: 3 });
  await source.send("test.metric", TIME, 1);
  for (const [time, value] of [[TIME, "2"], [2, 2], [TIME, undefined]]) {
    await assert.rejects(
      Reflect.apply(source.send, source, ["test.metric", time, value]),
      { name: "TypeError", message: /^Cannot send metric "test\.metric": .* is required/ },
    );
  }
  assert.equal(source.metric("test.metric").pendingPoints, 1);
});

const badSizes = [0, 1.5, -1, NaN, Infinity, "1", {}];

Deno.test("Source.chunkSize refuses what is not a chunk size, and keeps the old one", () => {
  const message =
    /^Cannot set chunk size: .* is given, an integer from 1 to \d+ or null is required$/;
  const source = new IdleSource();
  assert.equal(source.chunkSize, 1);
  for (const given of badSizes) {
    assert.throws(() => Reflect.set(source, "chunkSize", given), { message });
    assert.throws(() => Reflect.construct(IdleSource, [{ chunkSize: given }]), { message });
  }
  assert.equal(source.chunkSize, 1);
  assert.equal(new IdleSource({ chunkSize: null }).chunkSize, null);
  assert.equal(new IdleSource({ chunkSize: 10 }).metric("test.metric").chunkSize, 10);
});

const cycle: Record<string, unknown> = {};
cycle.self = cycle;

const badMetadata: Record<string, readonly [metadata: unknown, message: RegExp]> = {
  NaN: [{ rate: NaN }, /metadata of metric "test\.metric"\.rate: NaN is given/],
  "a bigint": [{ rate: 1n }, /\.rate: 1n is given/],
  "a function": [{ rate: () => 1 }, /\.rate: .* is given/],
  "a symbol": [{ rate: Symbol("s") }, /\.rate: Symbol\(s\) is given/],
  "Infinity deep inside": [
    { list: [{ value: Infinity }] },
    /\.list\[0\]\.value: Infinity is given/,
  ],
  "a Map": [{ map: new Map() }, /\.map: a Map is given/],
  "a cycle": [cycle, /\.self: a cycle is given/],
  "a list": [[1], /an object is required/],
  "a text": ["W", /a string is given, an object is required/],
  null: [null, /null is given, an object is required/],
};

for (const [what, [metadata, message]] of Object.entries(badMetadata)) {
  Deno.test(`Source.declareMetrics() refuses metadata that is or holds ${what}`, async () => {
    const source = new IdleSource();
    await assert.rejects(
      Reflect.apply(source.declareMetrics, source, [{ "test.metric": metadata }]),
      { name: "TypeError", message },
    );
  });
}

Deno.test("Source.declareMetrics() before connect rejects and says so", async () => {
  await assert.rejects(new IdleSource().declareMetrics(["test.metric"]), {
    name: "RpcError",
    function: "source.declare_metrics",
    message: /not connected$/,
  });
});

Deno.test("Source.declareMetrics() while the source stops, and after that, rejects with AgentStopped", async () => {
  const source = new IdleSource();
  const stopped = source.stop();
  await assert.rejects(source.declareMetrics(["test.metric"]), { name: "AgentStopped" });
  await stopped;
  await assert.rejects(source.declareMetrics(["test.metric"]), { name: "AgentStopped" });
});

Deno.test("Source.stop() before connect resolves, without a task or a connection", async () => {
  const source = new IdleSource();
  await source.stop();
  await source.stopped();
});

class ScheduledSource extends Source {
  readonly updatesMs: number[] = [];

  protected override async task(signal: AbortSignal): Promise<void> {
    for await (const tick of ticks({ period: "1min", signal, clock: this.clock })) {
      this.updatesMs.push(tick.deadlineMs);
    }
  }
}

Deno.test(needing({ permissions: [{ name: "net" }, { name: "sys", kind: "hostname" }] }, {
  name: "Source.clock is the option's: a ManualClock moves the ticks of a task that uses it",
  fn: async () => {
    await using network = await TestNetwork.start();
    const clock = new ManualClock();
    await using source = new ScheduledSource({
      token: "source-test",
      url: `${network.url}?heartbeat=0`,
      clock,
    });
    await source.connect();
    await clock.advance(150);
    assert.deepEqual(source.updatesMs, [0, 60_000, 120_000]);
  },
}));

/** A source whose task is a promise of the test. */
class TaskSource extends Source {
  readonly running = Promise.withResolvers<void>();

  constructor(url: string, readonly onAbort: () => void = () => {}) {
    super({ token: "source-test", url });
  }

  protected override async task(signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.onAbort());
    await this.running.promise;
  }
}

const network = [{ name: "net" }, { name: "sys", kind: "hostname" }] as const;

Deno.test(needing({ permissions: network }, {
  name: "Source.stopped() tells the error of a task that fails in the turn in which stop is called",
  fn: async () => {
    for (const isFirst of [true, false]) {
      await using network = await TestNetwork.start();
      const source = new TaskSource(network.url);
      await source.connect();
      const told = assert.rejects(source.stopped(), /the sensor is gone/);
      if (isFirst) source.running.reject(new Error("the sensor is gone"));
      const stopped = source.stop();
      if (!isFirst) source.running.reject(new Error("the sensor is gone"));
      await Promise.all([stopped, told]);
      assert.equal(source.health.status, "failed");
    }
  },
}));

Deno.test(needing({ permissions: network }, {
  name:
    "Source.stopped() resolves when the task fails because it is asked to end, which the log tells",
  fn: async () => {
    await using logged = await LogRecords.capture();
    for (const error of [new DOMException("aborted", "AbortError"), new Error("socket closed")]) {
      await using network = await TestNetwork.start();
      const source = new TaskSource(network.url, () => source.running.reject(error));
      await source.connect();
      await source.stop();
      await source.stopped();
    }
    assert.deepEqual(logged.messages("warning"), [
      "The task of source-test has failed when it was asked to end: socket closed",
    ]);
  },
}));

Deno.test(needing({ permissions: network }, {
  name:
    "Source leaves no rejection unhandled of what nobody waits for after a stop, and counts the points",
  fn: async () => {
    await using logged = await LogRecords.capture();
    await using network = await TestNetwork.start();
    const source = new IdleSource({ url: network.url });
    await source.connect();
    await source.declareMetrics(["test.metric"]);
    await source.send("test.metric", TIME, 1);
    await source.stop();
    const work: (() => Promise<unknown>)[] = [
      () => source.send("test.metric", Timestamp.now(), 1),
      () => source.send("test.unknown", Timestamp.now(), 1),
      () => source.metric("test.metric").error(Timestamp.now()),
      () => source.sendMany("test.metric", new BigInt64Array([5n, 6n]), new Float64Array(2)),
      () => source.declareMetrics(["test.metric"]),
      () => source.rpc("get_metrics"),
    ];
    for (const start of work) void start(); // an unhandled rejection ends the tests
    for (const start of work) await assert.rejects(start(), { name: /PublishFailed|AgentStopped/ });
    await source.flush();
    assert.equal(source.stats.pointsTooLate, 10);
    assert.equal(source.stats.pointsSent, 1);
    const warnings = logged.messages("warning").filter((line) => line.includes("has stopped"));
    assert.deepEqual(warnings, [
      "source-test has stopped and is given points, first of test.metric: they are not sent",
    ]);
  },
}));

Deno.test(needing({ permissions: network }, {
  name: "Source leaves no rejection unhandled of what nobody waits for while it stops",
  fn: async () => {
    await using network = await TestNetwork.start();
    const source = new IdleSource({ url: network.url, stopTimeout: 0.05 });
    await source.connect();
    network.pause();
    const work = [
      source.send("test.metric", Timestamp.now(), 1),
      source.flush(),
      source.metric("test.metric").flush(),
      source.declareMetrics(["test.metric"]),
      source.rpc("get_metrics"),
      source.getMetrics(),
    ];
    await source.stop();
    network.resume();
    const results = await Promise.allSettled(work);
    assert.deepEqual(results.map(({ status }) => status), [
      "fulfilled",
      ...Array(5).fill("rejected"),
    ]);
  },
}));

Deno.test(needing({ permissions: network }, {
  name: "Source tells once of each metric that it sends and has never declared",
  fn: async () => {
    await using logged = await LogRecords.capture();
    await using network = await TestNetwork.start();
    await using source = new IdleSource({ url: network.url });
    await source.send("test.before", TIME, 1); // judged when the source is configured
    await source.send("test.undeclared", TIME, 1);
    source.addRpcHandler("config", () => source.declareMetrics(["test.before"]));
    await source.connect();
    const declared = source.declareMetrics(["test.meanwhile"]);
    await source.send("test.meanwhile", Timestamp.now(), 1);
    await declared;
    for (let i = 0; i < 3; i++) {
      await source.send("test.before", Timestamp.now(), 1);
      await source.send("test.undeclared", Timestamp.now(), 1);
      await source.send("test.other", Timestamp.now(), 1);
    }
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    const told = logged.messages("warning").filter((line) => line.includes("has not declared"));
    assert.deepEqual(told.join().match(/"test\.\w+"/g), ['"test.undeclared"', '"test.other"']);
  },
}));

Deno.test("Source tells of a send that waits for room and does not come back, until there is room", async () => {
  await using logged = await LogRecords.capture();
  const clock = new ManualClock();
  const source = new IdleSource({ clock, onFull: "wait", outboxMaxBytes: 1 });
  const sent = source.send("test.metric", Timestamp.now(), 1);
  await clock.advance(11);
  assert.equal(source.stats.hangingSeconds, 11);
  assert.match(logged.messages("warning").join(), /send of source-test has not come back since/);
  await source.stop();
  await sent;
  assert.equal(source.stats.hangingSeconds, 0);
  assert.equal(clock.sleepers, 0);
});

Deno.test(needing({ permissions: [{ name: "net" }, { name: "sys", kind: "hostname" }] }, {
  name: "Source.flush() sends all that is buffered, and resolves when the broker has confirmed it",
  fn: async () => {
    await using network = await TestNetwork.start();
    await using source = new IdleSource({ url: network.url });
    await source.connect();
    network.pause();
    const sizes = { "test.single": 1, "test.part": 10, "test.full": 7, "test.held": null };
    for (const [name, size] of Object.entries(sizes)) {
      source.metric(name).chunkSize = size;
      for (let i = 0; i < 7; i++) await source.send(name, new Timestamp(i, 0), i);
    }
    let isFlushed = false;
    const flushed = source.flush().then(() => isFlushed = true);
    // What comes after the call is not waited for.
    await source.send("test.held", new Timestamp(7, 0), 7);
    for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(isFlushed, false);
    network.resume();
    await flushed;
    assert.equal(source.stats.pointsConfirmed, 28);
    assert.equal(source.stats.pointsBuffered, 1);
    for (const name of Object.keys(sizes)) {
      const values = (await network.points(name, 7)).map(({ value }) => value);
      assert.deepEqual(values, [0, 1, 2, 3, 4, 5, 6]);
    }
  },
}));
