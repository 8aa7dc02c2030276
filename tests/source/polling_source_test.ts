import assert from "node:assert/strict";
import { PublishFailed } from "../../src/errors.ts";
import type { Metadata } from "../../src/source/metadata.ts";
import type { PollGroup } from "../../src/source/poll_group.ts";
import { PollingSource } from "../../src/source/polling_source.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { LogRecords } from "../support/log_records.ts";

/** A polling source whose task runs without any network. */
class LocalSource extends PollingSource {
  readonly #clock: ManualClock;
  /** What was sent of each metric: the time in ms, and the value. */
  readonly sent: Record<string, [atMs: number, value: number][]> = {};
  declared: Record<string, Metadata> = {};
  /** What a declaration does before it succeeds. */
  onDeclare: () => void | Promise<void> = () => {};
  onSend: (metric: string) => void = () => {};
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor() {
    const clock = new ManualClock(1000);
    super({ token: "source-test", url: "amqp://localhost/", clock });
    this.#clock = clock;
  }

  override get clock(): ManualClock {
    return this.#clock;
  }

  async start(...groups: PollGroup[]): Promise<void> {
    await this.use(...groups);
    this.#running = this.task(this.#stop.signal);
    this.#running.catch(() => {});
    await this.clock.advance(0);
  }

  async use(...groups: PollGroup[]): Promise<void> {
    await this.poll(groups);
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  override async declareMetrics(metrics: Readonly<Record<string, Metadata>>): Promise<void> {
    await this.onDeclare();
    this.declared = metrics;
  }

  override send(metric: string, time: Timestamp, value: number): Promise<void> {
    (this.sent[metric] ??= []).push([time.posixMs, value]);
    this.onSend(metric);
    return Promise.resolve();
  }
}

/** A group of one metric, which reads what `read` gives. */
function group(
  metric: string,
  period: PollGroup["period"],
  read: (signal: AbortSignal) => number | Promise<number>,
  options: Partial<PollGroup> = {},
): PollGroup {
  const reading = async (signal: AbortSignal) => ({ [metric]: await read(signal) });
  return { period, metrics: { [metric]: { unit: "W" } }, read: reading, ...options };
}

function fail(message: string): never {
  throw new Error(message);
}

Deno.test("PollingSource reads each group at once, and then at its own period", async () => {
  const source = new LocalSource();
  await source.start(group("test.fast", "100ms", () => 1), group("test.slow", 0.25, () => 2));
  await source.clock.advance(500);
  assert.deepEqual(source.sent["test.fast"]?.map(([atMs]) => atMs), [
    ...[1000, 1100, 1200, 1300, 1400, 1500],
  ]);
  assert.deepEqual(source.sent["test.slow"], [[1000, 2], [1250, 2], [1500, 2]]);
  await source.end();
  assert.equal(source.clock.sleepers, 0);
});

Deno.test("PollingSource reads aligned groups at round times, and sends with these", async () => {
  const source = new LocalSource();
  source.clock.setWallTime(Timestamp.fromPosixMs(59_700));
  const slowly = () => source.clock.sleepUntil(source.clock.nowMs() + 20).then(() => 7);
  await source.start(
    group("test.round", "500ms", slowly, { align: true }),
    group("test.plain", "500ms", slowly),
  );
  await source.clock.advance(1000);
  assert.deepEqual(source.sent["test.round"], [[60_000, 7], [60_500, 7]]);
  assert.deepEqual(source.sent["test.plain"]?.map(([atMs]) => atMs), [59_720, 60_220]);
  await source.clock.advance(20);
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
  await source.clock.advance(4000);
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
  await source.clock.advance(5500);
  assert.deepEqual(source.sent["test.mute"], [[3500, NaN], [6500, NaN]]);
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
  await source.clock.advance(3000);
  assert.deepEqual(source.sent, {
    "test.one": [[2000, 1], [3000, 2]],
    "test.two": [[2000, NaN], [3000, NaN]],
  });
  assert.deepEqual(logged.messages("warning"), [
    "No reading of test.one, test.two: test.two: out of range",
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
  await source.clock.advance(1000);
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
  await source.clock.advance(5000);
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
  await source.clock.advance(2000);
  answer.reject(new Error("refused"));
  source.onDeclare = () => {};
  await source.clock.advance(2000);
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
    finding({ "test.listed": 1, "test.other": 2, "test.1": 3 }),
    group("test.other", 1, () => 4),
  );
  assert.deepEqual(source.sent, { "test.listed": [[1000, 1]], "test.other": [[1000, 4]] });
  const [told = ""] = logged.messages("warning");
  assert.match(told, /Cannot use metric "test\.other": it is there twice, once is required/);
  assert.match(told, /"test\.1" is given, at least two parts/);
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
  await source.clock.advance(1000);
  assert.deepEqual(source.sent["test.count"], [[1000, 1], [2000, 2]]);
  await source.end();
});

Deno.test("PollingSource warns of a group that takes longer than its period", async () => {
  await using logged = await LogRecords.capture();
  const source = new LocalSource();
  await source.start(
    group("test.slow", 1, () => source.clock.sleepUntil(source.clock.nowMs() + 2500).then(() => 1)),
  );
  await source.clock.advance(3000);
  assert.deepEqual(logged.messages("warning"), [
    "test.slow missed 2 deadlines: reading takes longer than the period",
  ]);
  const ended = source.end();
  await source.clock.advance(3000);
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
  assert.equal(source.metric("test.own").chunkSize, 1);
});

Deno.test("PollingSource.poll() replaces groups at once, and drops what they are reading", async () => {
  const source = new LocalSource();
  const untilAborted = (signal: AbortSignal) =>
    new Promise<number>((resolve) => signal.addEventListener("abort", () => resolve(1)));
  await source.start(group("test.both", 1, untilAborted), group("test.old", 1, () => 0));
  await source.clock.advance(500);
  await source.use(group("test.both", 1, () => 2), group("test.new", 1, () => 3));
  await source.clock.advance(1000);
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
  await source.clock.advance(1000);
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
  await source.clock.advance(1000);
  assert.equal(source.sent["test.two"]?.length, 2);
  assert.deepEqual(
    new Set(logged.messages("warning")),
    new Set([
      'Cannot publish 1 point(s) of metric "test.one": the outbox is full',
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
