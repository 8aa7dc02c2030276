import assert from "node:assert/strict";
import fc from "fast-check";
import {
  between,
  edges,
  FIRST_RANGE,
  panned,
  zoomed,
} from "../../../src/watch/dashboard/page/range.js";

const NOW_MS = 1_000_000;

Deno.test("edges() follow the time, or stand still", () => {
  assert.deepEqual(edges(FIRST_RANGE, NOW_MS), [940_000, NOW_MS]);
  assert.deepEqual(edges({ spanMs: 100, endMs: 500 }, NOW_MS), [400, 500]);
});

Deno.test("between() takes two times in either order", () => {
  const range = { spanMs: 200, endMs: 700 };
  assert.deepEqual(between(500, 700, NOW_MS), range);
  assert.deepEqual(between(700, 500, NOW_MS), range);
});

Deno.test("zoomed() leaves a time where it is, within bounds", () => {
  const range = fc.record({
    spanMs: fc.integer({ min: 20, max: 3_600_000 }),
    endMs: fc.integer({ min: 0, max: NOW_MS }),
  });
  const part = fc.double({ min: 0, max: 1, noNaN: true });
  const factor = fc.constantFrom(0.25, 0.5, 0.8, 1.25, 2, 4);
  fc.assert(fc.property(range, part, factor, (range, part, factor) => {
    const [startMs, endMs] = edges(range, NOW_MS);
    const atMs = startMs + part * (endMs - startMs);
    const after = zoomed(range, factor, atMs, NOW_MS);
    const [newStartMs, newEndMs] = edges(after, NOW_MS);
    assert.ok(after.spanMs >= 20 && after.spanMs <= 3_600_000);
    assert.ok(newEndMs <= NOW_MS);
    // Where it would show what is to come, it moves instead.
    if (newEndMs < NOW_MS) {
      const newPart = (atMs - newStartMs) / (newEndMs - newStartMs);
      assert.ok(Math.abs(newPart - part) < 1e-6, `${part} became ${newPart}`);
    }
  }));
});

Deno.test("zoomed() goes on following the time, unless one looks into it", () => {
  assert.deepEqual(zoomed(FIRST_RANGE, 2, 950_000, NOW_MS), { spanMs: 120_000, endMs: undefined });
  assert.deepEqual(zoomed(FIRST_RANGE, 0.5, NOW_MS, NOW_MS), { spanMs: 30_000, endMs: undefined });
  assert.deepEqual(zoomed(FIRST_RANGE, 0.5, 960_000, NOW_MS), { spanMs: 30_000, endMs: 980_000 });
});

Deno.test("panned() moves by a part, and follows the time again when it comes to it", () => {
  const before = panned(FIRST_RANGE, -0.5, NOW_MS);
  assert.deepEqual(before, { spanMs: 60_000, endMs: 970_000 });
  assert.deepEqual(panned(before, 0.25, NOW_MS), { spanMs: 60_000, endMs: 985_000 });
  assert.deepEqual(panned(before, 0.5, NOW_MS), { spanMs: 60_000, endMs: undefined });
  assert.deepEqual(panned(FIRST_RANGE, 0.5, NOW_MS), FIRST_RANGE);
});
