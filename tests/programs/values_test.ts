import assert from "node:assert/strict";
import * as v from "valibot";
import { findValues, metadataOf, ValueConfig } from "../../src/programs/values.ts";

function find(config: Record<string, unknown>, text: string): number | string | undefined {
  const value = findValues({ it: v.parse(ValueConfig, config) }, text)["it"];
  return value instanceof Error ? value.message : value;
}

Deno.test("findValues() finds a number by a regular expression: its first group, or the whole", () => {
  assert.equal(find({ regex: "load: (\\S+)" }, "x\nload: 1.5e-3 z"), 0.0015);
  assert.equal(find({ regex: "^-?\\d+$" }, "x\n-12\n"), -12);
  assert.equal(find({ regex: "(\\d+)%", scale: 0.01 }, "at 45% now"), 0.45);
});

Deno.test("findValues() finds a number by a path in JSON", () => {
  const json = JSON.stringify({ a: [{ b: 4.5 }], on: true, off: false, text: "12 W", none: null });
  assert.equal(find({ json: "a[0].b" }, json), 4.5);
  assert.equal(find({ json: "on" }, json), 1);
  assert.equal(find({ json: "off" }, json), 0);
  assert.equal(find({ json: "text" }, json), 12);
  assert.equal(find({ json: "none" }, json), NaN);
});

Deno.test("findValues() finds a number by column and row of a table", () => {
  const csv = 'name, "power, W"\r\nrack 1, 5\r\n\r\n"rack ""2""", 7.25 W\r\n';
  assert.equal(find({ csv: "power, W" }, csv), 7.25);
  assert.equal(find({ csv: "power, W", row: 0 }, csv), 5);
  assert.equal(find({ csv: 2, row: 1 }, csv), 5);
  const columns = "Use%  Avail\n 12%   1000\n 34%   2000\n";
  assert.equal(find({ csv: "Use%", separator: " " }, columns), 34);
  assert.equal(find({ csv: "Avail", separator: " ", row: 0 }, columns), 1000);
  assert.equal(find({ csv: 2, separator: ";" }, "1;2;3"), 2);
  assert.equal(find({ csv: 2, separator: "\t" }, "a b\t2"), 2);
  assert.equal(find({ csv: 3, separator: "::" }, "1::2::3"), 3);
});

Deno.test("findValues() tells why there is no number, of each value on its own", () => {
  const configs = {
    a: v.parse(ValueConfig, { json: "a" }),
    b: v.parse(ValueConfig, { json: "b" }),
  };
  const { a, b } = findValues(configs, '{"a": 1}');
  assert.equal(a, 1);
  assert.equal(b instanceof Error && b.message, "b: there is no b");

  assert.equal(find({ regex: "x(\\d+)" }, "y1"), 'it: nothing matches "x(\\\\d+)"');
  assert.equal(find({ csv: "c" }, "a,b\n1,2"), "it: there is no row -1 of column c");
  assert.equal(find({ csv: 1, row: 5 }, "a,b\n1,2"), "it: there is no row 5 of column 1");
  assert.match(String(find({ json: "a" }, "<html>")), /^it: Unexpected token/);
  for (const text of ["N/A", "", "1.2.3", "12 34", "1,234", "nan", "0x10", "- 5"]) {
    const message = `it: ${JSON.stringify(text)} is given, a number is required`;
    assert.equal(find({ json: "a" }, JSON.stringify({ a: text })), message);
  }
  assert.match(String(find({ json: "a" }, '{"a": {}}')), /a number is required$/);
});

Deno.test("ValueConfig requires one way to the number, and one that works", () => {
  const issues = (config: Record<string, unknown>) =>
    v.safeParse(ValueConfig, config).issues?.map(({ message }) => message).join();
  assert.equal(issues({ unit: "W" }), "one of regex, json, csv is required");
  assert.equal(issues({ regex: "1", json: "a" }), "one of regex, json, csv is required");
  assert.match(issues({ regex: "(" }) ?? "", /^Invalid regular expression/);
  assert.match(issues({ json: "a[" }) ?? "", /^"a\["/);
  assert.match(issues({ csv: 0 }) ?? "", />=1/);
});

Deno.test("metadataOf() is all that does not tell where the number is", () => {
  const config = v.parse(ValueConfig, {
    csv: "a",
    row: 1,
    separator: ";",
    scale: 2,
    unit: "W",
    description: "d",
    room: { x: 1 },
  });
  assert.deepEqual(metadataOf(config), { unit: "W", description: "d", room: { x: 1 } });
});
