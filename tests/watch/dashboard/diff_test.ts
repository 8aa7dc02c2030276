import assert from "node:assert/strict";
import fc from "fast-check";
import { differences } from "../../../src/watch/dashboard/page/diff.js";

function text(first: string, second: string): string {
  return differences(first, second).map(({ sign, line }) => sign + line).join("\n");
}

Deno.test("differences() shows what is only in one of two texts", () => {
  assert.equal(text("a\nb\nc", "a\nB\nc\nd"), " a\n-b\n+B\n c\n+d");
  assert.equal(text("a", "a"), " a");
  assert.equal(text("", "a"), "-\n+a");
});

Deno.test("differences() holds both texts as they are", () => {
  const lines = fc.array(fc.constantFrom("a", "b", "c", "")).map((lines) => lines.join("\n"));
  fc.assert(fc.property(lines, lines, (first, second) => {
    const found = differences(first, second);
    const without = (sign: string) =>
      found.filter((each) => each.sign !== sign).map(({ line }) => line).join("\n");
    assert.equal(without("+"), first);
    assert.equal(without("-"), second);
  }));
});

Deno.test("differences() compares no texts that are too long for it", () => {
  const long = "a\n".repeat(2000);
  assert.equal(differences(long, long).length, 2 * 2001);
});
