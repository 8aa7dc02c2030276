import assert from "node:assert/strict";
import type { DecodedChunk } from "../../../src/chunk/decode_chunk.ts";
import { MetricStore, type MetricStoreOptions } from "../../../src/watch/view/metric_store.ts";

const START_MS = 1_700_000_000_000;

/** A store, and the time that both of its clocks show. */
function makeStore(options: Partial<MetricStoreOptions> = {}) {
  const time = { ms: 0 };
  const store = new MetricStore({
    nowMs: () => time.ms,
    wallMs: () => START_MS + time.ms,
    ...options,
  });
  return { store, time };
}

/** Points at times in ms after the start; each has its time as its value. */
function chunk(...timesMs: number[]): DecodedChunk {
  return {
    timesNs: BigInt64Array.from(timesMs, (ms) => BigInt(START_MS) * 1_000_000n + BigInt(ms * 1e6)),
    values: Float64Array.from(timesMs),
  };
}

Deno.test("MetricStore keeps the points of each metric", () => {
  const { store } = makeStore();
  store.add("a.b", chunk(0, 10));
  store.add("c.d", chunk(5));
  store.add("a.b", chunk(20.5));
  assert.deepEqual([...store.names()], ["a.b", "c.d"]);
  assert.deepEqual(store.series("a.b"), {
    timesMs: Float64Array.of(START_MS, START_MS + 10, START_MS + 20.5),
    values: Float64Array.of(0, 10, 20.5),
  });
  assert.deepEqual(store.series("a.b", START_MS + 10).values, Float64Array.of(20.5));
  assert.deepEqual(store.series("none").values, new Float64Array(0));
});

Deno.test("MetricStore.statistics() tells rate, delay, gaps and the newest point", () => {
  const { store, time } = makeStore();
  assert.equal(store.statistics("a.b"), undefined);
  for (let ms = 0; ms <= 5000; ms += 10) {
    if (ms === 2000) continue; // twice the usual distance is not a gap yet
    if (ms === 3000 || ms === 3010) continue;
    time.ms = ms + 2;
    store.add("a.b", chunk(ms));
  }
  const { ratePerSecond = NaN, ...others } = store.statistics("a.b") ?? {};
  assert.equal(Math.round(ratePerSecond), 99);
  assert.deepEqual(others, {
    points: 498,
    last: { timeMs: START_MS + 5000, value: 5000 },
    delayMs: 2,
    gaps: 1,
    disordered: 0,
  });
});

Deno.test("MetricStore.statistics() takes the delay of the middle of a chunk", () => {
  const { store, time } = makeStore();
  time.ms = 100;
  store.add("a.b", chunk(0, 40, 90));
  assert.equal(store.statistics("a.b")?.delayMs, 60);
});

Deno.test("MetricStore skips points that are not newer, and counts them", () => {
  const { store } = makeStore();
  store.add("a.b", chunk(0, 10, 20));
  store.add("a.b", chunk(10, 20, 30));
  assert.deepEqual(store.series("a.b").values, Float64Array.of(0, 10, 20, 30));
  const { points, disordered, gaps } = store.statistics("a.b") ?? {};
  assert.deepEqual({ points, disordered, gaps }, { points: 6, disordered: 2, gaps: 0 });
});

Deno.test("MetricStore begins anew when a source's clock was set back", () => {
  const { store } = makeStore();
  store.add("a.b", chunk(1000, 1010));
  store.add("a.b", chunk(0, 10));
  assert.deepEqual(store.series("a.b").values, Float64Array.of(0, 10));
  assert.equal(store.statistics("a.b")?.last?.value, 10);
});

Deno.test("MetricStore takes times a nanosecond apart for different ones", () => {
  const { store } = makeStore();
  const timesNs = BigInt64Array.of(1_700_000_000_123_456_789n, 1_700_000_000_123_456_790n);
  store.add("a.b", { timesNs, values: Float64Array.of(1, 2) });
  assert.deepEqual(store.series("a.b").values, Float64Array.of(1, 2));
  assert.equal(store.statistics("a.b")?.disordered, 0);
});

Deno.test("MetricStore is bounded in points, metrics and bytes", () => {
  const { store } = makeStore({ maxPointsPerMetric: 100, maxMetrics: 2, maxBytes: 36 * 18 });
  const many = chunk(...Array.from({ length: 1000 }, (_, i) => i));
  for (const name of ["a.a", "b.b", "c.c"]) store.add(name, many);
  assert.deepEqual([...store.names()], ["a.a", "b.b"]);
  assert.equal(store.series("a.a").values.length, 100);
  assert.equal(store.series("b.b").values.length, 64);
  assert.equal(store.statistics("b.b")?.points, 1000);
});

Deno.test("MetricStore ignores a chunk without points", () => {
  const { store } = makeStore();
  store.add("a.b", chunk());
  assert.equal(store.statistics("a.b")?.points, 0);
  assert.equal(store.statistics("a.b")?.last, undefined);
});
