import assert from "node:assert/strict";
import { PublishFailed } from "../../src/errors.ts";
import type { PollGroup } from "../../src/source/poll_group.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { PollingSource } from "../../src/source/polling_source.ts";
import { TestNetwork } from "../../src/testing/test_network.ts";
import { needing } from "../support/needing.ts";
import { LogRecords } from "../support/log_records.ts";
import { fail, group, LocalSource } from "./local_source.ts";

Deno.test("PollingSource reads each group at once, and then at its own period", async () => {
  const source = new LocalSource();
  await source.start(group("test.fast", "100ms", () => 1), group("test.slow", 0.25, () => 2));
  await source.clock.advance(0.5);
  assert.deepEqual(source.sent["test.fast"]?.map(([atMs]) => atMs), [
    ...[1000, 1100, 1200, 1300, 1400, 1500],
  ]);
  assert.deepEqual(source.sent["test.slow"], [[1000, 2], [1250, 2], [1500, 2]]);
  await source.end();
  assert.equal(source.clock.sleepers, 0);
});

Deno.test("PollingSource gives points the time of the question, the round one if aligned, or of the answer", async () => {
  const source = new LocalSource();
  source.clock.setWallTime(Timestamp.fromPosixMs(59_700));
  const slowly = () => source.clock.sleepUntil(source.clock.nowMs() + 20).then(() => 7);
  await source.start(
    group("test.round", "500ms", slowly, { align: true }),
    group("test.plain", "500ms", slowly),
    group("test.answered", "500ms", slowly, { time: "answered" }),
    group("test.late", "500ms", slowly, { align: true, time: "answered" }),
  );
  await source.clock.advance(1);
  assert.deepEqual(source.sent["test.round"], [[60_000, 7], [60_500, 7]]);
  assert.deepEqual(source.sent["test.plain"]?.map(([atMs]) => atMs), [59_700, 60_200]);
  assert.deepEqual(source.sent["test.answered"]?.map(([atMs]) => atMs), [59_720, 60_220]);
  assert.deepEqual(source.sent["test.late"]?.map(([atMs]) => atMs), [60_020, 60_520]);
  await source.clock.advance(0.02);
  await source.end();
});

Deno.test("PollingSource sends NaN for a group that fails, and the others keep their phase", async () => {
  await using logged = await LogRecords.capture();
  const source = new LocalSource();
  const answers = [() => 1, () => fail("no route"), () => fail("no answer"), () => 4];
  await source.start(
    group("test.bad", 1, () => answers.shift()?.() ?? 5),
    group("test.good", 1, () => 0),
  );
  await source.clock.advance(4);
  assert.deepEqual(source.sent["test.bad"]?.map(([, value]) => value), [1, NaN, NaN, 4, 5]);
  assert.deepEqual(source.sent["test.good"]?.map(([atMs]) => atMs), [1000, 2000, 3000, 4000, 5000]);
  assert.deepEqual(logged.messages("warning"), ["No reading of test.bad: no route"]);
  assert.deepEqual(logged.messages("info"), ["test.bad is read again, after 2 failures"]);
  await source.end();
});

Deno.test("PollingSource gives up a reading after its timeout, and tells that alone", async () => {
  await using logged = await LogRecords.capture();
  const source = new LocalSource();
  const signals: AbortSignal[] = [];
  await source.start(
    group("test.mute", 1, (signal) => {
      signals.push(signal);
      return new Promise(() => {});
    }, { name: "meter 1", timeout: "2500ms" }),
    group("test.good", 1, () => 0),
  );
  await source.clock.advance(5.5);
  assert.deepEqual(source.sent["test.mute"], [[1000, NaN], [4000, NaN]]);
  assert.deepEqual(signals.map((signal) => signal.aborted), [true, true]);
  assert.equal(source.sent["test.good"]?.length, 6);
  assert.deepEqual(logged.messages("warning"), [
    "No reading of meter 1: Cannot read meter 1: no answer within 2500ms",
  ]);
  await source.end();
});

Deno.test("PollingSource sends what a reading has, and NaN for what is missing in it", async () => {
  await using logged = await LogRecords.capture();
  const source = new LocalSource();
  const readings = [
    undefined,
    { "test.one": 1, "test.two": new Error("test.two: out of range"), "test.other": 9 },
    { "test.one": 2 },
  ];
  await source.start({
    period: 1,
    metrics: { "test.one": {}, "test.two": {} },
    read: () => readings.shift(), // need not be async
  });
  await source.clock.advance(3);
  assert.deepEqual(source.sent, {
    "test.one": [[2000, 1], [3000, 2]],
    "test.two": [[2000, NaN], [3000, NaN]],
  });
  assert.deepEqual(logged.messages("warning"), [
    'No reading of test.one, test.two: test.two: out of range; "test.other" is read, and not one of ' +
    "the group's metrics",
  ]);
  await source.end();
});

Deno.test("PollingSource sends values with times of their own, each time once", async () => {
  await using logged = await LogRecords.capture();
  const source = new LocalSource();
  const at = (ms: number, value: number) => ({ time: Timestamp.fromPosixMs(ms), value });
  const readings = [
    { "test.one": at(900, 1), "test.many": [] },
    { "test.one": at(900, 1), "test.many": [at(500, 1), at(600, 2)] },
    { "test.one": at(1900, 2), "test.many": [at(600, 2), at(700, 3)] },
  ];
  await source.start({
    period: 1,
    metrics: { "test.one": {}, "test.many": {} },
    read: () => readings.shift(),
  });
  await source.clock.advance(3);
  assert.deepEqual(source.sent, {
    "test.one": [[900, 1], [1900, 2]],
    "test.many": [[500, 1], [600, 2], [700, 3]],
  });
  assert.deepEqual(logged.messages("warning"), []);
  await source.end();
});

Deno.test("PollingSource tells of a value whose time has gone back, and of one that comes too late", async () => {
  await using logged = await LogRecords.capture();
  const source = new LocalSource();
  const at = (ms: number) => ({ "test.one": { time: Timestamp.fromPosixMs(ms), value: 1 } });
  const answers = [
    () => at(900),
    () => fail("away"),
    () => at(1500),
    () => at(800),
    () => at(5000),
  ];
  await source.start({ period: 1, metrics: { "test.one": {} }, read: () => answers.shift()?.() });
  await source.clock.advance(5);
  assert.deepEqual(source.sent["test.one"], [[900, 1], [2000, NaN], [5000, 1]]);
  // One episode, in which the reason changes.
  assert.deepEqual(logged.messages("warning"), ["No reading of test.one: away"]);
  const [late = "", back = ""] = logged.messages("debug");
  assert.match(late, /test\.one: 1 values are older than the last point that was sent$/);
  assert.match(back, /test\.one: its time has gone back from \S*1\.5\S* to \S*0\.8\S*$/);
  await source.end();
});

Deno.test("PollingSource leaves out a reading that is repeated, but not two in a row", async () => {
  const source = new LocalSource();
  const values = [1, 1, 2, 2, 2, 2, NaN, NaN];
  await source.start(group("test.one", 1, () => values.shift() ?? 9, { skipRepeated: true }));
  await source.clock.advance(7);
  assert.deepEqual(source.sent["test.one"], [
    ...[[1000, 1], [3000, 2], [5000, 2], [7000, NaN]],
  ]);
  await source.end();
});

Deno.test("PollingSource reads groups of one device one at a time, each with its own time limit", async () => {
  const source = new LocalSource();
  let reading = 0;
  let most = 0;
  const slowly = async () => {
    most = Math.max(most, ++reading);
    await source.clock.sleepUntil(source.clock.nowMs() + 300);
    return reading--;
  };
  const options = { device: "meter", timeout: "500ms" };
  await source.start(
    group("test.one", 1, slowly, options),
    group("test.two", 1, slowly, options),
    group("test.three", 1, slowly, options),
    group("test.other", 1, () => 5),
  );
  await source.clock.advance(0.999);
  assert.equal(most, 1);
  assert.deepEqual(source.sent, {
    "test.one": [[1000, 1]],
    "test.two": [[1300, 1]],
    "test.three": [[1600, 1]],
    "test.other": [[1000, 5]],
  });
  await source.end();
});

Deno.test("PollingSource leaves a device that fails alone for longer and longer, and tells it once", async () => {
  await using logged = await LogRecords.capture();
  const source = new LocalSource();
  const asked: number[] = [];
  let isAway = true;
  const read = () => {
    asked.push(source.clock.nowMs() / 1000);
    return isAway ? fail("no route") : 1;
  };
  const options = { device: "meter", backoff: "8s" };
  await source.start(
    group("test.one", 1, read, options),
    group("test.two", 1, read, options),
  );
  await source.clock.advance(30);
  // Both once, then one of them for both.
  assert.deepEqual(asked, [1, 1, 2, 4, 8, 16, 24]);
  assert.equal(source.sent["test.one"]?.length, 31);
  assert.equal(source.sent["test.two"]?.length, 31);
  assert(source.sent["test.two"]?.every(([, value]) => Number.isNaN(value)));
  isAway = false;
  await source.clock.advance(3);
  assert.deepEqual(source.sent["test.two"]?.slice(-2), [[33_000, 1], [34_000, 1]]);
  assert.deepEqual(logged.messages("warning"), ["No reading of test.one: no route"]);
  assert.equal(logged.messages("info").length, 1);
  await source.end();
});

Deno.test("PollingSource asks only that group of a device less often that fails", async () => {
  const source = new LocalSource();
  const asked: number[] = [];
  const failing = () => {
    asked.push(source.clock.nowMs() / 1000);
    return fail("no such page");
  };
  const options = { device: "meter", backoff: "1min" };
  await source.start(
    group("test.bad", 1, failing, options),
    group("test.good", 1, () => 1, options),
  );
  await source.clock.advance(9);
  assert.deepEqual(asked, [1, 2, 4, 8]);
  assert(source.sent["test.good"]?.every(([, value]) => value === 1));
  await source.end();
});

Deno.test("PollingSource tells when all of a device is gone, also if a part of it always was", async () => {
  await using logged = await LogRecords.capture();
  const source = new LocalSource();
  const fan = new Error("fan: N/A");
  const power = new Error("power: N/A");
  const answers = [
    () => ({ "test.power": 1, "test.fan": fan }),
    () => ({ "test.power": 1, "test.fan": fan }),
    () => fail("no device"),
    () => ({ "test.power": 2, "test.fan": fan }),
    () => ({ "test.power": power, "test.fan": fan }),
    () => ({ "test.power": 3, "test.fan": fan }),
    () => ({ "test.power": 3, "test.fan": 4 }),
  ];
  await source.start({
    name: "gpu",
    period: 1,
    metrics: { "test.power": {}, "test.fan": {} },
    read: () => answers.shift()?.(),
  });
  await source.clock.advance(6);
  assert.deepEqual(logged.messages("warning"), [
    "No reading of gpu: fan: N/A",
    "No reading of gpu: no device",
    "No reading of gpu: power: N/A; fan: N/A",
  ]);
  assert.deepEqual(logged.messages("info"), [
    "gpu is read again, after 1 failure",
    "gpu is read again, after 1 failure",
    "test.fan of gpu is read again, after 6 failures",
  ]);
  await source.end();
});

Deno.test("PollingSource waits finely below 20 ms, and names the true cause of missed deadlines", async () => {
  await using logged = await LogRecords.capture();
  const source = new LocalSource();
  let approached = 0;
  const { clock } = source;
  Object.assign(clock, {
    approach: async (deadlineMs: number, signal?: AbortSignal) => {
      approached++;
      await clock.sleepUntil(deadlineMs, signal);
      return () => {};
    },
  });
  await source.start(
    group("test.fast", "19ms", () => 1),
    group("test.slow", "20ms", () => 1),
    group("test.late", "10ms", () => 1, { precision: "coarse" }),
  );
  await clock.advance(0.04);
  assert.equal(approached, 4);
  clock.stall(0.035);
  await clock.advance(0.04);
  const told = logged.messages("warning").filter((message) => message.startsWith("test.late"));
  assert.deepEqual(told, [
    'test.late missed 2 deadlines: a coarse wait comes too late for this period, precision "fine" meets it',
  ]);
  await source.end();
});

/** A group that lists one metric and finds the others in these readings, one after the other. */
function finding(...readings: (Record<string, number> | undefined)[]): PollGroup {
  return {
    name: "table",
    period: 1,
    metrics: { "test.listed": {} },
    read: () => readings.shift() ?? fail("no answer"),
    describe: (metric) => ({ description: `The row ${metric}` }),
  };
}

Deno.test("PollingSource declares a metric that a reading has when the group describes it", async () => {
  const source = new LocalSource();
  await source.start(finding(
    { "test.listed": 1, "test.found": 10 },
    { "test.listed": 2, "test.found": 20 },
  ));
  await source.clock.advance(1);
  assert.deepEqual(source.declared, {
    "test.found": { rate: 1, interval: "1s", chunkSize: 1, description: "The row test.found" },
  });
  assert.deepEqual(source.sent, {
    "test.listed": [[1000, 1], [2000, 2]],
    "test.found": [[1000, 10], [2000, 20]],
  });
  await source.end();
});

Deno.test("PollingSource sends NaN once for a found metric that is gone, and while nothing answers", async () => {
  await using logged = await LogRecords.capture();
  const source = new LocalSource();
  const [both, one] = [{ "test.listed": 1, "test.found": 2 }, { "test.listed": 1 }];
  await source.start(finding(both, one, one, both));
  await source.clock.advance(5);
  assert.deepEqual(source.sent["test.found"], [
    ...[[1000, 2], [2000, NaN], [4000, 2], [5000, NaN], [6000, NaN]],
  ]);
  assert.deepEqual(logged.messages("warning"), ["No reading of table: no answer"]);
  await source.end();
});

Deno.test("PollingSource reads on while a found metric is declared, and tries it again", async () => {
  await using logged = await LogRecords.capture();
  const source = new LocalSource();
  const reading = { "test.listed": 1, "test.found": 2 };
  await source.start(finding({ "test.listed": 1 }, reading, reading, reading, reading));
  const answer = Promise.withResolvers<void>();
  source.onDeclare = () => answer.promise;
  await source.clock.advance(2);
  answer.reject(new Error("refused"));
  source.onDeclare = () => {};
  await source.clock.advance(2);
  assert.deepEqual(source.sent["test.listed"]?.map(([atMs]) => atMs), [
    ...[1000, 2000, 3000, 4000, 5000],
  ]);
  assert.deepEqual(source.sent["test.found"], [[4000, 2], [5000, 2]]);
  assert.deepEqual(logged.messages("warning"), [
    "No reading of table: Cannot declare metrics of table: refused",
  ]);
  await source.end();
});

Deno.test("PollingSource refuses found metrics that another group has, or that have no such names", async () => {
  await using logged = await LogRecords.capture();
  const source = new LocalSource();
  await source.start(
    finding({ "test.listed": 1, "test.other": 2, "test.*": 3 }),
    group("test.other", 1, () => 4),
  );
  assert.deepEqual(source.sent, { "test.listed": [[1000, 1]], "test.other": [[1000, 4]] });
  const [told = ""] = logged.messages("warning");
  assert.match(told, /Cannot use metric "test\.other": it is there twice, once is required/);
  assert.match(told, /"test\.\*" is given, parts other than "\*" and "#" are required/);
  await source.end();
});

Deno.test("PollingSource takes objects with state of their own for groups", async () => {
  class Counter implements PollGroup {
    readonly period = 1;
    readonly metrics = { "test.count": {} };
    #count = 0;

    read() {
      return { "test.count": ++this.#count };
    }
  }
  const source = new LocalSource();
  await source.start(new Counter());
  await source.clock.advance(1);
  assert.deepEqual(source.sent["test.count"], [[1000, 1], [2000, 2]]);
  await source.end();
});

Deno.test("PollingSource tells once of a group that is too slow for long, and once that it no longer is", async () => {
  await using logged = await LogRecords.capture();
  const source = new LocalSource();
  let seconds = 2.5;
  await source.start(
    group("test.slow", 1, async () => {
      await source.clock.sleepUntil(source.clock.nowMs() + seconds * 1000);
      return 1;
    }),
  );
  const told = () => [...logged.messages("warning"), ...logged.messages("info")];
  await source.clock.advance(120);
  assert.equal(told().filter((line) => line.includes("missed")).length, 1);
  seconds = 0.5;
  await source.clock.advance(5);
  assert.equal(told().filter((line) => line.includes("again")).length, 0);
  await source.clock.advance(20);
  assert.match(
    told().find((line) => line.includes("again")) ?? "",
    /^test\.slow meets its deadlines again, it missed 8\d deadlines$/,
  );
  seconds = 2.5;
  await source.clock.advance(30);
  assert.equal(logged.messages("warning").filter((line) => line.includes("missed")).length, 2);
  const ended = source.end();
  await source.clock.advance(3);
  await ended;
});

Deno.test("PollingSource warns of a group that takes longer than its period", async () => {
  await using logged = await LogRecords.capture();
  const source = new LocalSource();
  await source.start(
    group("test.slow", 1, () => source.clock.sleepUntil(source.clock.nowMs() + 2500).then(() => 1)),
  );
  await source.clock.advance(3);
  assert.deepEqual(logged.messages("warning"), [
    "test.slow missed 2 deadlines: reading takes longer than the period",
  ]);
  const ended = source.end();
  await source.clock.advance(3);
  await ended;
});

Deno.test("PollingSource.poll() declares rate, interval and chunk size, unless they are given", async () => {
  const source = new LocalSource();
  await source.use(
    group("test.fast", "20ms", () => 0),
    { period: "1min", metrics: { "test.own": { rate: 5, chunkSize: 7 } }, read: () => ({}) },
  );
  assert.deepEqual(source.declared, {
    "test.fast": { unit: "W", rate: 50, interval: "20ms", chunkSize: 50 },
    "test.own": { rate: 5, interval: "1min", chunkSize: 7 },
  });
  assert.equal(source.metric("test.fast").chunkSize, 50);
  assert.equal(source.metric("test.own").chunkSize, 7);
});

Deno.test("PollingSource.poll() replaces groups at once, and drops what they are reading", async () => {
  const source = new LocalSource();
  const untilAborted = (signal: AbortSignal) =>
    new Promise<number>((resolve) => signal.addEventListener("abort", () => resolve(1)));
  await source.start(group("test.both", 1, untilAborted), group("test.old", 1, () => 0));
  await source.clock.advance(0.5);
  await source.use(group("test.both", 1, () => 2), group("test.new", 1, () => 3));
  await source.clock.advance(1);
  assert.deepEqual(source.sent, {
    "test.both": [[1500, 2], [2500, 2]],
    "test.old": [[1000, 0]],
    "test.new": [[1500, 3], [2500, 3]],
  });
  await source.end();
});

Deno.test("PollingSource.poll() moves on the points of a metric that is no longer read", async () => {
  const source = new LocalSource();
  await source.start(group("test.old", "100ms", () => 1));
  await source.metric("test.old").send(Timestamp.fromPosixMs(1), 1);
  assert.equal(source.metric("test.old").pendingPoints, 1);
  await source.use(group("test.new", 1, () => 1));
  await source.clock.advance(0);
  assert.equal(source.metric("test.old").pendingPoints, 0);
  await source.end();
});

Deno.test("PollingSource.poll() refuses what cannot be read, and those before go on", async () => {
  const source = new LocalSource();
  await source.start(group("test.old", 1, () => 1));
  const one = group("test.one", 1, () => 1);
  const refuses = (name: string, message: string | RegExp, ...groups: PollGroup[]) =>
    assert.rejects(source.use(...groups), { name, message });
  await refuses("RangeError", /^Cannot use metric "test\.one": it is there twice/, one, one);
  await refuses(
    "RangeError",
    "Cannot poll test.one: 0 is given, a duration above 0 is required",
    { ...one, period: 0 },
  );
  await refuses(
    "RangeError",
    'Cannot use timeout of a meter: "-1s" is given, a duration above 0 is required',
    { ...one, name: "a meter", timeout: "-1s" },
  );
  await refuses("SyntaxError", /"often" is given/, { ...one, period: "often" });
  await refuses("TypeError", /precision/, { ...one, precision: Object("finest") });
  source.onDeclare = () => fail("the manager refuses");
  await refuses("Error", "the manager refuses", one);
  await source.clock.advance(1);
  assert.deepEqual(source.sent, { "test.old": [[1000, 1], [2000, 1]] });
  await source.end();
});

Deno.test("PollingSource goes on after PublishFailed, which it logs", async () => {
  await using logged = await LogRecords.capture();
  const source = new LocalSource();
  source.onSend = (metric) => {
    if (metric === "test.one") throw new PublishFailed(metric, 1, "the outbox is full");
  };
  await source.start({
    period: 1,
    metrics: { "test.one": {}, "test.two": {} },
    read: () => ({ "test.one": 1, "test.two": 2 }),
  });
  await source.clock.advance(1);
  assert.equal(source.sent["test.two"]?.length, 2);
  assert.deepEqual(
    new Set(logged.messages("warning")),
    new Set([
      'Cannot publish 1 point of metric "test.one": the outbox is full',
    ]),
  );
  await source.end();
});

Deno.test("PollingSource without groups waits for some, and ends when it is stopped", async () => {
  const source = new LocalSource();
  await source.start();
  await source.use(group("test.new", 1, () => 1));
  await source.clock.advance(0);
  assert.equal(source.sent["test.new"]?.length, 1);
  await source.end();
});

Deno.test(needing({ permissions: [{ name: "net" }, { name: "sys", kind: "hostname" }] }, {
  name: "PollingSource reads its groups until a configuration with others is accepted",
  fn: async () => {
    class Rack extends PollingSource {
      constructor(url: string) {
        super({ token: "source-test", url });
        this.addRpcHandler<{ names: string[]; isBad?: boolean }>(
          "config",
          async ({ names, isBad }) => {
            await this.poll(names.map((name) => group(`test.rack.${name}`, "10ms", () => 1)));
            if (isBad) throw new RangeError("bad");
          },
        );
      }
    }
    await using network = await TestNetwork.start({ config: { names: ["a", "b"] } });
    await using source = new Rack(network.url);
    await source.connect();
    await network.points("test.rack.a");
    const bad = network.configure("source-test", { names: ["c"], isBad: true });
    await assert.rejects(bad, /bad/);
    await network.points("test.rack.a", 1, { after: Timestamp.now() });
    await network.configure("source-test", { names: ["b"] });
    await network.points("test.rack.b", 1, { after: Timestamp.now() });
    network.cutConnections();
    // The first, the refused one, and the last one.
    const again = await network.rpc("source.declare_metrics", { count: 4 });
    assert.deepEqual(Object.keys(again.arguments["metrics"] ?? {}), ["test.rack.b"]);
  },
}));

Deno.test(needing({ permissions: [{ name: "net" }, { name: "sys", kind: "hostname" }] }, {
  name: "PollingSource reads groups of a configuration when all of its handlers have accepted it",
  fn: async () => {
    const read = new Set<string>();
    let verdict = Promise.resolve();
    let asked = Promise.withResolvers<void>();
    class Rack extends PollingSource {
      constructor(url: string) {
        super({ token: "source-test", url });
        this.addRpcHandler<{ name: string }>("config", async ({ name }) => {
          await this.poll([group(`test.rack.${name}`, "10ms", () => {
            read.add(name);
            return 1;
          })]);
        });
        this.addRpcHandler("config", () => {
          asked.resolve();
          return verdict;
        });
      }
    }
    await using network = await TestNetwork.start({ config: { name: "a" } });
    await using source = new Rack(network.url);
    await source.connect();
    for (const isAccepted of [false, true]) {
      await network.points("test.rack.a", 2, { after: Timestamp.now() });
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      verdict = promise;
      asked = Promise.withResolvers();
      const configured = network.configure("source-test", { name: "b" });
      await asked.promise;
      // A few more of the old group's periods.
      await network.points("test.rack.a", 3, { after: Timestamp.now() });
      assert.deepEqual([...read], ["a"]);
      if (isAccepted) resolve();
      else reject(new RangeError("not this one"));
      await configured.catch((error) => assert.match(String(error), /not this one/));
    }
    await network.points("test.rack.b");
    assert.deepEqual([...read], ["a", "b"]);
  },
}));

Deno.test("PollingSource tells of readings that do not come back, and that one has", async () => {
  await using logged = await LogRecords.capture();
  const source = new LocalSource();
  let isMute = true;
  const read = () => isMute ? new Promise<number>(() => {}) : 1;
  await source.start(group("test.mute", 1, read, { name: "meter 1", timeout: 60 }));
  await source.clock.advance(10.1);
  assert.deepEqual(logged.messages("warning"), [
    "reading of meter 1 of source-test has not come back since 1970-01-01T00:00:01.000000000Z",
  ]);
  isMute = false;
  await source.clock.advance(51); // the first one is given up, the next one comes back
  assert.match(logged.messages("warning").at(-1) ?? "", /meter 1 of source-test hangs no more/);
  assert.equal(source.stats.hangingSeconds, 0);
  await source.end();
  assert.equal(source.clock.sleepers, 0);
});

Deno.test("PollingSource tells nothing of readings that are given up and end then, nor of replaced groups", async () => {
  await using logged = await LogRecords.capture();
  const source = new LocalSource();
  const obedient = (signal: AbortSignal) =>
    new Promise<number>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  await source.start(
    group("test.slow", 1, obedient),
    group("test.mute", 1, () => new Promise<number>(() => {}), { timeout: 3600 }),
  );
  await source.clock.advance(60);
  const told = () => logged.messages("warning").filter((line) => line.startsWith("reading of"));
  assert.deepEqual(told().length, 1);
  assert.match(told()[0] ?? "", /test\.mute/);
  await source.use(group("test.good", 1, () => 1));
  await source.clock.advance(60);
  assert.equal(source.stats.hangingSeconds, 0);
  await source.end();
});

Deno.test("PollingSource does not pile up readings that never come back", async () => {
  const source = new LocalSource();
  let readings = 0;
  await source.start(
    group("test.mute", 0.1, () => {
      readings++;
      return new Promise<number>(() => {});
    }, { timeout: 0.05 }),
  );
  await source.clock.advance(30);
  assert.equal(readings, 100);
  assert.equal(source.sent["test.mute"]?.length, 301); // NaN, all the while
  await source.end();
});
