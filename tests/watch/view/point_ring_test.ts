import assert from "node:assert/strict";
import fc from "fast-check";
import { PointBudget, PointRing, toMs } from "../../../src/watch/view/point_ring.ts";

const PLENTY = 1 << 30;

function filled(count: number, ring: PointRing): PointRing {
  for (let i = 0; i < count; i++) ring.push(BigInt(i) * 1_000_000n, -i);
  return ring;
}

Deno.test("PointRing keeps the newest points, whatever their number", () => {
  fc.assert(fc.property(
    fc.integer({ min: 64, max: 300 }),
    fc.nat(1000),
    fc.integer({ min: -1, max: 1001 }),
    (maxPoints, count, after) => {
      const ring = filled(count, new PointRing(maxPoints, new PointBudget(PLENTY)));
      const kept = Array.from({ length: count }, (_, i) => i).slice(-maxPoints);
      const expected = kept.filter((time) => time > after);
      const { timesMs, values } = ring.after(after);
      assert.deepEqual([...timesMs], expected);
      assert.deepEqual([...values], expected.map((time) => -time));
      assert.equal(ring.size, kept.length);
      assert.equal(ring.oldestMs, kept[0] ?? NaN);
    },
  ));
});

Deno.test("PointRing does not grow when the budget is spent", () => {
  const budget = new PointBudget(64 * 18);
  const first = filled(1000, new PointRing(1000, budget));
  assert.equal(first.size, 128);
  assert.equal(filled(1000, new PointRing(1000, budget)).size, 64);
});

Deno.test("PointRing.clear() makes it empty", () => {
  const ring = filled(100, new PointRing(64, new PointBudget(PLENTY)));
  ring.clear();
  assert.deepEqual(ring.after(-Infinity), {
    timesMs: new Float64Array(0),
    values: new Float64Array(0),
  });
  assert.equal(filled(2, ring).size, 2);
});

Deno.test("PointRing.exact() gives times as they were pushed, to the nanosecond, of a part", () => {
  const startNs = 1_796_000_000_000_000_000n;
  const time = fc.bigInt({ min: 0n, max: 10n ** 12n });
  const times = fc.uniqueArray(time, { minLength: 1, maxLength: 200 });
  fc.assert(fc.property(times, time, time, (offsets, from, to) => {
    const sorted = offsets.sort((a, b) => a < b ? -1 : 1).map((offset) => startNs + offset);
    const ring = new PointRing(64, new PointBudget(PLENTY));
    sorted.forEach((timeNs, index) => ring.push(timeNs, index));
    const kept = sorted.slice(-64);
    assert.deepEqual([...ring.exact(-Infinity, Infinity).timesNs], kept);
    const [startMs, endMs] = [toMs(startNs + from), toMs(startNs + to)];
    const part = ring.exact(startMs, endMs);
    const expected = kept.filter((each) => toMs(each) >= startMs && toMs(each) <= endMs);
    assert.deepEqual([...part.timesNs], expected);
    assert.deepEqual([...part.values], expected.map((each) => sorted.indexOf(each)));
  }));
});
