import assert from "node:assert/strict";
import { PublishFailed } from "../../src/errors.ts";
import type { Tick } from "../../src/schedule/ticker.ts";
import { IntervalSource, type IntervalSourceOptions } from "../../src/source/interval_source.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { TestNetwork } from "../../src/testing/test_network.ts";
import { Timedelta } from "../../src/time/timedelta.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { LogRecords } from "../support/log_records.ts";
import { needing } from "../support/needing.ts";

/** An interval source whose task runs without any network. */
class LocalSource extends IntervalSource {
  readonly #clock: ManualClock;
  /** What the clock read at each update. */
  readonly updatesMs: number[] = [];
  /** What each update was told. */
  readonly ticks: Tick[] = [];
  /** What an update does, beyond being counted. */
  onUpdate: (signal: AbortSignal) => void | Promise<void> = () => {};
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: Partial<IntervalSourceOptions> = {}) {
    const clock = new ManualClock(1000);
    super({ token: "source-test", url: "amqp://localhost/", clock, ...options });
    this.#clock = clock;
  }

  override get clock(): ManualClock {
    return this.#clock;
  }

  async start(): Promise<void> {
    this.#running = this.task(this.#stop.signal);
    this.#running.catch(() => {});
    await this.clock.advance(0);
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  protected override async update(tick: Tick, signal: AbortSignal): Promise<void> {
    this.ticks.push(tick);
    this.updatesMs.push(this.clock.nowMs());
    await this.onUpdate(signal);
  }
}

Deno.test("IntervalSource updates at once, and then at every period", async () => {
  const source = new LocalSource({ period: 0.5 });
  await source.start();
  assert.deepEqual(source.updatesMs, [1000]);
  await source.clock.advance(1.2);
  assert.deepEqual(source.updatesMs, [1000, 1500, 2000]);
  await source.end();
});

Deno.test("IntervalSource keeps its phase when the system's time is set, forward or back", async () => {
  const source = new LocalSource({ period: 0.5 });
  await source.start();
  for (const time of ["2030-01-01T00:00:00Z", "1999-12-31T23:59:59Z"]) {
    source.clock.setWallTime(Timestamp.fromIso8601(time));
    await source.clock.advance(1);
  }
  assert.deepEqual(source.updatesMs, [1000, 1500, 2000, 2500, 3000]);
  await source.end();
});

Deno.test("IntervalSource with align updates at round times of day, which it tells", async () => {
  const source = new LocalSource({ period: "2s", align: true });
  await source.start();
  assert.deepEqual(source.updatesMs, []);
  await source.clock.advance(5);
  assert.deepEqual(source.updatesMs, [2000, 4000, 6000]);
  source.period = "5s";
  await source.clock.advance(10);
  assert.deepEqual(source.ticks.map(({ time }) => time.seconds), [2, 4, 6, 10, 15]);
  await source.end();
});

Deno.test("IntervalSource.update is told how many deadlines were missed", async () => {
  const source = new LocalSource({ period: 1 });
  source.onUpdate = () => source.clock.stall(2.5);
  await source.start();
  await source.clock.advance(0.5);
  assert.deepEqual(source.ticks.map(({ missed }) => missed), [0, 2]);
  await source.end();
});

Deno.test("IntervalSource.period takes seconds, a text or a Timedelta", () => {
  const source = new LocalSource();
  assert.equal(source.period, undefined);
  for (const period of [0.25, "250ms", Timedelta.fromMs(250)]) {
    source.period = period;
    assert.equal(source.period?.ms, 250);
  }
});

Deno.test("IntervalSource.period can be changed while updates run, also from within one", async () => {
  const source = new LocalSource({ period: 1 });
  await source.start();
  source.period = "100ms";
  await source.clock.advance(0.2);
  assert.deepEqual(source.updatesMs, [1000, 1100, 1200]);
  source.onUpdate = () => {
    source.period = 10;
  };
  await source.clock.advance(20.1);
  assert.deepEqual(source.updatesMs, [1000, 1100, 1200, 1300, 11_300, 21_300]);
  await source.end();
});

type Refusal = readonly [given: unknown, name: string];

const badPeriods: readonly Refusal[] = [
  [0, "RangeError"],
  [-1, "RangeError"],
  [NaN, "RangeError"],
  [Infinity, "RangeError"],
  ["0s", "RangeError"],
  ["-5ms", "RangeError"],
  ["often", "SyntaxError"],
  ["", "SyntaxError"],
  [null, "TypeError"],
  [undefined, "TypeError"],
  [{}, "TypeError"],
];

Deno.test("IntervalSource.period refuses what is not a period, and keeps the old one", async () => {
  const source = new LocalSource({ period: 1 });
  await source.start();
  for (const [given, name] of badPeriods) {
    assert.throws(() => Reflect.set(source, "period", given), (error) => {
      assert(error instanceof Error);
      assert.equal(error.name, name, `${given}`);
      assert.match(error.message, / is given, .* required$/);
      return true;
    });
    if (given !== undefined) {
      assert.throws(() => Reflect.construct(LocalSource, [{ period: given }]), { name });
    }
  }
  await source.clock.advance(1);
  assert.deepEqual(source.updatesMs, [1000, 2000]);
  await source.end();
});

Deno.test("IntervalSource without a period waits for its first one, and warns", async () => {
  await using logged = await LogRecords.capture();
  const source = new LocalSource();
  await source.start();
  await source.clock.advance(10);
  assert.deepEqual(source.updatesMs, []);
  assert.deepEqual(logged.messages("warning"), [
    'source-test makes no updates: no period is set, by the option "period" or by a handler of "config"',
  ]);

  source.period = 1;
  await source.clock.advance(1);
  assert.deepEqual(source.updatesMs, [11_000, 12_000]);
  await source.end();

  const configured = new LocalSource();
  configured.addRpcHandler("config", () => {});
  await configured.start();
  await configured.end();
  assert.equal(
    logged.messages("warning").at(-1),
    "source-test waits for its configuration: no period is set",
  );
});

Deno.test("IntervalSource without a period ends when it is stopped", async () => {
  const source = new LocalSource();
  await source.start();
  await source.end();
});

Deno.test("IntervalSource skips what a long update misses, and warns once with the count", async () => {
  await using logged = await LogRecords.capture();
  const source = new LocalSource({ period: 1 });
  source.onUpdate = () => source.clock.sleepUntil(source.clock.nowMs() + 3500);
  await source.start();
  await source.clock.advance(9);
  // In phase with the start, and none of those that were missed is made up for.
  assert.deepEqual(source.updatesMs, [1000, 5000, 9000]);
  assert.deepEqual(logged.messages("warning"), [
    "source-test missed 3 deadlines: update takes longer than the period",
  ]);

  await source.clock.advance(9);
  assert.deepEqual(source.updatesMs, [1000, 5000, 9000, 13_000, 17_000]);
  assert.deepEqual(logged.messages("warning").slice(1), [
    // Those of 9, 13 and 17 s: a warning comes at most every 10 s.
    "source-test missed 9 deadlines: update takes longer than the period",
  ]);
  const ended = source.end();
  await source.clock.advance(5);
  await ended;
});

Deno.test("IntervalSource goes on after PublishFailed, which it logs", async () => {
  await using logged = await LogRecords.capture();
  const source = new LocalSource({ period: 1 });
  source.onUpdate = () => {
    throw new PublishFailed("test.metric", 3, "the outbox is full");
  };
  await source.start();
  await source.clock.advance(2);
  assert.equal(source.updatesMs.length, 3);
  assert.equal(
    logged.messages("warning")[0],
    'Cannot publish 3 points of metric "test.metric": the outbox is full',
  );
  await source.end();
});

Deno.test("IntervalSource ends with any other error of update", async () => {
  const source = new LocalSource({ period: 1 });
  source.onUpdate = () => {
    throw new Error("the sensor is gone");
  };
  await source.start();
  await source.clock.advance(5);
  assert.equal(source.updatesMs.length, 1);
  await assert.rejects(source.end(), /the sensor is gone/);
});

Deno.test("IntervalSource ends at once when it is stopped between two updates", async () => {
  const source = new LocalSource({ period: "1 h" });
  await source.start();
  await source.end();
  assert.equal(source.clock.sleepers, 0);
});

Deno.test(needing({ permissions: [{ name: "net" }, { name: "sys", kind: "hostname" }] }, {
  name: "IntervalSource.stats tell how late its updates came, and how many deadlines were missed",
  fn: async () => {
    await using network = await TestNetwork.start();
    await using source = new LocalSource({ url: `${network.url}?heartbeat=0`, period: 1 });
    source.onUpdate = () => source.clock.sleepUntil(source.clock.nowMs() + 3500);
    await source.connect();
    await source.clock.advance(9);
    assert.deepEqual(source.updatesMs, [1000, 5000, 9000]);
    const { latenessSeconds, missedDeadlines } = source.stats;
    assert.equal(latenessSeconds.count, 3);
    assert.equal(latenessSeconds.sum, 0);
    assert.equal(missedDeadlines, 6);
    source.onUpdate = () => {};
    await source.clock.advance(3.5); // `stop` waits for the update that is under way
  },
}));

Deno.test("IntervalSource tells of an update that hangs, since when, and when it has come back", async () => {
  await using logged = await LogRecords.capture();
  const source = new LocalSource({ period: 1 });
  const released = Promise.withResolvers<void>();
  source.onUpdate = () => released.promise;
  await source.start();
  await source.clock.advance(11.5);
  assert.deepEqual(logged.messages("warning"), [
    "update of source-test has not come back since 1970-01-01T00:00:01.000000000Z",
  ]);
  assert.equal(source.stats.hangingSeconds, 11.5);
  released.resolve();
  await source.clock.advance(1);
  assert.equal(source.stats.hangingSeconds, 0);
  assert.equal(
    logged.messages("warning")[1],
    "update of source-test hangs no more, after 11.5 s",
  );
  await source.end();
});

Deno.test("IntervalSource with updateTimeout gives up an update, and goes on at the next deadline", async () => {
  await using logged = await LogRecords.capture();
  const source = new LocalSource({ period: 1, updateTimeout: "2500ms" });
  const signals: AbortSignal[] = [];
  const late: (() => void)[] = [];
  source.onUpdate = (signal) => {
    signals.push(signal);
    if (signals.length > 2) return;
    return new Promise((_, reject) => late.push(() => reject(new Error("too late"))));
  };
  await source.start();
  await source.clock.advance(7);
  assert.deepEqual(source.updatesMs, [1000, 4000, 7000, 8000]);
  assert.deepEqual(signals.map((signal) => signal.aborted), [true, true, false, false]);
  for (const fail of late) fail();
  await source.clock.advance(60); // nothing hangs
  assert.equal(source.stats.hangingSeconds, 0);
  assert.deepEqual(logged.messages("warning").filter((line) => !line.includes("deadline")), [
    "source-test gives up an update that has not come back within 2500ms",
    "An update of source-test has come back, after 2 updates given up",
    "An update of source-test that had been given up has failed: too late",
    "An update of source-test that had been given up has failed: too late",
  ]);
  await source.end();
});

Deno.test("IntervalSource with updateTimeout hangs when no update comes back, and begins at most 100", async () => {
  await using logged = await LogRecords.capture();
  const source = new LocalSource({ period: "100ms", updateTimeout: "50ms" });
  const held: (() => void)[] = [];
  let isHeld = true;
  source.onUpdate = () => isHeld ? new Promise<void>((resolve) => held.push(resolve)) : undefined;
  await source.start();
  await source.clock.advance(30);
  assert.equal(held.length, 100);
  assert(source.stats.hangingSeconds > 29, `${source.stats.hangingSeconds} s`);
  assert.deepEqual(logged.messages("warning").filter((line) => !line.includes("deadline")), [
    "source-test gives up an update that has not come back within 50ms",
    "source-test leaves updates out: 100 earlier ones have not ended",
    "update of source-test has not come back since 1970-01-01T00:00:01.000000000Z",
  ]);
  isHeld = false;
  for (const end of held) end();
  await source.clock.advance(1);
  assert.equal(source.stats.hangingSeconds, 0);
  await source.end();
});

Deno.test("IntervalSource refuses an updateTimeout that is none", () => {
  for (const updateTimeout of [0, -1, NaN]) {
    assert.throws(() => new LocalSource({ updateTimeout }), /updateTimeout/);
  }
});

Deno.test(needing({ permissions: [{ name: "net" }, { name: "sys", kind: "hostname" }] }, {
  name: "Source.stats counts the deadlines that an update misses while it hangs, each once",
  fn: async () => {
    await using network = await TestNetwork.start();
    const clock = new ManualClock();
    class Hanging extends IntervalSource {
      readonly begun = Promise.withResolvers<void>();
      readonly released = Promise.withResolvers<void>();
      update(): Promise<void> {
        this.begun.resolve();
        return this.released.promise;
      }
    }
    const url = `${network.url}?heartbeat=0`;
    await using source = new Hanging({ token: "source-test", url, clock, period: 1 });
    await source.connect();
    await source.begun.promise;
    await clock.advance(5.5);
    assert.equal(source.stats.missedDeadlines, 5);
    await clock.advance(5);
    assert.equal(source.stats.missedDeadlines, 10);
    assert.equal(source.health.status, "hanging");
    source.released.resolve();
    await clock.advance(3);
    assert.equal(source.stats.missedDeadlines, 10);
    assert.equal(source.health.status, "connected");
  },
}));
