import assert from "node:assert/strict";
import fc from "fast-check";
import { RunningQuantile } from "../../src/time/running_quantile.ts";

const OPTIONS = { share: 0.75, start: 50, least: 0, most: 100, step: 1 };
const SEED = fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true }));

Deno.test("RunningQuantile comes to where the share of the values is not above it", () => {
  const shares = fc.constantFrom(0.1, 0.5, 0.75, 0.9);
  fc.assert(fc.property(shares, fc.integer({ min: 1, max: 80 }), (share, scale) => {
    const quantile = new RunningQuantile({ ...OPTIONS, share });
    // Evenly spread over 0 to scale, in an order that repeats after 101.
    for (let at = 0; at < 10_000; at++) quantile.note(scale * (at * 37 % 101) / 100);
    const expected = share * scale;
    assert(Math.abs(quantile.value - expected) < 4, `${quantile.value} instead of ${expected}`);
  }));
});

Deno.test("RunningQuantile follows when the values change", () => {
  const quantile = new RunningQuantile(OPTIONS);
  for (const level of [80, 10, 40]) {
    for (let at = 0; at < 500; at++) quantile.note(level);
    assert(Math.abs(quantile.value - level) <= OPTIONS.step, `${quantile.value} at ${level}`);
  }
});

Deno.test("RunningQuantile stays within its bounds, and moves by its step at most", () => {
  fc.assert(fc.property(SEED, (values) => {
    const quantile = new RunningQuantile(OPTIONS);
    for (const value of values.take(300)) {
      const before = quantile.value;
      quantile.note(1e6 * (value - 0.5));
      assert(quantile.value >= OPTIONS.least && quantile.value <= OPTIONS.most);
      assert(Math.abs(quantile.value - before) <= OPTIONS.step);
    }
  }));
});
