import assert from "node:assert/strict";
import { ConfirmTimer } from "../../src/outbox/confirm_timer.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";

/** A timer, and what it has measured so far in seconds. */
function setUp() {
  const clock = new ManualClock();
  const timer = new ConfirmTimer(clock);
  const measured: number[] = [];
  timer.seconds.onRecord = (seconds) => measured.push(seconds);
  return { clock, timer, measured };
}

Deno.test("ConfirmTimer times one chunk after another, and none that is sent meanwhile", async () => {
  const { clock, timer, measured } = setUp();
  timer.begin(1);
  await clock.advance(0.01);
  timer.begin(2);
  await clock.advance(0.01);
  timer.end(2, false);
  assert.deepEqual(measured, []);
  timer.end(1, false);
  timer.begin(3);
  await clock.advance(0.005);
  timer.end(3, false);
  assert.deepEqual(measured, [0.02, 0.005]);
});

Deno.test("ConfirmTimer understands a confirm of all up to a tag", async () => {
  const { clock, timer, measured } = setUp();
  timer.begin(5);
  timer.end(4, true);
  await clock.advance(0.001);
  timer.end(9, true);
  assert.deepEqual(measured, [0.001]);
});

Deno.test("ConfirmTimer begins anew with the next connection", async () => {
  const { clock, timer, measured } = setUp();
  timer.begin(700);
  timer.cancel();
  await clock.advance(1);
  timer.begin(1);
  await clock.advance(0.002);
  timer.end(1, false);
  assert.deepEqual(measured, [0.002]);
});
