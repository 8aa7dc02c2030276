import assert from "node:assert/strict";
import { isRefusal, Refusals } from "../../src/amqp/refusals.ts";
import { AmqpError } from "../../src/errors.ts";

Deno.test("Refusals.note() takes three refusals over 30 s for ones that stay", () => {
  const refusals = new Refusals();
  assert.equal(refusals.note(1000), false);
  assert.equal(refusals.note(2000), false);
  assert.equal(refusals.note(30_999), false);
  assert.equal(refusals.note(31_000), true);
  assert.equal(refusals.count, 4);
});

Deno.test("Refusals.note() needs three, however long they take", () => {
  const refusals = new Refusals();
  assert.equal(refusals.note(0), false);
  assert.equal(refusals.note(500_000), false);
  assert.equal(refusals.note(500_001), true);
});

Deno.test("isRefusal() is true for code 403 only", () => {
  assert.equal(isRefusal(new AmqpError("Broker closed the channel 1: …", { code: 403 })), true);
  const others = [new AmqpError("gone"), new AmqpError("locked", { code: 405 }), new Error("403")];
  for (const other of [...others, undefined, 403]) assert.equal(isRefusal(other), false);
});
