import assert from "node:assert/strict";
import fc from "fast-check";
import { Histogram } from "../src/histogram.ts";

Deno.test("Histogram counts values up to each bound, and those above the last in the count only", () => {
  const histogram = new Histogram([1, 2, 5]);
  for (const value of [0, 1, 1.5, 2, 5, 6]) histogram.record(value);
  assert.deepEqual(histogram.distribution(), {
    count: 6,
    sum: 15.5,
    buckets: [{ upTo: 1, count: 2 }, { upTo: 2, count: 4 }, { upTo: 5, count: 5 }],
  });
});

Deno.test("Histogram.distribution() is what sorting the values would say", () => {
  fc.assert(fc.property(fc.array(fc.nat(100)), (values) => {
    const bounds = [1, 10, 50, 99];
    const histogram = new Histogram(bounds);
    for (const value of values) histogram.record(value);
    const { count, sum, buckets } = histogram.distribution();
    assert.equal(count, values.length);
    assert.equal(sum, values.reduce((all, value) => all + value, 0));
    assert.deepEqual(
      buckets,
      bounds.map((upTo) => ({ upTo, count: values.filter((value) => value <= upTo).length })),
    );
  }));
});

Deno.test("Histogram.distribution() does not change afterwards", () => {
  const histogram = new Histogram([1]);
  const before = histogram.distribution();
  histogram.record(1);
  assert.equal(before.count, 0);
  assert.equal(before.buckets[0]?.count, 0);
});

Deno.test("Histogram.onRecord is told each value while it is set", () => {
  const histogram = new Histogram([1]);
  const told: number[] = [];
  histogram.onRecord = (value) => told.push(value);
  histogram.record(3);
  histogram.onRecord = undefined;
  histogram.record(4);
  assert.deepEqual(told, [3]);
});
