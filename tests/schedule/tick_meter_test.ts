import assert from "node:assert/strict";
import { TickMeter, tickMeter } from "../../src/schedule/tick_meter.ts";
import { ticks } from "../../src/schedule/ticker.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import type { MonotonicClock } from "../../src/time/clock.ts";

/** A clock on which each wait ends this much late. */
function lateBy(clock: ManualClock, latenessMs: number): MonotonicClock {
  return {
    nowMs: () => clock.nowMs(),
    sleepUntil: (deadlineMs, signal) => clock.sleepUntil(deadlineMs + latenessMs, signal),
  };
}

async function tickThrice(meter: TickMeter | undefined): Promise<void> {
  const clock = new ManualClock();
  const run = async () => {
    let count = 0;
    for await (const _tick of ticks({ period: "1s", clock: lateBy(clock, 20) })) {
      if (++count === 3) return;
      if (count === 2) await clock.sleepUntil(3500); // past the deadlines at 2 s and 3 s
    }
  };
  const ended = meter === undefined ? run() : tickMeter.run(meter, run);
  await clock.advance(5);
  await ended;
}

Deno.test("TickMeter counts the ticks of tickers that are iterated within it, and what they missed", async () => {
  const meter = new TickMeter();
  await tickThrice(meter);
  const { count, sum, buckets } = meter.latenessSeconds.distribution();
  assert.equal(count, 3);
  assert.equal(sum.toFixed(6), "0.060000");
  assert.equal(buckets.find(({ upTo }) => upTo === 0.01)?.count, 0);
  assert.equal(buckets.find(({ upTo }) => upTo === 0.025)?.count, 3);
  assert.equal(meter.missed, 2);
});

Deno.test("TickMeter knows nothing of tickers that are iterated elsewhere", async () => {
  const meter = new TickMeter();
  await Promise.all([tickMeter.run(meter, () => Promise.resolve()), tickThrice(undefined)]);
  assert.equal(meter.latenessSeconds.distribution().count, 0);
});
