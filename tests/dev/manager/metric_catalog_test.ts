import assert from "node:assert/strict";
import { MetricCatalog, type MetricFilter } from "../../../src/dev/manager/metric_catalog.ts";
import { LogRecords } from "../../support/log_records.ts";

const DATE = "2026-01-01T00:00:00Z";

function catalog(): MetricCatalog {
  const catalog = new MetricCatalog();
  catalog.declare("source-a", {
    "example.room1.power": { unit: "W" },
    "example.room2.power": { hidden: true },
    "example.room1.heat": {},
    "other.power": { hidden: false },
  }, DATE);
  return catalog;
}

Deno.test("MetricCatalog.declare() adds the source that declares the metric, and the date", () => {
  const metrics = catalog();
  assert.deepEqual(metrics.get("example.room1.power"), {
    unit: "W",
    source: "source-a",
    date: DATE,
  });
  assert.equal(metrics.get("example.room3.power"), undefined);
});

Deno.test("MetricCatalog.declare() keeps fields that are not named again", () => {
  const metrics = catalog();
  metrics.declare("source-b", { "example.room1.power": { rate: 2 } }, "2027-01-01T00:00:00Z");
  assert.deepEqual(metrics.get("example.room1.power"), {
    unit: "W",
    rate: 2,
    source: "source-b",
    date: "2027-01-01T00:00:00Z",
  });
  assert.deepEqual(metrics.countBySource(), new Map([["source-b", 1], ["source-a", 3]]));
});

Deno.test("MetricCatalog.declare() ignores reserved fields with a warning", async () => {
  await using records = await LogRecords.capture();
  const metrics = new MetricCatalog();
  metrics.declare("a", { "x.y": { source: "b", historic: true, _id: "z", date: "then" } }, DATE);
  assert.deepEqual(metrics.get("x.y"), { source: "a", date: "then" });
  assert.deepEqual(records.messages("warning"), [
    'Ignoring what x.y says of "source", "historic" or fields that begin with "_"',
  ]);
});

Deno.test("MetricCatalog.declare() takes a list of names", () => {
  const metrics = new MetricCatalog();
  metrics.declare("a", ["x.y", "__proto__"], DATE);
  assert.deepEqual([...metrics.names()], ["x.y", "__proto__"]);
});

Deno.test("MetricCatalog.declare() refuses all metrics if one cannot be used", () => {
  const metrics = new MetricCatalog();
  for (const bad of [undefined, null, 1, "x", { "x.y": null }, [1], [""], ["ä".repeat(128)]]) {
    const all = Array.isArray(bad) ? ["good.one", ...bad] : bad;
    assert.throws(
      () => metrics.declare("a", all, DATE),
      /^(Type|Range)Error: Cannot declare metric/,
    );
  }
  assert.throws(
    () => metrics.declare("a", Array.from({ length: 100_001 }, (_, i) => `m.${i}`), DATE),
    {
      name: "RangeError",
      message: "Cannot declare metrics: there would be 100001 metrics, at most 100000 are allowed",
    },
  );
  assert.deepEqual([...metrics.names()], []);
});

Deno.test("MetricCatalog.declare() bounds the metadata of a metric, also when it comes in parts", () => {
  const metrics = new MetricCatalog();
  const part = "x".repeat(30_000);
  metrics.declare("a", { "x.y": { one: part } }, DATE);
  metrics.declare("a", { "x.y": { two: part } }, DATE);
  assert.throws(() => metrics.declare("a", { "x.z": {}, "x.y": { three: part } }, DATE), {
    name: "RangeError",
    message: /there would be 90\d\d\d characters of metadata of "x\.y", at most 65536 are allowed$/,
  });
  assert.deepEqual([...metrics.names()], ["x.y"]);
  metrics.declare("a", { "x.y": { one: "" } }, DATE);
  metrics.declare("a", { "x.y": { three: part } }, DATE); // there is room again
});

Deno.test("MetricCatalog.declare() bounds the metadata of all metrics together", () => {
  const metrics = new MetricCatalog();
  const part = "x".repeat(60_000);
  const declareAll = () => {
    for (let i = 0; i < 2000; i++) metrics.declare("a", { [`x.m${i}`]: { part } }, DATE);
  };
  assert.throws(declareAll, {
    name: "RangeError",
    message: /characters of metadata, at most 67108864 are allowed$/,
  });
  const count = [...metrics.names()].length;
  assert.ok(count > 1000 && count < 1200, String(count));
  // What is declared again takes no more room.
  for (const name of metrics.names()) metrics.declare("a", { [name]: { part } }, DATE);
});

Deno.test("MetricCatalog.select() finds what is asked for, sorted", () => {
  const metrics = catalog();
  const all = ["example.room1.heat", "example.room1.power", "example.room2.power", "other.power"];
  const cases: readonly [MetricFilter, string[]][] = [
    [{}, all],
    [{ selector: "room\\d\\.power" }, all.slice(1, 3)],
    [{ selector: "^power" }, []],
    [{ selector: ["other.power", "no.such", "example.room1.heat"] }, [all[0] ?? "", "other.power"]],
    [{ prefix: "example.room1" }, all.slice(0, 2)],
    [{ infix: "power" }, all.slice(1)],
    [{ infix: "room1.h" }, all.slice(0, 1)],
    [{ infix: "oom1" }, []],
    [{ infix: "exam" }, all.slice(0, 3)],
    [{ limit: 2 }, all.slice(0, 2)],
    [{ limit: 0 }, []],
    [{ hidden: true }, all.slice(2, 3)],
    [{ hidden: false }, [...all.slice(0, 2), "other.power"]],
    [{ historic: true }, []],
    [{ historic: false, prefix: "other" }, ["other.power"]],
  ];
  for (const [filter, expected] of cases) {
    assert.deepEqual(metrics.select(filter), expected, JSON.stringify(filter));
  }
});

Deno.test("MetricCatalog.select() refuses filters that exclude each other", () => {
  const metrics = catalog();
  assert.throws(() => metrics.select({ prefix: "a", infix: "b" }), {
    name: "RangeError",
    message: 'Cannot get metrics: "prefix" and "infix" are given, one is allowed',
  });
  assert.throws(() => metrics.select({ selector: "a", infix: "b" }), RangeError);
  assert.throws(() => metrics.select({ selector: [] }), /is an empty list/);
});

Deno.test("MetricCatalog.select() refuses what is not a regular expression", () => {
  assert.throws(() => catalog().select({ selector: "[" }), {
    name: "SyntaxError",
    message:
      'Cannot get metrics: "selector" is refused: Invalid regular expression: /[/: Unterminated character class',
  });
});

Deno.test("MetricCatalog.select() gives up a regular expression that never ends", () => {
  const metrics = catalog();
  metrics.declare("a", [`${"a".repeat(100)}!`], DATE);
  assert.throws(() => metrics.select({ selector: "^(a+)+$" }), {
    name: "RangeError",
    message: 'Cannot get metrics: the selector "^(a+)+$" takes over 250 ms',
  });
});

Deno.test("MetricCatalog.select() refuses a regular expression that is too long, and quotes its beginning only", () => {
  assert.throws(() => catalog().select({ selector: "x".repeat(10_001) }), {
    name: "RangeError",
    message: 'Cannot get metrics: "selector" has 10001 characters, at most 10000 are allowed',
  });
  const metrics = catalog();
  metrics.declare("a", [`${"a".repeat(100)}!`], DATE);
  const selector = `^(a+)+$${"|b".repeat(4000)}`;
  assert.throws(() => metrics.select({ selector }), ({ message }) => message.length < 200);
});

Deno.test("MetricCatalog.select() refuses regular expressions when others have taken all their time", () => {
  const metrics = catalog();
  metrics.declare("a", [`${"a".repeat(100)}!`], DATE);
  const messages = Array.from({ length: 20 }, () => {
    try {
      return metrics.select({ selector: "^(a+)+$" }).join();
    } catch (error) {
      return String(error);
    }
  });
  assert.match(messages[0] ?? "", /takes over 250 ms$/);
  assert.match(messages.at(-1) ?? "", /the selectors before this one have taken all the time/);
  assert.deepEqual(metrics.select({ selector: ["other.power"] }), ["other.power"]);
});
