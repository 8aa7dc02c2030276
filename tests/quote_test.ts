import assert from "node:assert/strict";
import { counted, quote } from "../src/quote.ts";

Deno.test("quote() puts texts in quotation marks, with control characters escaped", () => {
  assert.equal(quote("a\nb\u001b"), '"a\\nb\\u001b"');
  assert.equal(quote('{"a": 1}'), '"{\\"a\\": 1}"');
});

Deno.test("quote() cuts after 80 characters, outside of the quotation marks", () => {
  const text = "x".repeat(80);
  assert.equal(quote(text), `"${text}"`);
  assert.equal(quote(`${text}y`), `"${text}"…`);
  assert.equal(quote(10n ** 80n), `1${"0".repeat(79)}…`);
});

Deno.test("quote() shows other values as they are, and of objects only what kind they are of", () => {
  const shown = [0, -1.5, NaN, 5n, true, null, undefined, Symbol("a"), {}, [], Object.create(null)];
  assert.deepEqual(shown.map(quote), [
    ...["0", "-1.5", "NaN", "5", "true", "null", "undefined", "Symbol(a)"],
    ...["an object", "a list", "an object"],
  ]);
  class Made {}
  const hostile = new Proxy({}, {
    getPrototypeOf: () => {
      throw new Error("hostile");
    },
  });
  const kinds = [new Map(), new Date(), new AbortController(), new Made(), hostile];
  assert.deepEqual(kinds.map(quote), [
    ...["a Map", "a Date", "an AbortController", "a Made", "an object"],
  ]);
  const odd = { constructor: { name: "x\n\u001b[2J" } };
  assert.deepEqual([odd, Object.create(odd)].map(quote), ["an object", "an object"]);
  assert.equal(quote(() => 5), "a function");
});

Deno.test("counted() has one thing, and several or no things", () => {
  assert.deepEqual([0, 1, 2].map((count) => counted(count, "deadline")), [
    "0 deadlines",
    "1 deadline",
    "2 deadlines",
  ]);
});
