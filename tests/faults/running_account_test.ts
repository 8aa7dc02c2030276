import assert from "node:assert/strict";
import { RunningAccount, type RunningSums } from "./running_account.ts";

const NOTHING: RunningSums = {
  made: 0,
  received: 0,
  missing: 0,
  repeated: 0,
  redelivered: 0,
  outOfOrder: 0,
  wrong: 0,
  mixedChunks: 0,
};

/** An account of two metrics with ticks from 5, of which `b` has received all. */
function accountOf(ticks: number) {
  const account = new RunningAccount(["a", "b"]);
  const receive = (ticks: number[], { metric = "a", offsetNs = 0n, isRedelivered = false } = {}) =>
    account.receive({
      metric,
      ticks: Float64Array.from(ticks),
      timesNs: BigInt64Array.from(ticks, (tick) => BigInt(tick) * 10n + offsetNs),
    }, isRedelivered);
  for (let tick = 5; tick < 5 + ticks; tick++) account.make(tick, BigInt(tick) * 10n);
  receive(Array.from({ length: ticks }, (_, i) => 5 + i), { metric: "b" });
  return { account, receive };
}

Deno.test("RunningAccount begins with nothing", () => {
  assert.deepEqual(new RunningAccount(["a"]).sums, NOTHING);
});

Deno.test("RunningAccount finds nothing wrong with what is received in order", () => {
  const { account, receive } = accountOf(4);
  receive([5, 6]);
  receive([7, 8]);
  assert.deepEqual(account.sums, { ...NOTHING, made: 8, received: 8 });
});

Deno.test("RunningAccount counts what is missing until it comes, and then as out of order", () => {
  const { account, receive } = accountOf(4);
  receive([6]);
  assert.deepEqual(account.sums, { ...NOTHING, made: 8, received: 5, missing: 3 });
  receive([5]);
  assert.deepEqual(account.sums, { ...NOTHING, made: 8, received: 6, missing: 2, outOfOrder: 1 });
});

Deno.test("RunningAccount tells what the source repeats from what the broker delivers again", () => {
  const { account, receive } = accountOf(2);
  receive([5, 6]);
  receive([5, 6]);
  receive([6], { isRedelivered: true });
  assert.deepEqual(account.sums, {
    ...NOTHING,
    made: 4,
    received: 7,
    repeated: 2,
    redelivered: 1,
  });
});

Deno.test("RunningAccount counts other times than were made, and chunks with old and new points", () => {
  const { account, receive } = accountOf(3);
  receive([5, 6], { offsetNs: 1n });
  receive([6, 7]);
  assert.deepEqual(account.sums, {
    ...NOTHING,
    made: 6,
    received: 7,
    repeated: 1,
    wrong: 2,
    mixedChunks: 1,
  });
});

Deno.test("RunningAccount waits for the source to tell of what was received already", () => {
  const { account, receive } = accountOf(1);
  receive([5, 6]);
  assert.equal(account.sums.received, 1);
  account.make(6, 60n);
  receive([6], { metric: "b" });
  assert.deepEqual(account.sums, { ...NOTHING, made: 4, received: 4 });
});
