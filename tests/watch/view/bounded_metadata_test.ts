import assert from "node:assert/strict";
import type { JsonObject } from "../../../src/rpc/json.ts";
import { boundedMetadata } from "../../../src/watch/view/bounded_metadata.ts";
import { MetricList } from "../../../src/watch/view/metric_list.ts";

const LONG = "x".repeat(1_000_000);

Deno.test("boundedMetadata() leaves short metadata as it is, and cuts what is long", () => {
  const short = { source: "source-x", unit: "W", rate: 1, other: { a: ["b"] } };
  assert.equal(boundedMetadata(short), short);
  const many = Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [`field${at}`, at]));
  const hostile: JsonObject[] = [
    { description: LONG, unit: "W" },
    { description: { text: LONG }, unit: [LONG] },
    many,
    { [LONG]: 1 },
    Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`text${at}`, LONG.slice(0, 5000)])),
  ];
  for (const metadata of hostile) {
    const bounded = boundedMetadata({ ...metadata, rate: 2, source: "source-x" });
    assert.ok(JSON.stringify(bounded).length <= 20_000);
    assert.deepEqual([bounded.source, bounded.rate], ["source-x", 2]);
  }
  assert.equal(boundedMetadata({ unit: "W", description: LONG }).unit, "W");
});

Deno.test("MetricList keeps bounded metadata, and takes the same long metadata for no change", () => {
  const list = new MetricList({
    statistics: () => undefined,
    ratePerSecond: () => undefined,
    followed: () => [],
    nowMs: () => 0,
  });
  list.declare(new Set(["a.b"]), true, 0);
  list.describe("a.b", { unit: "W", description: LONG });
  const { metadata } = list.view("a.b");
  assert.ok(JSON.stringify(metadata).length < 2000);
  list.describe("a.b", { unit: "W", description: LONG });
  assert.equal(list.view("a.b").metadata, metadata);
});
