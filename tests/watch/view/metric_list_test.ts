import assert from "node:assert/strict";
import fc from "fast-check";
import { MetricList } from "../../../src/watch/view/metric_list.ts";
import type { MetricStatistics } from "../../../src/watch/view/metric_store.ts";
import type { MetricSort } from "../../../src/watch/view/network_view.ts";

/** A list of metrics with these rates; NaN for one that is not followed. */
function listOf(rates: ReadonlyMap<string, number>, nowMs: () => number = () => 0) {
  const followed = (name: string) =>
    Number.isNaN(rates.get(name) ?? NaN) ? undefined : rates.get(name);
  const list = new MetricList({
    statistics: (name): MetricStatistics | undefined => {
      const rate = followed(name);
      return rate === undefined ? undefined : {
        points: 1,
        last: { timeMs: 0, value: rate },
        ratePerSecond: rate,
        delayMs: rate,
        gaps: 0,
        disordered: 0,
      };
    },
    ratePerSecond: followed,
    followed: () => [...rates.keys()].filter((name) => followed(name) !== undefined),
    nowMs,
  });
  list.declare(new Set(rates.keys()), true);
  return list;
}

function namesOf(list: MetricList, query: Parameters<MetricList["window"]>[0]): string[] {
  return list.window(query).metrics.map(({ name }) => name);
}

Deno.test("MetricList.window() is a part of the whole, sorted and filtered", () => {
  const metrics = fc.uniqueArray(
    fc.record({
      name: fc.stringMatching(/^[ab]\.[a-c]{1,3}$/),
      rate: fc.oneof(fc.nat(3), fc.constant(NaN)),
    }),
    { selector: ({ name }) => name, maxLength: 30 },
  );
  const sorts: MetricSort[] = ["name", "rate", "value", "delay"];
  const query = fc.record({
    filter: fc.constantFrom("", "a.", "b b", "z"),
    sort: fc.constantFrom(...sorts),
    isDescending: fc.boolean(),
    first: fc.nat(35),
    count: fc.nat(35),
  });
  fc.assert(fc.property(metrics, query, (metrics, query) => {
    const rates = new Map(metrics.map(({ name, rate }) => [name, rate]));
    const matching = [...rates.keys()].sort()
      .filter((name) => query.filter.split(" ").every((word) => name.includes(word)));
    const rateOf = (name: string) => rates.get(name) ?? NaN;
    const known = matching.filter((name) => !Number.isNaN(rateOf(name)))
      .sort((a, b) => query.isDescending ? rateOf(b) - rateOf(a) : rateOf(a) - rateOf(b));
    const whole = query.sort === "name"
      ? query.isDescending ? matching.reverse() : matching
      : [...known, ...matching.filter((name) => Number.isNaN(rateOf(name)))];
    const { metrics: shown, ...window } = listOf(rates).window(query);
    const first = Math.min(query.first, whole.length);
    assert.deepEqual(shown.map(({ name }) => name), whole.slice(first, first + query.count));
    assert.deepEqual(window, {
      total: rates.size,
      isComplete: true,
      matching: whole.length,
      first,
    });
  }));
});

Deno.test("MetricList keeps an order by numbers for a second, and renews it when the list changes", () => {
  let nowMs = 0;
  const rates = new Map([["a", 1], ["b", 2]]);
  const list = listOf(rates, () => nowMs);
  const byRate = { sort: "rate", count: 9 } as const;
  assert.deepEqual(namesOf(list, byRate), ["a", "b"]);
  rates.set("a", 3);
  nowMs = 999;
  assert.deepEqual(namesOf(list, byRate), ["a", "b"]);
  nowMs = 1000;
  assert.deepEqual(namesOf(list, byRate), ["b", "a"]);
  rates.set("c", 0).set("a", 0.5);
  list.hear("c");
  assert.deepEqual(namesOf(list, byRate), ["c", "a", "b"]);
});

Deno.test("MetricList finds what is silent or off its rate among the followed only", () => {
  const list = listOf(new Map([["a.silent", 0], ["b.low", 5], ["c.ok", 10], ["d.unknown", NaN]]));
  for (const name of list.names()) list.describe(name, { rate: 10, source: "source-x" });
  assert.deepEqual(namesOf(list, { filter: "silent", count: 9 }), ["a.silent"]);
  assert.deepEqual(namesOf(list, { filter: "off-rate", count: 9 }), ["b.low"]);
  assert.deepEqual(namesOf(list, { filter: "off-rate silent", count: 9 }), ["a.silent", "b.low"]);
  assert.deepEqual(list.summary(), {
    metrics: 4,
    followed: 3,
    pointsPerSecond: 15,
    silent: 1,
    offRate: 1,
    undeclared: 0,
  });
  assert.deepEqual([...list.countBySource()], [["source-x", 4]]);
});

Deno.test("MetricList keeps what only points came of, and drops what may have lost its place", () => {
  const list = listOf(new Map([["a", 1], ["b", 1]]));
  list.hear("c");
  list.hear("b");
  list.describe("a", { unit: "W" });
  assert.deepEqual(list.undescribed(), ["b"]);
  list.declare(new Set(["b", "d"]), false);
  assert.deepEqual(list.names(), ["b", "c", "d"]);
  assert.equal(list.window({ count: 0 }).isComplete, false);
  assert.deepEqual(list.view("c").undeclared, { reason: "never", sinceMs: undefined });
  list.forget(["b", "c"]); // the one is declared, and points come of the other
  assert.deepEqual(list.names(), ["b", "c", "d"]);
});

Deno.test("MetricList tells what is declared no more from what is silent, until it is forgotten", () => {
  const list = listOf(new Map([["a", 0], ["b", 0]]));
  for (const name of ["a", "b"]) list.describe(name, { rate: 1, source: "source-x" });
  assert.deepEqual(namesOf(list, { filter: "silent", count: 9 }), ["a", "b"]);
  list.declare(new Set(["b"]), true, 1000);
  assert.deepEqual(namesOf(list, { filter: "silent", count: 9 }), ["b"]);
  assert.deepEqual(namesOf(list, { filter: "not-declared", count: 9 }), ["a"]);
  assert.deepEqual(list.view("a").undeclared, { reason: "removed", sinceMs: 1000 });
  assert.deepEqual(list.view("a").metadata, { rate: 1, source: "source-x" });
  assert.deepEqual([list.summary().silent, list.summary().undeclared], [1, 1]);
  list.declare(new Set(["b"]), true, 2000);
  assert.equal(list.view("a").undeclared?.sinceMs, 1000);
  list.forget(["a", "b"]);
  assert.deepEqual([list.names(), list.size], [["b"], 1]);
  list.declare(new Set(["a", "b"]), true, 3000);
  assert.deepEqual(list.view("a").undeclared, undefined);
});

Deno.test("MetricList finds what sources that have started anew do not declare", () => {
  const date = (second: number) => new Date(second * 1000).toISOString();
  const list = listOf(new Map(["old", "new", "other", "archived"].map((name) => [name, NaN])));
  list.describe("old", { source: "source-x", date: date(10) });
  list.describe("new", { source: "source-x", date: date(30) });
  list.describe("other", { source: "source-y", date: date(10) });
  list.describe("archived", { source: "source-x", date: date(31), archived: date(20) });
  const started = (seconds: number) =>
    new Map(["source-x", "source-y"].map((source) => [source, seconds * 1000]));
  const undeclared = () => namesOf(list, { filter: "not-declared", count: 9 });
  list.findLeftOut(started(5));
  assert.deepEqual(undeclared(), ["archived"]);
  list.findLeftOut(started(20)); // the other has declared nothing since: it may be about to
  assert.deepEqual(undeclared(), ["archived", "old"]);
  assert.deepEqual(list.view("old").undeclared, { reason: "left out", sinceMs: 20_000 });
  assert.deepEqual(list.view("archived").undeclared, { reason: "archived", sinceMs: 20_000 });

  list.forget(undeclared());
  assert.deepEqual([list.names(), list.size], [["new", "other"], 2]);
  list.declare(new Set(["old", "new", "other", "archived"]), true);
  list.describe("old", { source: "source-x", date: date(10) });
  assert.equal(list.size, 2); // it is as it was
  list.describe("old", { source: "source-x", date: date(40) });
  assert.deepEqual([list.names(), undeclared()], [["new", "old", "other"], []]);
});

Deno.test("MetricList lists 100 000 metrics and says that there are more, and gives 1000 at most", () => {
  const list = listOf(new Map());
  list.declare(new Set(Array.from({ length: 100_001 }, (_, at) => `m${at}`)), true);
  list.hear("another");
  const { total, isComplete, metrics } = list.window({ count: 5000 });
  assert.deepEqual([total, isComplete, metrics.length], [100_000, false, 1000]);
  assert.deepEqual(list.window({ first: -5, count: NaN }).metrics, []);
});
