import assert from "node:assert/strict";
import fc from "fast-check";
import { ticks } from "../../src/schedule/ticker.ts";
import type { MonotonicClock } from "../../src/time/clock.ts";
import { Timedelta } from "../../src/time/timedelta.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { WallClock } from "../../src/time/wall_clock.ts";
import { DriftingClock, setup, timeOfDay } from "./drifting_clock.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

Deno.test("Aligned ticks fall on whole multiples of the period, the first one too", async () => {
  const { clock, seen, times, stop } = setup("10s", "2026-01-01T12:00:03.25Z");
  await clock.advance("6749999us");
  assert.deepEqual(times(), []);
  await clock.advance(20);
  assert.deepEqual(times(), ["12:00:10", "12:00:20"]);
  await clock.advance(0.000001);
  assert.deepEqual(times(), ["12:00:10", "12:00:20", "12:00:30"]);
  assert(seen.every((tick) => tick.missed === 0 && tick.latenessMs === 0));
  assert.equal(seen[2]?.deadlineMs, 5_026_750);
  await stop();
});

Deno.test("Aligned ticks begin at once at a round time", async () => {
  const { clock, times, stop } = setup("1min", "2026-01-01T12:01:00Z");
  await clock.advance(0);
  assert.deepEqual(times(), ["12:01:00"]);
  await stop();
});

Deno.test("Aligned ticks of a day come at midnight UTC, those of 7 s as often since 1970", async () => {
  const daily = setup("1d", "2026-01-01T22:00:00Z");
  await daily.clock.advance("4h");
  assert.deepEqual(daily.seen.map(({ time }) => time.toIso8601()), [
    "2026-01-02T00:00:00.000000000Z",
  ]);
  await daily.stop();
  const odd = setup("7s", "2026-01-01T12:00:00Z");
  await odd.clock.advance(7);
  assert.equal(odd.seen[0]?.time.seconds, Math.ceil(Date.UTC(2026, 0, 1, 12) / 7000) * 7);
  await odd.stop();
});

Deno.test("Aligned ticks with an offset come that much later than round times", async () => {
  const { clock, times, ticker, stop } = setup("10s", "2026-01-01T12:00:03Z", [], "2.5s");
  await clock.advance(20);
  assert.deepEqual(times(), ["12:00:12.5", "12:00:22.5"]);
  ticker.period = "4s";
  await clock.advance(6);
  assert.deepEqual(times().slice(2), ["12:00:26.5"]);
  assert.throws(() => ticker.period = "2s", { name: "RangeError", message: /period of 2s/ });
  assert.equal(ticker.period.s, 4);
  await stop();
});

Deno.test("ticks() refuses an offset that is not below the period, and one without align", () => {
  for (const offset of ["-1s", "10s", 11]) {
    assert.throws(() => ticks({ period: "10s", align: true, offset }), {
      name: "RangeError",
      message: /^Cannot set offset: .* is given, a duration from 0 to below the period of 10s/,
    });
  }
  assert.throws(() => ticks({ period: "10s", offset: "1s" }), {
    name: "TypeError",
    message: "Cannot set offset: align is not set, it is required",
  });
});

Deno.test("Aligned ticks are exact to the nanosecond with a period that no number of ms holds", async () => {
  const { clock, seen, stop } = setup(Timedelta.fromNs(333_333_333), "2026-01-01T12:00:00Z");
  await clock.advance("1min");
  assert.equal(seen.length, 180);
  for (const { time } of seen) assert.equal(time.posixNs % 333_333_333n, 0n);
  await stop();
});

Deno.test("Aligned ticks skip what a long body has missed, and count it", async () => {
  const { clock, seen, stop } = setup("1s", "2026-01-01T12:00:00Z", [2500, 999, 1000]);
  await clock.advance(6);
  assert.deepEqual(seen.map(({ time, missed }) => [timeOfDay(time), missed]), [
    ["12:00:00", 0],
    ["12:00:03", 2],
    ["12:00:04", 0],
    ["12:00:05", 0],
    ["12:00:06", 0],
  ]);
  await stop();
});

Deno.test("An aligned tick that comes late tells its own time, and how late it is", async () => {
  const { clock, seen, stop } = setup("1s", "2026-01-01T12:00:00Z");
  await clock.advance(0.5);
  clock.stall(0.8);
  await clock.advance(0.7);
  assert.deepEqual(seen.map(({ time, latenessMs }) => [timeOfDay(time), latenessMs]), [
    ["12:00:00", 0],
    ["12:00:01", 300],
    ["12:00:02", 0],
  ]);
  await stop();
});

Deno.test("An aligned tick that would be late by a period gives way to the latest that is due", async () => {
  const { clock, seen, stop } = setup("1s", "2026-01-01T12:00:00Z", [1500]);
  await clock.advance(1.6);
  clock.stall(2.7);
  await clock.advance(0.7);
  assert.deepEqual(
    seen.map(({ time, latenessMs, missed }) => [timeOfDay(time), latenessMs, missed]),
    [
      ["12:00:00", 0, 0],
      ["12:00:04", 300, 3],
      ["12:00:05", 0, 0],
    ],
  );
  await stop();
});

for (const ppm of [100, -100, 500, -500]) {
  Deno.test(`Aligned ticks stay on the grid while the time is slewed by ${ppm} ppm for an hour`, async () => {
    const { clock, seen, stop } = setup("10s", "2026-01-01T12:00:00Z");
    clock.slew(ppm);
    await clock.advance("1h");
    assert.equal(seen.length, 360 + (ppm > 0 ? 1 : 0));
    for (const [index, { time, cameAt, latenessMs, missed }] of seen.entries()) {
      assert.equal(time.seconds, Date.UTC(2026, 0, 1, 12) / 1000 + index * 10);
      assert(cameAt >= time);
      assert(latenessMs <= 0.5, `${latenessMs} ms`);
      assert.equal(missed, 0);
    }
    await stop();
  });
}

Deno.test("Aligned ticks leap over what a time set forward leaps over, and miss nothing", async () => {
  const { clock, seen, times, stop } = setup("10s", "2026-01-01T12:00:00Z");
  await clock.advance(15);
  clock.step("1h");
  await clock.advance(15);
  assert.deepEqual(times(), ["12:00:00", "12:00:10", "13:00:20", "13:00:30"]);
  assert(seen.every(({ missed, latenessMs }) => missed === 0 && latenessMs === 0));
  await stop();
});

Deno.test("An aligned tick that a time set forward by less than a period leaps over comes late", async () => {
  const { clock, seen, stop } = setup("10s", "2026-01-01T12:00:00Z");
  await clock.advance(15);
  clock.step("8s");
  await clock.advance(10);
  assert.deepEqual(
    seen.map(({ time, cameAt, missed }) => [timeOfDay(time), timeOfDay(cameAt), missed]),
    [
      ["12:00:00", "12:00:00", 0],
      ["12:00:10", "12:00:10", 0],
      ["12:00:20", "12:00:23.5", 0],
      ["12:00:30", "12:00:30", 0],
    ],
  );
  await stop();
});

Deno.test("Aligned ticks begin anew at once when the time is set back by an hour", async () => {
  const { clock, seen, times, stop } = setup("10s", "2026-01-01T12:00:00Z");
  await clock.advance(15);
  clock.step("-1h");
  await clock.advance(15);
  assert.deepEqual(times(), ["12:00:00", "12:00:10", "11:00:20", "11:00:30"]);
  assert(seen.every(({ missed, latenessMs }) => missed === 0 && latenessMs === 0));
  await stop();
});

Deno.test("Aligned ticks come once for each time when that is set back by less than a period", async () => {
  const { clock, times, stop } = setup("10s", "2026-01-01T12:00:00Z");
  await clock.advance(12);
  clock.step("-5s");
  await clock.advance(25);
  assert.deepEqual(times(), ["12:00:00", "12:00:10", "12:00:20", "12:00:30"]);
  await stop();
});

Deno.test("Fast aligned ticks pause for a time that is set back by up to a second", async () => {
  const { clock, times, stop } = setup("100ms", "2026-01-01T12:00:00Z");
  await clock.advance(0.25);
  clock.step("-800ms");
  await clock.advance(1);
  assert.deepEqual(times(), ["12:00:00", "12:00:00.1", "12:00:00.2", "12:00:00.3", "12:00:00.4"]);
  await stop();
});

Deno.test("Aligned ticks pause while Timestamp.now() would hold time, and go on with it", async () => {
  const clock = new DriftingClock("2026-01-01T12:00:00.05Z");
  const system = new WallClock({
    dateNowMs: () => clock.wallTime().posixMs,
    dateStepMs: 0.001,
    monotonicNowMs: () => clock.nowMs(),
  });
  const holding: MonotonicClock = {
    nowMs: () => clock.nowMs(),
    sleepUntil: (deadlineMs, signal) => clock.sleepUntil(deadlineMs, signal),
    wallTime: () => {
      const { seconds, nanoseconds } = system.now();
      return new Timestamp(seconds, nanoseconds);
    },
  };
  const controller = new AbortController();
  const seen: [time: string, cameMs: number][] = [];
  const ended = (async () => {
    const options = { period: "100ms", align: true, clock: holding, signal: controller.signal };
    for await (const { time } of ticks(options)) {
      seen.push([timeOfDay(time), Math.round(clock.nowMs() - 5_000_000)]);
    }
  })();
  await clock.advance(0.2);
  clock.step("-300ms");
  await clock.advance(0.6);
  controller.abort();
  await ended;
  assert.deepEqual(seen, [
    ["12:00:00.1", 50],
    ["12:00:00.2", 150],
    ["12:00:00.3", 550],
    ["12:00:00.4", 650],
    ["12:00:00.5", 750],
  ]);
});

Deno.test("Aligned ticks count what a body has missed although the time was set meanwhile", async () => {
  for (const step of ["1h", "-1h"]) {
    const { clock, seen, stop } = setup("1s", "2026-01-01T12:00:00Z", [3500]);
    await clock.advance(1.5);
    clock.step(step);
    await clock.advance(2.5);
    const hour = step === "1h" ? 13 : 11;
    assert.deepEqual(seen.map(({ time, missed }) => [timeOfDay(time), missed]), [
      ["12:00:00", 0],
      [`${hour}:00:04`, 3],
    ]);
    await stop();
  }
});

Deno.test("Aligned ticks notice within a second that the time was set while they wait for a day", async () => {
  const { clock, seen, stop } = setup("1d", "2026-01-01T12:00:00Z");
  await clock.advance("1min");
  clock.setWallTime(Timestamp.fromIso8601("2026-01-01T23:59:59.9Z"));
  await clock.advance(1);
  assert.equal(seen[0]?.time.toIso8601().slice(0, 19), "2026-01-02T00:00:00");
  assert((seen[0]?.latenessMs ?? Infinity) < SECOND_MS);
  await stop();
});

Deno.test("Aligned ticks go on at the next multiple of a period that is changed", async () => {
  const { clock, ticker, times, stop } = setup("1min", "2026-01-01T12:00:00Z");
  await clock.advance(35);
  ticker.period = "10s";
  await clock.advance(20);
  ticker.period = "1h";
  await clock.advance("1h");
  assert.deepEqual(times(), ["12:00:00", "12:00:40", "12:00:50", "13:00:00"]);
  await stop();
});

Deno.test("Aligned ticks whose period the body changes neither repeat a time nor miss one", async () => {
  const { clock, ticker, seen, stop } = setup("1s", "2026-01-01T12:00:00Z", [3500]);
  await clock.advance(0.1);
  ticker.period = "2s";
  await clock.advance(5.9);
  assert.deepEqual(seen.map(({ time, missed }) => [timeOfDay(time), missed]), [
    ["12:00:00", 0],
    ["12:00:04", 0],
    ["12:00:06", 0],
  ]);
  await stop();
});

Deno.test("Aligned ticks end at once when they are aborted", async () => {
  const { clock, stop } = setup("1d", "2026-01-01T12:00:00Z");
  await clock.advance(0.1);
  const nowMs = clock.nowMs();
  const stopped = stop();
  assert.equal(clock.nowMs(), nowMs);
  await stopped;
  assert.equal(clock.sleepers, 0);
});

const step = fc.oneof(
  fc.record({ advance: fc.double({ min: 0.001, max: 5, noNaN: true }) }), // in periods
  fc.record({ stall: fc.double({ min: 0.001, max: 3, noNaN: true }) }),
  fc.record({ slew: fc.integer({ min: -500, max: 500 }) }),
  fc.record({ setMs: fc.integer({ min: -900, max: 900 }) }),
  fc.record({ setMs: fc.integer({ min: -2 * HOUR_MS, max: 2 * HOUR_MS }) }),
);

Deno.test("Aligned ticks are on the grid, never early, never twice, whatever the time of day does", async () => {
  const property = fc.asyncProperty(
    fc.integer({ min: 1_000_000, max: 100_000_000_000 }),
    fc.array(fc.double({ min: 0, max: 4, noNaN: true }), { maxLength: 5 }),
    fc.array(step, { maxLength: 12 }),
    async (periodNs, bodies, steps) => {
      const period = Timedelta.fromNs(periodNs);
      const bodyMs = bodies.map((length) => length * period.ms);
      const { clock, seen, stop } = setup(period, "2026-01-01T12:00:00.123456789Z", bodyMs);
      const holdMs = Math.max(period.ms, 1000);
      // Ticks after which the time was set back by more than is waited for.
      const setBack = new Set<number>();
      for (const { advance, stall, slew, setMs } of steps as Partial<Record<string, number>>[]) {
        if (advance !== undefined) await clock.advance(period.multiply(advance));
        if (stall !== undefined) clock.stall(period.multiply(stall));
        if (slew !== undefined) clock.slew(slew);
        if (setMs !== undefined) clock.step(Timedelta.fromMs(setMs));
        const last = seen.at(-1);
        if (last && last.time.subtract(clock.wallTime()).ms > holdMs) setBack.add(seen.length);
      }
      const before = seen.length;
      await clock.advance((4 * period.ms + 2 * holdMs + bodyMs.reduce((a, b) => a + b, 0)) / 1000);
      assert(seen.length > before, "it has stalled");

      for (const [index, tick] of seen.entries()) {
        const { time, cameAt, deadlineMs, latenessMs, missed } = tick;
        assert.equal(time.posixNs % period.ns, 0n);
        assert(cameAt >= time, "early");
        assert(latenessMs >= 0 && latenessMs < period.ms + 1e-3, `${latenessMs} ms late`);
        const previous = seen[index - 1];
        if (previous === undefined) continue;
        if (!setBack.has(index)) assert(time > previous.time, "twice");
        const periods = (deadlineMs + latenessMs - previous.deadlineMs) / period.ms;
        assert(missed <= periods + 2, `missed ${missed} in ${periods} periods`);
      }
      await stop();
    },
  );
  await fc.assert(property, { numRuns: 200 });
});
