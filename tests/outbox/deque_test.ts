import assert from "node:assert/strict";
import fc from "fast-check";
import { Deque } from "../../src/outbox/deque.ts";

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
    }
  }));
});
