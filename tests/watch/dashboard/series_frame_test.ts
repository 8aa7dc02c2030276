import assert from "node:assert/strict";
import { readSeriesFrame, Series } from "../../../src/watch/dashboard/page/series.js";
import { encodeSeriesFrame } from "../../../src/watch/dashboard/series_frame.ts";

Deno.test("readSeriesFrame() reads in the page what encodeSeriesFrame() has written", () => {
  const deltas = [
    {
      key: 7,
      afterMs: 1.5,
      points: { timesMs: Float64Array.of(2, 3), values: Float64Array.of(NaN, -1) },
    },
    {
      key: 2 ** 32 - 1,
      afterMs: 0,
      points: { timesMs: new Float64Array(), values: new Float64Array() },
    },
    { key: 8, afterMs: -1, points: { timesMs: Float64Array.of(1e12), values: Float64Array.of(4) } },
  ];
  assert.deepEqual(
    readSeriesFrame(encodeSeriesFrame(deltas).buffer),
    deltas.map(({ key, afterMs, points }) => ({
      key,
      afterMs,
      times: points.timesMs,
      values: points.values,
    })),
  );
});

Deno.test("Series.replace() puts points in the place of those after a time", () => {
  const series = new Series(1000);
  series.replace(0, Float64Array.of(1, 2, 3), Float64Array.of(10, 20, 30));
  series.replace(2, Float64Array.of(4, 5), Float64Array.of(40, NaN));
  assert.deepEqual(series.times, [1, 2, 4, 5]);
  assert.deepEqual(series.values, [10, 20, 40, null]);
});

Deno.test("Series.replace() breaks the line once where points are too far apart", () => {
  const series = new Series(1000, 5);
  series.replace(0, Float64Array.of(1, 2, 10), Float64Array.of(10, 20, 30));
  assert.deepEqual(series.values, [10, 20, null, 30]);
  series.replace(2, Float64Array.of(10, 11), Float64Array.of(30, 40));
  assert.deepEqual(series.times, [1, 2, 2, 10, 11]);
  assert.deepEqual(series.values, [10, 20, null, 30, 40]);
});

Deno.test("Series.replace() forgets points that are older than its span", () => {
  const series = new Series(100);
  for (let timeMs = 1; timeMs <= 10_000; timeMs++) {
    series.replace(timeMs - 1, Float64Array.of(timeMs), Float64Array.of(timeMs));
    assert.ok(series.times.length <= 125);
  }
  assert.ok((series.times[0] ?? 0) <= 9900);
});
