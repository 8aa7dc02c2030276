import assert from "node:assert/strict";
import fc from "fast-check";
import { ChartFeed } from "../../../src/watch/dashboard/chart_feed.ts";
import { statisticsOf } from "../../../src/watch/dashboard/statistics.ts";
import type { SeriesView } from "../../../src/watch/view/network_view.ts";

/** A metric with a point at each ms. */
class Metric {
  timesMs: number[] = [];

  upTo(endMs: number): this {
    for (let timeMs = (this.timesMs.at(-1) ?? 0) + 1; timeMs <= endMs; timeMs++) {
      this.timesMs.push(timeMs);
    }
    return this;
  }

  series(_name: string, afterMs: number = -Infinity): SeriesView {
    const times = this.timesMs.filter((timeMs) => timeMs > afterMs);
    return { timesMs: Float64Array.from(times), values: Float64Array.from(times) };
  }
}

const CHART = { key: 1, metric: "a.b", spanMs: 100, bucketMs: 10 };

Deno.test("ChartFeed.next() sends a chart what there is, be it nothing", () => {
  const feed = new ChartFeed(new Metric());
  feed.watch([CHART], 1000);
  const [delta] = feed.next(0, 1000);
  assert.equal(delta?.key, 1);
  assert.equal(delta?.points.timesMs.length, 0);
  assert.deepEqual(feed.next(50, 1050), []);
});

Deno.test("ChartFeed.next() sends a chart that stands still its part, and no more", () => {
  const metric = new Metric().upTo(1000);
  const feed = new ChartFeed(metric);
  feed.watch([{ ...CHART, endMs: 500 }], 1000);
  const [delta] = feed.next(0, 1000);
  assert.deepEqual(delta?.afterMs, 400);
  assert.equal(delta?.points.timesMs[0], 401);
  assert.equal(delta?.points.timesMs.at(-1), 500);
  metric.upTo(1100);
  assert.deepEqual(feed.next(100, 1100), []);
});

Deno.test("ChartFeed.statistics() counts all points of the span, once a second at most", () => {
  const metric = new Metric().upTo(1000);
  const feed = new ChartFeed(metric);
  feed.watch([
    { ...CHART, isCounted: true },
    { ...CHART, key: 2, endMs: 500, isCounted: true },
    { ...CHART, key: 3 },
  ], 1000);
  assert.deepEqual(feed.statistics(0, 1000), [
    [1, 100, 901, 950.5, 1000],
    [2, 100, 401, 450.5, 500],
  ]);
  metric.upTo(1200);
  assert.deepEqual(feed.statistics(999, 1200), []);
  assert.deepEqual(feed.statistics(1000, 1200), [[1, 100, 1101, 1150.5, 1200]]);
});

Deno.test("statisticsOf() has no part of what is no reading, and no number that is none", () => {
  const values = [3, NaN, 5, Infinity];
  const series = { timesMs: Float64Array.of(1, 2, 3, 4), values: Float64Array.from(values) };
  assert.deepEqual(statisticsOf(7, series, Infinity), [7, 4, 3, 4, 5]);
  assert.deepEqual(statisticsOf(7, series, 0), [7, 0, null, null, null]);
  const huge = { timesMs: Float64Array.of(1, 2), values: Float64Array.of(1.7e308, 1.7e308) };
  assert.deepEqual(statisticsOf(7, huge, Infinity), [7, 2, 1.7e308, 1.7e308, 1.7e308]);
  fc.assert(fc.property(fc.array(fc.double()), (values) => {
    const timesMs = Float64Array.from(values, (_, index) => index);
    const [, count, lowest, mean, highest] = statisticsOf(
      1,
      { timesMs, values: Float64Array.from(values) },
      Infinity,
    );
    assert.equal(count, values.length);
    const readings = values.filter(Number.isFinite);
    assert.equal(lowest, readings.length ? Math.min(...readings) : null);
    assert.equal(highest, readings.length ? Math.max(...readings) : null);
    if (mean !== null && readings.every((each) => Math.abs(each) < 1e300)) {
      assert.ok(mean >= (lowest ?? 0) - 1e290 && mean <= (highest ?? 0) + 1e290);
    }
  }));
});
