import assert from "node:assert/strict";
import { MetricAccount } from "./account.ts";

interface Judged {
  readonly account: MetricAccount;
  readonly violations: string[];
}

/** An account to which an array of three points is given, and one point while that is being sent. */
function overtaken(leavesOut: boolean): Judged {
  const violations: string[] = [];
  const account = new MetricAccount("a.b", () => 0, (text) => violations.push(text));
  for (let number = 0; number < 3; number++) account.send(BigInt(number));
  const end = account.sendArray(3, leavesOut);
  assert.equal(account.begun, 0);
  account.send(3n);
  for (let number = 0; number < 4; number++) account.took(number, false);
  end();
  assert.equal(account.begun, 4);
  return { account, violations };
}

function receive(account: MetricAccount, ...numbers: number[]): void {
  account.receive({
    timesNs: BigInt64Array.from(numbers, (number) => BigInt(number)),
    values: Float64Array.from(numbers),
  });
}

Deno.test("An array may go on behind what others have sent, in its own order", () => {
  const { account, violations } = overtaken(false);
  receive(account, 0, 3, 1);
  receive(account, 2);
  account.close();
  assert.deepEqual(violations, []);
});

Deno.test("What others have sent does not change the order of an array", () => {
  const { account, violations } = overtaken(false);
  receive(account, 0, 3);
  receive(account, 2);
  receive(account, 1);
  assert.match(violations.join(), /point 1 came for the first time behind 3/);
});

Deno.test("What others send behind an array is behind all of it", () => {
  const { account, violations } = overtaken(false);
  account.send(4n);
  account.took(4, false);
  receive(account, 0, 3);
  receive(account, 4);
  receive(account, 1, 2);
  assert.match(violations.join(), /point 1 came for the first time behind 4/);
});

Deno.test("What is left out behind others does not come, and is told", () => {
  const told = overtaken(true);
  receive(told.account, 0, 3);
  told.account.lose(2, "out-of-order", false);
  told.account.close();
  assert.deepEqual(told.violations, []);
  const untold = overtaken(true);
  receive(untold.account, 0, 3);
  untold.account.close();
  assert.match(untold.violations.join(), /2 points are missing/);
  const late = overtaken(true);
  receive(late.account, 0, 3);
  receive(late.account, 1);
  assert.match(late.violations.join(), /point 1 came for the first time behind 3/);
});

Deno.test("What a source without confirms counts as lost has not arrived", () => {
  const { account, violations } = overtaken(false);
  account.isUnconfirmed = true;
  receive(account, 0, 1, 3);
  account.lose(1, "refused", false);
  account.close();
  assert.deepEqual(violations, []);
  account.lose(1, "refused", false);
  account.close();
  assert.match(violations.join(), /2 points are counted as lost, and all but 1 have arrived/);
});

Deno.test("A point is late while nothing is wrong, but not one of an array that was refused in part", () => {
  for (const isRefused of [false, true]) {
    const violations: string[] = [];
    let nowMs = 0;
    const account = new MetricAccount("a.b", () => nowMs, (text) => violations.push(text));
    account.send(0n);
    if (isRefused) account.refusedAmongMany(0);
    else account.took(0, false);
    nowMs = 5001;
    account.checkDelay(0, 5000);
    assert.equal(violations.length, isRefused ? 0 : 1);
  }
});

Deno.test("What came in an outage is expected without confirms, unless the next connection is lost soon", () => {
  for (const nextAfterMs of [149_000, 151_000]) {
    const violations: string[] = [];
    let nowMs = 0;
    const account = new MetricAccount("a.b", () => nowMs, (text) => violations.push(text));
    account.isUnconfirmed = true;
    account.beginOutage();
    account.send(0n);
    account.took(0, false);
    account.endOutage();
    nowMs += nextAfterMs;
    account.beginOutage();
    account.endOutage();
    account.close();
    const expected = nextAfterMs < 150_000 ? /^$/ : /1 points are missing that came in outages/;
    assert.match(violations.join(), expected);
  }
});
