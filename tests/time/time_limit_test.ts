import assert from "node:assert/strict";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { TimeLimit } from "../../src/time/time_limit.ts";

const tooLate = new Error("too late");

function limitOf5s(clock: ManualClock, signal?: AbortSignal): TimeLimit {
  return new TimeLimit({ clock, timeoutSeconds: 5, onTimeout: () => tooLate, signal });
}

Deno.test("TimeLimit.race() settles as the promise does within the time", async () => {
  const clock = new ManualClock();
  using limit = limitOf5s(clock);
  assert.equal(await limit.race(Promise.resolve(1)), 1);
  await assert.rejects(limit.race(Promise.reject(new Error("no"))), { message: "no" });
  assert.equal(limit.signal.aborted, false);
});

Deno.test("TimeLimit.race() rejects when the time is over", async () => {
  const clock = new ManualClock();
  using limit = limitOf5s(clock);
  const failure = assert.rejects(limit.race(new Promise(() => {})), tooLate);
  await clock.advance(5);
  await failure;
});

Deno.test("TimeLimit.signal is aborted when the time is over, whether or not anything waits", async () => {
  const clock = new ManualClock();
  using limit = limitOf5s(clock);
  await clock.advance(4.999);
  assert.equal(limit.signal.aborted, false);
  await clock.advance(0.001);
  assert.equal(limit.signal.reason, tooLate);
});

Deno.test("TimeLimit ends with the reason of the signal that it was given", () => {
  const clock = new ManualClock();
  const stop = new AbortController();
  using before = limitOf5s(clock, stop.signal);
  const reason = new Error("stopped");
  stop.abort(reason);
  using after = limitOf5s(clock, stop.signal);
  for (const limit of [before, after]) {
    assert.equal(limit.signal.reason, reason);
    assert.throws(() => limit.throwIfOver(), reason);
  }
});

Deno.test("TimeLimit.throwIfOver() does not wait for a timer that is late", () => {
  const clock = new ManualClock();
  using limit = limitOf5s(clock);
  limit.throwIfOver();
  clock.stall(5);
  assert.throws(() => limit.throwIfOver(), tooLate);
});

Deno.test("TimeLimit[Symbol.dispose]() stops the timer and forgets the signal", async () => {
  const clock = new ManualClock();
  const stop = new AbortController();
  const limit = limitOf5s(clock, stop.signal);
  limit[Symbol.dispose]();
  assert.equal(clock.sleepers, 0);
  stop.abort();
  await clock.advance(5);
  assert.equal(limit.signal.aborted, false);
});

Deno.test("TimeLimit[Symbol.dispose]() wins over a timer that is late", async () => {
  const clock = new ManualClock();
  const limit = limitOf5s(clock);
  clock.stall(5);
  limit[Symbol.dispose]();
  await clock.advance(0);
  assert.equal(limit.signal.aborted, false);
});
