import assert from "node:assert/strict";
import { readFilter } from "../../../src/watch/view/metric_filter.ts";

const METRIC = {
  text: "lab.power\nsource-lab\nmw\nof room 7",
  source: "source-lab",
  unit: "mW",
};

Deno.test("readFilter() finds words in any text, and source and unit by their names", () => {
  const cases: [filter: string, matches: boolean][] = [
    ["", true],
    ["  ", true],
    ["POWER room", true],
    ["power hall", false],
    ["source:source-l", true],
    ["source:SOURCE", true],
    ["source:lab", false],
    ["unit:mW", true],
    ["unit:MW", false], // a billion times as much
    ["unit:m", false],
    ["unit:", false],
    ["unit:mW room", true],
  ];
  for (const [filter, matches] of cases) {
    assert.equal(readFilter(filter).matches(METRIC), matches, filter);
  }
  assert.ok(readFilter("unit:").matches({ ...METRIC, unit: "" }));
});

Deno.test("readFilter() tells states from words", () => {
  assert.deepEqual(readFilter("lab silent").states, ["silent"]);
  assert.deepEqual(readFilter("off-rate silent").states, ["low", "high", "silent"]);
  assert.deepEqual(readFilter("silently").states, []);
  assert.deepEqual([readFilter(" ").isEmpty, readFilter("silent").isEmpty], [true, false]);
});
