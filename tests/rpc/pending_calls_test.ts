import assert from "node:assert/strict";
import { RpcError, RpcTimeout } from "../../src/errors.ts";
import type { JsonObject } from "../../src/rpc/json.ts";
import type { RpcResponse } from "../../src/rpc/message.ts";
import { PendingCalls } from "../../src/rpc/pending_calls.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";

function response(correlationId: string, body: JsonObject): RpcResponse {
  return { kind: "response", correlationId, body, fromToken: "manager" };
}

/** Runs a test, and checks that it leaves no call and no timer behind. */
async function withCalls(
  test: (calls: PendingCalls, clock: ManualClock) => Promise<void>,
): Promise<void> {
  const clock = new ManualClock();
  const calls = new PendingCalls({ clock });
  await test(calls, clock);
  assert.equal(calls.size, 0);
  assert.equal(clock.sleepers, 0);
}

Deno.test("PendingCalls.settle() gives each call its own answer", () =>
  withCalls(async (calls, clock) => {
    const first = calls.add("1", "get_metrics");
    const second = calls.add("2", "source.register");
    assert.equal(calls.size, 2);
    assert.equal(clock.sleepers, 2);

    assert.equal(calls.settle(response("2", { config: {} })), true);
    assert.equal(calls.settle(response("1", {})), true);
    assert.deepEqual(await second, { config: {} });
    assert.deepEqual(await first, {});
  }));

Deno.test("PendingCalls.settle() returns false for an answer to no waiting call", () =>
  withCalls(async (calls) => {
    assert.equal(calls.settle(response("1", {})), false);
    const call = calls.add("1", "get_metrics");
    assert.equal(calls.settle(response("1", { first: true })), true);
    assert.equal(calls.settle(response("1", { first: false })), false);
    assert.deepEqual(await call, { first: true });
  }));

Deno.test("PendingCalls.settle() rejects with the text of an error answer, whatever its type", () =>
  withCalls(async (calls) => {
    let deep: JsonObject = {};
    for (let depth = 0; depth < 200_000; depth++) deep = { deep };
    const cases: [JsonObject, RegExp][] = [
      [{ error: "unknown token" }, /: unknown token$/],
      [{ error: "", metrics: [] }, /: no reason is given$/],
      [{ error: null }, /: no reason but "null"$/],
      [{ error: {} }, /: no reason but "\{\}"$/],
      [{ error: [1] }, /: no reason but "\[1\]"$/],
      [{ error: false }, /: no reason but "false"$/],
      [{ error: deep }, /: no reason but /],
    ];
    for (const [body, message] of cases) {
      const call = calls.add("1", "source.register");
      calls.settle(response("1", body));
      await assert.rejects(call, (error: unknown) => {
        assert.ok(error instanceof RpcError);
        assert.equal(error.function, "source.register");
        assert.match(error.message, message);
        return true;
      });
    }
  }));

Deno.test("PendingCalls.add() rejects with RpcTimeout at its deadline and not before", () =>
  withCalls(async (calls, clock) => {
    const call = calls.add("1", "get_metrics", { timeoutSeconds: 5 });
    await clock.advance(4.999);
    assert.equal(calls.size, 1);
    await clock.advance(0.001);
    await assert.rejects(call, (error: unknown) => {
      assert.ok(error instanceof RpcTimeout);
      assert.equal(error.timeoutSeconds, 5);
      return true;
    });
    assert.equal(calls.settle(response("1", {})), false);
  }));

Deno.test("PendingCalls.add() waits 60 s unless told otherwise", () =>
  withCalls(async (calls, clock) => {
    const call = calls.add("1", "get_metrics");
    assert.equal(clock.nextDeadlineMs, 60_000);
    calls.settle(response("1", {}));
    await call;
  }));

Deno.test("PendingCalls.add() rejects with the signal's reason when it is aborted", () =>
  withCalls(async (calls) => {
    const stop = new AbortController();
    const call = calls.add("1", "get_metrics", { signal: stop.signal });
    const reason = new Error("stopped");
    stop.abort(reason);
    await assert.rejects(call, reason);
    await assert.rejects(calls.add("2", "get_metrics", { signal: stop.signal }), reason);
  }));

Deno.test("PendingCalls.add() refuses a correlation id that is in use, and keeps the first call", () =>
  withCalls(async (calls) => {
    const first = calls.add("1", "get_metrics");
    await assert.rejects(calls.add("1", "config"), {
      name: "RangeError",
      message: 'Cannot call config: "1" is already waited for',
    });
    calls.settle(response("1", {}));
    assert.deepEqual(await first, {});
  }));

Deno.test("PendingCalls.add() refuses a timeout that is not positive", () =>
  withCalls(async (calls) => {
    for (const timeoutSeconds of [0, -1, NaN]) {
      await assert.rejects(calls.add("1", "config", { timeoutSeconds }), {
        name: "RangeError",
        message: `Cannot set timeout: ${timeoutSeconds} s is given, a positive number is required`,
      });
    }
  }));

Deno.test("PendingCalls.reject() ends the waiting of one call", () =>
  withCalls(async (calls) => {
    const failed = calls.add("1", "get_metrics");
    const other = calls.add("2", "get_metrics");
    const error = new Error("not sent");
    assert.equal(calls.reject("1", error), true);
    assert.equal(calls.reject("1", error), false);
    await assert.rejects(failed, error);
    calls.settle(response("2", {}));
    await other;
  }));

Deno.test("PendingCalls.reject() ends the waiting of a call that is not awaited yet", () =>
  withCalls(async (calls, clock) => {
    void calls.add("1", "get_metrics");
    assert.equal(calls.reject("1", new Error("connection lost")), true);
    // An unhandled rejection would be reported by now, and fail this test.
    await clock.advance(0);
  }));
