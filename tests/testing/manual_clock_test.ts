import assert from "node:assert/strict";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { Timedelta } from "../../src/time/timedelta.ts";
import { Timestamp } from "../../src/time/timestamp.ts";

/** Sleeps until each deadline in turn, and notes when it woke. */
async function sleepInTurn(
  clock: ManualClock,
  name: string,
  deadlinesMs: number[],
  log: string[],
): Promise<void> {
  for (const deadlineMs of deadlinesMs) {
    await clock.sleepUntil(deadlineMs);
    log.push(`${name}@${clock.nowMs()}`);
  }
}

Deno.test("ManualClock stands still until it is moved", async () => {
  const clock = new ManualClock(100);
  assert.equal(clock.nowMs(), 100);
  await clock.advance(0.05);
  assert.equal(clock.nowMs(), 150);
  clock.stall(0.001);
  assert.equal(clock.nowMs(), 151);
});

Deno.test("ManualClock.advance() wakes sleepers at their deadlines, in order", async () => {
  const clock = new ManualClock();
  const log: string[] = [];
  const sleepers = [
    sleepInTurn(clock, "c", [30], log),
    sleepInTurn(clock, "a", [10], log),
    sleepInTurn(clock, "b", [20], log),
    sleepInTurn(clock, "B", [20], log),
  ];
  await clock.advance(0.029);
  assert.deepEqual(log, ["a@10", "b@20", "B@20"]);
  assert.equal(clock.sleepers, 1);
  await clock.advance(0.001);
  await Promise.all(sleepers);
  assert.deepEqual(log.at(-1), "c@30");
});

Deno.test("ManualClock.advance() wakes sleepers that go to sleep again within its span", async () => {
  const clock = new ManualClock();
  const log: string[] = [];
  const sleeper = sleepInTurn(clock, "a", [10, 20, 20, 5, 30], log);
  await clock.advance(0.1);
  await sleeper;
  assert.deepEqual(log, ["a@10", "a@20", "a@20", "a@20", "a@30"]);
  assert.equal(clock.nowMs(), 100);
});

Deno.test("ManualClock.advance(0) lets work run that waits for no later time", async () => {
  const clock = new ManualClock();
  const log: string[] = [];
  const sleeper = sleepInTurn(clock, "a", [0, -1, 0], log);
  await clock.advance(0);
  assert.equal(log.length, 3);
  await sleeper;
});

Deno.test("ManualClock.advance() wakes sleepers late that were due during a stall", async () => {
  const clock = new ManualClock();
  const log: string[] = [];
  const sleeper = sleepInTurn(clock, "a", [10], log);
  clock.stall(0.025);
  assert.deepEqual(log, []);
  await clock.advance(0);
  await sleeper;
  assert.deepEqual(log, ["a@25"]);
});

Deno.test("ManualClock.sleepUntil() lets the event loop turn when the deadline is past", async () => {
  const clock = new ManualClock();
  let turned = false;
  setTimeout(() => turned = true, 0);
  while (!turned) await clock.sleepUntil(0);
});

Deno.test("ManualClock.sleepUntil() ends when its signal is aborted", async () => {
  const clock = new ManualClock();
  const controller = new AbortController();
  const sleep = clock.sleepUntil(10, controller.signal);
  assert.equal(clock.sleepers, 1);
  controller.abort();
  await sleep;
  assert.equal(clock.sleepers, 0);
  await clock.sleepUntil(10, controller.signal);
  assert.equal(clock.nowMs(), 0);
});

Deno.test("ManualClock.nextDeadlineMs is the earliest of the sleepers", async () => {
  const clock = new ManualClock();
  assert.equal(clock.nextDeadlineMs, undefined);
  const sleeps = [clock.sleepUntil(20), clock.sleepUntil(10)];
  assert.equal(clock.nextDeadlineMs, 10);
  await clock.advance(0.02);
  await Promise.all(sleeps);
  assert.equal(clock.nextDeadlineMs, undefined);
});

Deno.test("ManualClock.whenSleeping() waits until enough wait for the clock", async () => {
  const clock = new ManualClock();
  let reached = 0;
  const watchers = [1, 2].map((count) => clock.whenSleeping(count).then(() => reached = count));
  await clock.advance(0);
  assert.equal(reached, 0);
  const first = clock.sleepUntil(5);
  await clock.advance(0);
  assert.equal(reached, 1);
  const second = clock.sleepUntil(6);
  await Promise.all(watchers);
  assert.equal(reached, 2);
  await clock.whenSleeping();
  await clock.advance(0.01);
  await Promise.all([first, second]);
});

Deno.test("ManualClock.advance() and stall() take durations as all of the API does", async () => {
  const clock = new ManualClock();
  for (const duration of [2, "2000ms", Timedelta.fromMs(2000), 0.001]) {
    await clock.advance(duration);
  }
  assert.equal(clock.nowMs(), 6001);
  clock.stall("1 min");
  assert.equal(clock.nowMs(), 66_001);
});

Deno.test("ManualClock refuses to be moved back", async () => {
  const clock = new ManualClock();
  for (const bad of [-1, NaN, Infinity]) {
    await assert.rejects(clock.advance(bad), RangeError);
    assert.throws(() => clock.stall(bad), RangeError);
  }
  await assert.rejects(clock.advance("soon"), SyntaxError);
  await assert.rejects(Reflect.apply(clock.advance, clock, [5n]), TypeError);
});

Deno.test("ManualClock.wallTime() goes on with the clock, from 1970 unless it is set", async () => {
  const clock = new ManualClock(1000);
  assert.equal(clock.wallTime().posixMs, 1000);
  await clock.advance(0.0005);
  assert.equal(clock.wallTime().posixMs, 1000.5);
  clock.setWallTime(Timestamp.fromIso8601("2026-01-01T12:00:00Z"));
  assert.equal(clock.nowMs(), 1000.5);
  await clock.advance(0.001);
  clock.stall(0.001);
  assert.equal(clock.wallTime().toIso8601(), "2026-01-01T12:00:00.002000000Z");
});
