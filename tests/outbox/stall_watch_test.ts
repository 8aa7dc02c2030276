import assert from "node:assert/strict";
import { StallWatch } from "../../src/outbox/stall_watch.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";

function setUp() {
  const clock = new ManualClock();
  const told: string[] = [];
  const flight = { chunks: 0 };
  const watch = new StallWatch({
    clock,
    isInFlight: () => flight.chunks > 0,
    onStalled: (reason) => told.push(reason),
    onMoving: () => told.push("moving"),
  });
  const send = () => {
    flight.chunks++;
    watch.expectConfirms();
  };
  const confirm = () => {
    flight.chunks--;
    watch.confirmed();
  };
  return { clock, told, watch, send, confirm };
}

Deno.test("StallWatch tells that nothing was confirmed for five seconds, and of the next confirm", async () => {
  const { clock, told, send, confirm } = setUp();
  send();
  await clock.advance(4.999);
  assert.deepEqual(told, []);
  await clock.advance(0.001);
  assert.deepEqual(told, ["unconfirmed"]);
  await clock.advance(60);
  assert.deepEqual(told, ["unconfirmed"]);
  confirm();
  assert.deepEqual(told, ["unconfirmed", "moving"]);
});

Deno.test("StallWatch says nothing of a broker that is slow, or of a source that sends nothing", async () => {
  const { clock, told, send, confirm } = setUp();
  send();
  for (let second = 0; second < 60; second++) {
    send();
    await clock.advance(1);
    confirm();
  }
  confirm();
  await clock.advance(60);
  assert.deepEqual(told, []);
  assert.equal(clock.sleepers, 0);
});

Deno.test("StallWatch tells of a broker that takes nothing, once", async () => {
  const { clock, told, watch, send } = setUp();
  send();
  watch.block(true);
  watch.block(true);
  await clock.advance(60);
  assert.deepEqual(told, ["blocked"]);
  watch.block(false);
  watch.block(false);
  assert.deepEqual(told, ["blocked", "moving"]);
});

Deno.test("StallWatch.end() ends a stall without a word, and the timer", async () => {
  const { clock, told, watch, send, confirm } = setUp();
  send();
  await clock.advance(5);
  watch.end();
  await clock.advance(60);
  assert.deepEqual(told, ["unconfirmed"]);
  assert.equal(clock.sleepers, 0);
  confirm();
  assert.deepEqual(told, ["unconfirmed"]);
  send();
  await clock.advance(5);
  assert.deepEqual(told, ["unconfirmed", "unconfirmed"]);
});
