import assert from "node:assert/strict";
import { Series } from "../../../src/watch/dashboard/page/series.js";

function seriesOf(points: readonly (readonly [timeMs: number, value: number])[], gapMs?: number) {
  const series = new Series(1000, gapMs);
  series.replace(
    -Infinity,
    Float64Array.from(points, ([timeMs]) => timeMs),
    Float64Array.from(points, ([, value]) => value),
  );
  return series;
}

Deno.test("Series.nearest() finds the point that is nearest, also one without a reading", () => {
  const series = seriesOf([[100, 1], [110, NaN], [200, 3]], 50);
  assert.deepEqual(series.nearest(0), { timeMs: 100, value: 1 });
  assert.deepEqual(series.nearest(104), { timeMs: 100, value: 1 });
  assert.deepEqual(series.nearest(106), { timeMs: 110, value: NaN });
  assert.deepEqual(series.nearest(190), { timeMs: 200, value: 3 });
  assert.deepEqual(series.nearest(999), { timeMs: 200, value: 3 });
  assert.equal(new Series(1000).nearest(5), undefined);
});

Deno.test("Series.nearest() takes the point, not the break behind it", () => {
  const series = seriesOf([[100, 1], [200, 2]], 50);
  assert.deepEqual(series.values, [1, null, 2]);
  assert.deepEqual(series.nearest(120), { timeMs: 100, value: 1 });
});

Deno.test("Series.neighbour() goes from point to point, past a break", () => {
  const series = seriesOf([[100, 1], [200, 2], [210, 3]], 50);
  assert.equal(series.neighbour(100, 1), 200);
  assert.equal(series.neighbour(200, 1), 210);
  assert.equal(series.neighbour(210, 1), undefined);
  assert.equal(series.neighbour(200, -1), 100);
  assert.equal(series.neighbour(100, -1), undefined);
});

Deno.test("Series.breaks() tells gaps from points without a reading", () => {
  const series = seriesOf([[100, 1], [110, NaN], [120, 2], [200, 3], [210, NaN], [300, NaN]], 50);
  assert.deepEqual(series.breaks(0, 1000), {
    noReadings: [110, 210, 300],
    gaps: [[120, 200]],
    hasReading: true,
  });
  assert.deepEqual(series.breaks(150, 160), {
    noReadings: [],
    gaps: [[120, 200]],
    hasReading: false,
  });
  assert.deepEqual(series.breaks(205, 1000), {
    noReadings: [210, 300],
    gaps: [],
    hasReading: false,
  });
});
