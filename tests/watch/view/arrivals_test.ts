import assert from "node:assert/strict";
import { Arrivals } from "../../../src/watch/view/arrivals.ts";

/** Chunks of `points` points, one every `periodMs` from `startMs` on. */
function feed(
  arrivals: Arrivals,
  { periodMs, points = 1, startMs = 0, durationMs = 10_000, delayMs = 5 }: {
    periodMs: number;
    points?: number;
    startMs?: number;
    durationMs?: number;
    delayMs?: number;
  },
): number {
  let nowMs = startMs;
  for (; nowMs <= startMs + durationMs; nowMs += periodMs) arrivals.add(nowMs, points, delayMs);
  return nowMs - periodMs;
}

function assertRate(actual: number, expected: number): void {
  assert(Math.abs(actual / expected - 1) < 1e-9, `${actual} is not ${expected}`);
}

Deno.test("Arrivals.ratePerSecond() is exact for any period and chunk size", () => {
  for (const periodMs of [1, 2.5, 20, 49, 51, 100, 500, 2900, 3100, 10_000]) {
    for (const points of [1, 10, 1000]) {
      const arrivals = new Arrivals();
      const lastMs = feed(arrivals, { periodMs, points });
      assertRate(arrivals.ratePerSecond(lastMs + periodMs / 2), points * 1000 / periodMs);
    }
  }
});

Deno.test("Arrivals.ratePerSecond() follows a new rate within 3 s", () => {
  const arrivals = new Arrivals();
  feed(arrivals, { periodMs: 500 });
  const lastMs = feed(arrivals, { periodMs: 20, startMs: 10_020, durationMs: 3100 });
  assertRate(arrivals.ratePerSecond(lastMs), 50);
});

Deno.test("Arrivals.ratePerSecond() is 0 when nothing has come, or nothing comes any more", () => {
  const arrivals = new Arrivals();
  assert.equal(arrivals.ratePerSecond(0), 0);
  arrivals.add(0, 1, 0);
  assert.equal(arrivals.ratePerSecond(0), 0);
  const lastMs = feed(arrivals, { periodMs: 100 });
  assertRate(arrivals.ratePerSecond(lastMs + 3000), 10);
  assert.equal(arrivals.ratePerSecond(lastMs + 3001), 0);
});

Deno.test("Arrivals.ratePerSecond() waits for rare chunks twice as long as usual", () => {
  const arrivals = new Arrivals();
  const lastMs = feed(arrivals, { periodMs: 60_000, durationMs: 180_000 });
  assertRate(arrivals.ratePerSecond(lastMs + 119_000), 1 / 60);
  assert.equal(arrivals.ratePerSecond(lastMs + 121_000), 0);
});

Deno.test("Arrivals.delayMs() is the median of the last 3 s", () => {
  const arrivals = new Arrivals();
  assert.equal(arrivals.delayMs(0), undefined);
  feed(arrivals, { periodMs: 100, delayMs: 1000 });
  const lastMs = feed(arrivals, { periodMs: 100, startMs: 10_100, durationMs: 3000, delayMs: 7 });
  arrivals.add(lastMs + 100, 1, 500);
  assert.equal(arrivals.delayMs(lastMs + 100), 7);
  assert.equal(arrivals.delayMs(lastMs + 4000), undefined);
});

Deno.test("Arrivals.points counts all points", () => {
  const arrivals = new Arrivals();
  for (let i = 0; i < 1000; i++) arrivals.add(i, 3, 0);
  assert.equal(arrivals.points, 3000);
});
