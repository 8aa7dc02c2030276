import assert from "node:assert/strict";
import fc from "fast-check";
import { Deque } from "../src/deque.ts";

Deno.test("Deque behaves as an array with push, shift and unshift", () => {
  const operation = fc.oneof(
    fc.record({ name: fc.constant("push" as const), items: fc.array(fc.nat(), { minLength: 1 }) }),
    fc.record({ name: fc.constant("unshift" as const), items: fc.array(fc.nat()) }),
    fc.record({ name: fc.constant("shift" as const), items: fc.constant([]) }),
  );
  fc.assert(fc.property(fc.array(operation), (operations) => {
    const deque = new Deque<number>();
    const model: number[] = [];
    for (const { name, items } of operations) {
      if (name === "shift") assert.equal(deque.shift(), model.shift());
      else if (name === "push") {
        for (const item of items) deque.push(item);
        model.push(...items);
      } else {
        deque.unshift(items);
        model.unshift(...items);
      }
      assert.equal(deque.length, model.length);
      assert.equal(deque.first, model[0]);
      assert.deepEqual(model.map((_, at) => deque.at(at)), model);
      assert.equal(deque.at(model.length), undefined);
    }
  }));
});

Deno.test("Deque.replace() puts an item in the place of another", () => {
  const deque = new Deque<string>();
  for (const item of ["a", "b", "c"]) deque.push(item);
  deque.replace(1, "x");
  assert.deepEqual([deque.shift(), deque.shift(), deque.shift()], ["a", "x", "c"]);
});

Deno.test("Deque holds a million items, and takes more when they are gone", () => {
  const deque = new Deque<number>();
  const count = 1_000_000;
  for (let item = 0; item < count; item++) deque.push(item);
  for (let item = 0; item < count; item++) assert.equal(deque.shift(), item);
  deque.push(1);
  assert.equal(deque.shift(), 1);
  assert.equal(deque.shift(), undefined);
});
