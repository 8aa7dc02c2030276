import assert from "node:assert/strict";
import fc from "fast-check";
import { queryOf } from "../../src/watch/pattern.ts";

Deno.test("queryOf() needs no query for a name, whatever characters it has", () => {
  for (const name of ["example.lab.power", "LZR.E98.1601A", "gpu-01[0]", "a+b (c)"]) {
    assert.equal(queryOf(name), undefined);
  }
});

Deno.test("queryOf() asks for what begins alike by prefix, which a database has an index for", () => {
  assert.deepEqual(queryOf("example.lab.*"), { prefix: "example.lab." });
  assert.deepEqual(queryOf("a+*"), { prefix: "a+" });
  assert.deepEqual(queryOf("*"), {});
});

Deno.test("queryOf() finds by regular expression what a pattern says, and nothing else", () => {
  const part = fc.string({ unit: fc.constantFrom(..."aB.+()[]{}|^$?\\-/_0"), maxLength: 6 });
  const parts = fc.array(part, { minLength: 2, maxLength: 4 });
  fc.assert(fc.property(parts, parts, fc.string(), (texts, between, other) => {
    const query = queryOf(texts.join("*"));
    if (query?.selector === undefined) return;
    const selector = new RegExp(`${query.selector}`);
    const filled = texts.map((text, at) => at === 0 ? text : `${between[at] ?? ""}${text}`).join(
      "",
    );
    assert.match(filled, selector);
    const [first = ""] = texts;
    if (!other.startsWith(first)) assert.doesNotMatch(other, selector);
    const last = texts.at(-1) ?? "";
    if (!other.endsWith(last)) assert.doesNotMatch(other, selector);
  }));
});
