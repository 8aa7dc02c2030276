import assert from "node:assert/strict";
import fc from "fast-check";
import type { JsonObject } from "../../../src/rpc/json.ts";
import { readWatch } from "../../../src/watch/dashboard/watch.ts";

Deno.test("readWatch() reads what a page asks for", () => {
  assert.deepEqual(
    readWatch({
      metrics: ["a.bb"],
      series: [{ key: 3, metric: "a.bb", spanMs: 60_000, columns: 600 }],
      token: "source-x",
      updatesPerSecond: 2,
    }),
    {
      metrics: ["a.bb"],
      series: [{ key: 3, metric: "a.bb", spanMs: 60_000, bucketMs: 100 }],
      token: "source-x",
      updatesPerSecond: 2,
    },
  );
});

Deno.test("readWatch() bounds whatever it is given", () => {
  const message = fc.record({
    metrics: fc.jsonValue(),
    series: fc.array(fc.record({
      key: fc.jsonValue(),
      metric: fc.oneof(fc.string(), fc.jsonValue()),
      spanMs: fc.jsonValue(),
      columns: fc.jsonValue(),
    })),
    token: fc.jsonValue(),
    updatesPerSecond: fc.jsonValue(),
  });
  fc.assert(fc.property(message, (message) => {
    const watch = readWatch(message as JsonObject);
    assert.ok(watch.metrics.every((name) => typeof name === "string"));
    assert.ok(watch.updatesPerSecond >= 0.1 && watch.updatesPerSecond <= 20);
    for (const { key, spanMs, bucketMs } of watch.series) {
      assert.ok(Number.isInteger(key) && key >= 0 && key < 2 ** 32);
      assert.ok(spanMs >= 1 && spanMs <= 86_400_000);
      assert.ok(bucketMs > 0 && bucketMs <= spanMs);
    }
  }));
  assert.equal(readWatch({ metrics: Array(5000).fill("a") }).metrics.length, 1000);
});
