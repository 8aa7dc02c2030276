import assert from "node:assert/strict";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { Alarm } from "../../src/time/alarm.ts";
import { systemClock } from "../../src/time/clock.ts";
import { Events } from "../support/events.ts";

Deno.test("Alarm rings at the time that it was set to last, and not when it is cleared", async () => {
  const clock = new ManualClock();
  const rungMs: number[] = [];
  const alarm = new Alarm(clock, () => rungMs.push(clock.nowMs()));
  alarm.set(1000);
  alarm.set(3000);
  await clock.advance(5);
  assert.deepEqual(rungMs, [3000]);
  alarm.set(6000);
  alarm.clear();
  assert.equal(clock.sleepers, 0);
  await clock.advance(5);
  alarm.set(11_000);
  await clock.advance(5);
  assert.deepEqual(rungMs, [3000, 11_000]);
});

Deno.test("Alarm of the machine's clock rings at the time that it was set to last", async () => {
  const alive = setInterval(() => {}, 1000); // which an alarm does not do
  const rungMs = new Events<number>();
  const alarm = new Alarm(systemClock, () => rungMs.add(systemClock.nowMs()));
  const beganMs = systemClock.nowMs();
  for (const laterMs of [1, 60_000, 30]) alarm.set(beganMs + laterMs); // later, and earlier again
  assert(await rungMs.nth(1) >= beganMs + 30);
  alarm.set(systemClock.nowMs() + 1);
  alarm.clear();
  const againMs = systemClock.nowMs() + 20;
  alarm.set(againMs);
  assert(await rungMs.nth(2) >= againMs);
  alarm.set(systemClock.nowMs() + 60_000);
  alarm.close(); // a timer that is left fails the test
  clearInterval(alive);
  assert.equal(rungMs.all.length, 2);
});

Deno.test("Alarm of the machine's clock costs less than a timer that is set and ended", () => {
  const calls = 20_000;
  const timeOf = (run: (deadlineMs: number) => void) => {
    let least = Infinity;
    for (let attempt = 0; attempt < 5; attempt++) {
      const beganMs = performance.now();
      for (let call = 0; call < calls; call++) run(beganMs + 60_000);
      least = Math.min(least, performance.now() - beganMs);
    }
    return least;
  };
  const alarm = new Alarm(systemClock, () => {});
  const alarmMs = timeOf((deadlineMs) => {
    alarm.set(deadlineMs);
    alarm.clear();
  });
  alarm.close();
  const timerMs = timeOf(() => clearTimeout(setTimeout(() => {}, 60_000)));
  assert(alarmMs < timerMs / 2, `${alarmMs} ms, ${timerMs} ms with timers`);
});
