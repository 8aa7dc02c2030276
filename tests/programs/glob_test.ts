import assert from "node:assert/strict";
import fc from "fast-check";
import { glob } from "../../src/programs/glob.ts";

Deno.test("glob() takes * for any characters, and all others as they are", () => {
  const matches = (pattern: string, ...texts: string[]) => texts.filter(glob(pattern));
  assert.deepEqual(matches("node_*_total", "node__total", "node_a_total", "node_total"), [
    "node__total",
    "node_a_total",
  ]);
  assert.deepEqual(matches("a.c", "abc", "a.c"), ["a.c"]);
  assert.deepEqual(matches("*", "", "a"), ["", "a"]);
  assert.deepEqual(matches("a*a", "a", "aa", "aba"), ["aa", "aba"]);
  assert.deepEqual(matches("", "", "a"), [""]);
});

Deno.test("glob() matches as a regular expression does", () => {
  const few = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 8 });
  fc.assert(fc.property(few, few, (pattern, text) => {
    const expected = new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(text);
    assert.equal(glob(pattern)(text), expected);
  }));
});
