import assert from "node:assert/strict";
import fc from "fast-check";
import { bucketStart, downsample } from "../../../src/watch/dashboard/downsample.ts";
import type { SeriesView } from "../../../src/watch/view/network_view.ts";

function series(...points: [timeMs: number, value: number][]): SeriesView {
  return {
    timesMs: Float64Array.from(points, ([timeMs]) => timeMs),
    values: Float64Array.from(points, ([, value]) => value),
  };
}

Deno.test("downsample() keeps the lowest and the highest point of each bucket, in their order", () => {
  const points = series([1, 5], [2, 9], [3, 1], [11, 4], [12, 7], [13, 8], [20, 6], [21, 2]);
  assert.deepEqual(downsample(points, 10), series([2, 9], [3, 1], [11, 4], [13, 8], [21, 2]));
});

Deno.test("downsample() keeps single points as they are", () => {
  const points = series([5, 1], [15, 2], [35, 3]);
  assert.deepEqual(downsample(points, 10), points);
});

Deno.test("downsample() keeps a missing reading only where its bucket has no other", () => {
  const points = series([1, NaN], [2, 3], [11, NaN], [12, NaN]);
  assert.deepEqual(downsample(points, 10), series([2, 3], [11, NaN]));
});

Deno.test("bucketStart() is the end of the bucket before, which belongs to that one", () => {
  assert.equal(bucketStart(10, 10), 0);
  assert.equal(bucketStart(10.001, 10), 10);
});

Deno.test("downsample() keeps the extremes, at most two points a bucket, wherever it is cut", () => {
  const value = fc.double({ noNaN: true, noDefaultInfinity: true });
  const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), value), { minLength: 1 });
  fc.assert(fc.property(steps, fc.integer({ min: 1, max: 50 }), fc.nat(), (list, bucketMs, at) => {
    let timeMs = 1e12;
    const points = series(
      ...list.map(([step, value]) => [timeMs += step, value] as [number, number]),
    );
    const kept = downsample(points, bucketMs);
    assert.equal(Math.max(...kept.values), Math.max(...points.values));
    assert.equal(Math.min(...kept.values), Math.min(...points.values));
    const counts = new Map<number, number>();
    for (const each of kept.timesMs) {
      const start = bucketStart(each, bucketMs);
      counts.set(start, (counts.get(start) ?? 0) + 1);
    }
    assert.ok([...counts.values()].every((count) => count <= 2));

    // A part from the beginning of a bucket gives the same points as the whole does from there on.
    const cutMs = bucketStart(points.timesMs[at % points.timesMs.length] ?? 0, bucketMs);
    const from = points.timesMs.findIndex((each) => each > cutMs);
    const part = downsample(
      { timesMs: points.timesMs.slice(from), values: points.values.slice(from) },
      bucketMs,
    );
    const keptFrom = kept.timesMs.findIndex((each) => each > cutMs);
    assert.deepEqual(part.timesMs, kept.timesMs.slice(keptFrom));
    assert.deepEqual(part.values, kept.values.slice(keptFrom));
  }));
});
