import assert from "node:assert/strict";
import { Source, type SourceOptions } from "../../src/source/source.ts";
import { ticks } from "../../src/schedule/ticker.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { TestNetwork } from "../../src/testing/test_network.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
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
