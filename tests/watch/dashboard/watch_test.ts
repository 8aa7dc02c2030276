import assert from "node:assert/strict";
import fc from "fast-check";
import type { JsonObject } from "../../../src/rpc/json.ts";
import { KIND_NAMES } from "../../../src/watch/view/problem_kinds.js";
import { readWatch } from "../../../src/watch/dashboard/watch.ts";

Deno.test("readWatch() reads what a page asks for", () => {
  assert.deepEqual(
    readWatch({
      table: { filter: "unit:W", sort: "rate", isDescending: true, first: 40, count: 30 },
      names: ["a.bb"],
      series: [
        { key: 3, metric: "a.bb", spanMs: 60_000, columns: 600 },
        { key: 4, metric: "a.bb", spanMs: 6000, columns: 600, endMs: 12_000, isCounted: true },
      ],
      token: "source-x",
      problems: {
        kind: "silent",
        filter: "a",
        sort: "since",
        isDescending: true,
        first: 3,
        count: 9,
      },
      updatesPerSecond: 2,
    }),
    {
      table: { filter: "unit:W", sort: "rate", isDescending: true, first: 40, count: 30 },
      names: ["a.bb"],
      series: [
        {
          key: 3,
          metric: "a.bb",
          spanMs: 60_000,
          endMs: undefined,
          isCounted: false,
          bucketMs: 100,
        },
        { key: 4, metric: "a.bb", spanMs: 6000, endMs: 12_000, isCounted: true, bucketMs: 10 },
      ],
      token: "source-x",
      problems: {
        kind: "silent",
        filter: "a",
        sort: "since",
        isDescending: true,
        first: 3,
        count: 9,
      },
      updatesPerSecond: 2,
    },
  );
});

Deno.test("readWatch() bounds whatever it is given", () => {
  const message = fc.record({
    table: fc.oneof(
      fc.jsonValue(),
      fc.record({
        filter: fc.jsonValue(),
        sort: fc.jsonValue(),
        isDescending: fc.jsonValue(),
        first: fc.jsonValue(),
        count: fc.jsonValue(),
      }),
    ),
    names: fc.jsonValue(),
    series: fc.array(fc.record({
      key: fc.jsonValue(),
      metric: fc.oneof(fc.string(), fc.jsonValue()),
      spanMs: fc.jsonValue(),
      columns: fc.jsonValue(),
      endMs: fc.jsonValue(),
    })),
    token: fc.jsonValue(),
    problems: fc.oneof(
      fc.jsonValue(),
      fc.record({
        kind: fc.jsonValue(),
        sort: fc.jsonValue(),
        first: fc.jsonValue(),
        count: fc.jsonValue(),
      }),
    ),
    updatesPerSecond: fc.jsonValue(),
  });
  fc.assert(fc.property(message, (message) => {
    const watch = readWatch(message as JsonObject);
    assert.ok(watch.names.every((name) => typeof name === "string"));
    if (watch.table !== undefined) {
      const { first = NaN, count } = watch.table;
      assert.ok(first >= 0 && count >= 0 && count <= 1000);
    }
    if (watch.problems !== undefined) {
      const { kind, first = NaN, count } = watch.problems;
      assert.ok(kind === undefined || KIND_NAMES.includes(kind));
      assert.ok(first >= 0 && count >= 0 && count <= 1000);
    }
    assert.ok(watch.updatesPerSecond >= 0.1 && watch.updatesPerSecond <= 20);
    for (const { key, spanMs, endMs = 0, bucketMs } of watch.series) {
      assert.ok(Number.isFinite(endMs));
      assert.ok(Number.isInteger(key) && key >= 0 && key < 2 ** 32);
      assert.ok(spanMs >= 1 && spanMs <= 86_400_000);
      assert.ok(bucketMs > 0 && bucketMs <= spanMs);
    }
  }));
  assert.equal(readWatch({ names: Array(5000).fill("a") }).names.length, 1000);
});
