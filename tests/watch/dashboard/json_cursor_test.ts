import assert from "node:assert/strict";
import fc from "fast-check";
import type { JsonValue } from "../../../src/rpc/json.ts";
import { JsonText } from "../../../src/watch/dashboard/page/json_cursor.js";

/** What is at the bar in a text. */
function at(text: string) {
  const offset = text.indexOf("|");
  return new JsonText(text.replace("|", "")).cursor(offset);
}

const CASES: readonly [string, Partial<ReturnType<typeof at>>][] = [
  ["|", { kind: "other", path: [] }],
  ["{|", { kind: "name", path: [], typed: "", names: [] }],
  ['{"ra|', { kind: "name", path: ["ra"], typed: "ra", start: 1, end: 4 }],
  ['{"a": 1, |}', { kind: "name", path: [], names: ["a"], isFollowed: false }],
  ['{"a": 1, "b|": 2}', { kind: "name", path: ["b"], names: ["a"], hasColon: true }],
  ['{| "b": 2}', { kind: "name", names: ["b"], isFollowed: true }],
  ['{"a"|', { kind: "name", path: ["a"], hasColon: false }],
  ['{"a": |', { kind: "value", path: ["a"], typed: "" }],
  ['{"a": tr|ue}', { kind: "value", path: ["a"], typed: "tr", start: 6, end: 10 }],
  ['{"a": "x|', { kind: "value", path: ["a"], typed: "x" }],
  ['{"a": 1 |', { kind: "other", path: [], needsComma: true, names: ["a"] }],
  ['{"a": [1 |', { kind: "other", needsComma: false }],
  ['{"a": {"b": [1, |', { kind: "value", path: ["a", "b", 1] }],
  ['{"a": [{}, {"x": 1}, {|', { kind: "name", path: ["a", 2] }],
  ['{"a": "\\"{|"}', { kind: "value", path: ["a"] }],
  ['{"a": "b\n|"c": 1}', { kind: "other", path: [] }],
  ["}}}]|", { kind: "other", path: [] }],
];

for (const [text, expected] of CASES) {
  Deno.test(`JsonText.cursor() knows what is at the bar of ${JSON.stringify(text)}`, () => {
    const found = at(text);
    for (const [name, value] of Object.entries(expected)) {
      assert.deepEqual(Reflect.get(found, name), value, name);
    }
  });
}

/** The paths of all values in a value, itself first. */
function pathsOf(value: JsonValue, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [path];
  const entries = Array.isArray(value) ? value.entries() : Object.entries(value);
  return [path, ...[...entries].flatMap(([key, each]) => pathsOf(each, [...path, key]))];
}

Deno.test("JsonText.find() finds each value of a text, however it is written", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom("", "  ", "\t"), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      const read = new JsonText(text);
      const parsed: JsonValue = JSON.parse(text);
      assert.deepEqual(
        read.parts.filter(({ kind }) => kind === "value").map(({ path }) => path),
        pathsOf(parsed),
      );
      for (const { kind, path, start, end } of read.parts) {
        const part = text.slice(start, end);
        if (kind === "name") assert.equal(JSON.parse(part), path.at(-1));
      }
    }),
  );
});

Deno.test("JsonText reads any text, and its cursor is within the word", () => {
  const texts = fc.array(
    fc.constantFrom("{", "}", "[", "]", ":", ",", '"', '"a"', "\\", "1", "true", " ", "\n", "é"),
  ).map((parts) => parts.join(""));
  fc.assert(
    fc.property(texts, fc.nat(60), (text, offset) => {
      const { start, end } = new JsonText(text).cursor(Math.min(offset, text.length));
      assert.ok(start <= Math.min(offset, text.length) && end <= text.length);
    }),
  );
});
