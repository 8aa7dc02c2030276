import assert from "node:assert/strict";
import { RpcError } from "../../src/errors.ts";
import { MAX_UNFINISHED_CALLS, RpcDispatcher } from "../../src/rpc/dispatcher.ts";
import type { RpcContext, RpcHandler } from "../../src/rpc/rpc_handler.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";

const never = (): Promise<void> => new Promise(() => {});

function setUp(): { clock: ManualClock; dispatcher: RpcDispatcher } {
  const clock = new ManualClock();
  return { clock, dispatcher: new RpcDispatcher({ clock }) };
}

/** Calls a value from JavaScript's world, where types do not help. */
function untyped(handler: unknown): RpcHandler {
  return handler as RpcHandler;
}

Deno.test("RpcDispatcher.dispatch() gives the handler the arguments and the context", async () => {
  const { dispatcher, clock } = setUp();
  const seen: unknown[] = [];
  dispatcher.add("config", (args, { function: name, fromToken, signal }: RpcContext) => {
    seen.push(args, name, fromToken, signal.aborted);
  });
  assert.equal(dispatcher.has("config"), true);
  assert.equal(dispatcher.has("toString"), false);
  await dispatcher.dispatch("config", { rate: 1 }, { fromToken: "manager" });
  assert.deepEqual(seen, [{ rate: 1 }, "config", "manager", false]);
  assert.equal(clock.sleepers, 0);
});

Deno.test("RpcDispatcher.dispatch() returns what a handler returns, or an empty object", async () => {
  const { dispatcher } = setUp();
  dispatcher.add("now", () => ({ alive: true }));
  dispatcher.add("later", () => Promise.resolve({ alive: true }));
  dispatcher.add("nothing", () => {});
  dispatcher.add("last", () => {});
  dispatcher.add("last", () => ({ alive: true }));
  dispatcher.add("first", () => ({ alive: true }));
  dispatcher.add("first", async () => {});
  assert.deepEqual(await dispatcher.dispatch("nothing", {}), {});
  for (const name of ["now", "later", "last", "first"]) {
    assert.deepEqual(await dispatcher.dispatch(name, {}), { alive: true }, name);
  }
});

Deno.test("RpcDispatcher.dispatch() runs handlers in the order in which they were added", async () => {
  const { dispatcher } = setUp();
  const order: string[] = [];
  dispatcher.add("config", async () => {
    await null;
    order.push("first");
  });
  dispatcher.add("config", () => void order.push("second"));
  await dispatcher.dispatch("config", {});
  assert.deepEqual(order, ["first", "second"]);
});

Deno.test("RpcDispatcher.dispatch() shields handlers from what others do to the arguments", async () => {
  const { dispatcher } = setUp();
  const rates: unknown[] = [];
  for (let i = 0; i < 2; i++) {
    dispatcher.add("config", (args) => {
      rates.push(args["rate"]);
      delete args["rate"];
    });
  }
  const args = { rate: 1 };
  await dispatcher.dispatch("config", args);
  assert.deepEqual(rates, [1, 1]);
  assert.deepEqual(args, { rate: 1 });
});

Deno.test("RpcDispatcher.dispatch() refuses a function without a handler", async () => {
  const { dispatcher } = setUp();
  for (const name of ["config", "__proto__", "toString"]) {
    await assert.rejects(dispatcher.dispatch(name, {}), {
      name: "RpcError",
      message: `Cannot call ${name}: it has no handler here`,
    });
  }
});

Deno.test("RpcDispatcher.dispatch() refuses results that are not objects, and more than one", async () => {
  const { dispatcher } = setUp();
  const results: [unknown, string][] = [
    [null, "null"],
    [5, "a number"],
    ["text", "a string"],
    [[1], "an array"],
    [() => {}, "a function"],
  ];
  for (const [result, given] of results) {
    dispatcher.add(given, untyped(() => result));
    await assert.rejects(dispatcher.dispatch(given, {}), {
      name: "TypeError",
      message:
        `Cannot answer ${given}: a handler returned ${given}, an object or nothing is required`,
    });
  }
  dispatcher.add("two", () => ({}));
  dispatcher.add("two", () => ({}));
  await assert.rejects(dispatcher.dispatch("two", {}), {
    name: "TypeError",
    message: "Cannot answer two: two handlers returned a value, at most one is allowed",
  });
});

Deno.test("RpcDispatcher.dispatch() rejects with what a handler throws, and runs no further one", async () => {
  const { dispatcher, clock } = setUp();
  for (const thrown of [new Error("no"), "text", undefined]) {
    for (const isAsync of [false, true]) {
      const name = `${String(thrown)} ${isAsync}`;
      let ranOn = false;
      // Promise.reject and not `throw`, which must be given an error.
      dispatcher.add(name, () => Promise.reject(thrown));
      dispatcher.add(name, () => {
        ranOn = true;
      });
      const [outcome] = await Promise.allSettled([dispatcher.dispatch(name, {})]);
      assert.deepEqual(outcome, { status: "rejected", reason: thrown });
      assert.equal(ranOn, false);
    }
  }
  dispatcher.add("sync", () => {
    throw new Error("no");
  });
  await assert.rejects(dispatcher.dispatch("sync", {}), { message: "no" });
  await assert.rejects(dispatcher.dispatch("sync", {}), { message: "no" });
  assert.equal(clock.sleepers, 0);
});

Deno.test("RpcDispatcher.dispatch() runs calls of one function one after another", async () => {
  const { dispatcher } = setUp();
  const log: string[] = [];
  dispatcher.add("config", async ({ n }: { n: number }) => {
    log.push(`${n} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    log.push(`${n} ends`);
    if (n === 1) throw new Error("failed");
  });
  const calls = [1, 2, 3].map((n) => dispatcher.dispatch("config", { n }));
  await Promise.allSettled(calls);
  assert.deepEqual(log, ["1 begins", "1 ends", "2 begins", "2 ends", "3 begins", "3 ends"]);
});

Deno.test("RpcDispatcher.dispatch() lets no function wait for another", async () => {
  const { dispatcher, clock } = setUp();
  dispatcher.add("stuck", never);
  dispatcher.add("discover", () => ({ alive: true }));
  const stuck = assert.rejects(dispatcher.dispatch("stuck", {}), RpcError);
  assert.deepEqual(await dispatcher.dispatch("discover", {}), { alive: true });
  await clock.advance(60);
  await stuck;
});

Deno.test("RpcDispatcher.dispatch() gives up after its timeout, aborting the handler's signal", async () => {
  const { dispatcher, clock } = setUp();
  let signal: AbortSignal | undefined;
  let ranOn = false;
  const hang = Promise.withResolvers<void>();
  dispatcher.add("config", (_args, context) => {
    signal = context.signal;
    return hang.promise;
  });
  dispatcher.add("config", () => {
    ranOn = true;
  });
  const failure = assert.rejects(dispatcher.dispatch("config", {}), {
    name: "RpcError",
    message: "Cannot call config: its handler has not finished within 60 s",
  });
  await clock.advance(59.999);
  assert.equal(signal?.aborted, false);
  await clock.advance(0.001);
  await failure;
  assert.equal(signal?.aborted, true);

  hang.resolve();
  await clock.advance(0);
  assert.equal(ranOn, false);
  assert.equal(clock.sleepers, 0);
});

Deno.test("RpcDispatcher.dispatch() gives the next call its turn when one is given up", async () => {
  const { dispatcher, clock } = setUp();
  const started: number[] = [];
  dispatcher.add("config", ({ n }: { n: number }) => {
    started.push(n);
    return n === 1 ? never() : undefined;
  });
  const first = assert.rejects(dispatcher.dispatch("config", { n: 1 }), RpcError);
  await clock.advance(30);
  const second = dispatcher.dispatch("config", { n: 2 });
  await clock.advance(29.999);
  assert.deepEqual(started, [1]);
  await clock.advance(0.001);
  await first;
  assert.deepEqual(await second, {});
});

Deno.test("RpcDispatcher.dispatch() does not start a call whose time is over", async () => {
  const { dispatcher, clock } = setUp();
  let started = 0;
  dispatcher.add("config", () => {
    started++;
    return never();
  });
  const calls = [1, 2, 3].map(() => assert.rejects(dispatcher.dispatch("config", {}), RpcError));
  await clock.advance(60);
  await Promise.all(calls);
  assert.equal(started, 1);
});

Deno.test("RpcDispatcher.dispatch() keeps the order when a waiting call is given up", async () => {
  const { dispatcher } = setUp();
  const stop = new AbortController();
  const hang = Promise.withResolvers<void>();
  const started: number[] = [];
  dispatcher.add("config", ({ n }: { n: number }) => {
    started.push(n);
    return n === 1 ? hang.promise : undefined;
  });
  const first = dispatcher.dispatch("config", { n: 1 });
  const second = dispatcher.dispatch("config", { n: 2 }, { signal: stop.signal });
  const third = dispatcher.dispatch("config", { n: 3 });
  const reason = new Error("stopped");
  stop.abort(reason);
  await assert.rejects(second, reason);
  assert.deepEqual(started, [1]);
  hang.resolve();
  await Promise.all([first, third]);
  assert.deepEqual(started, [1, 3]);
});

Deno.test("RpcDispatcher.dispatch() survives a handler that fails after it was given up", async () => {
  const { dispatcher, clock } = setUp();
  const hang = Promise.withResolvers<void>();
  dispatcher.add("config", () => hang.promise);
  const failure = assert.rejects(dispatcher.dispatch("config", {}), RpcError);
  await clock.advance(60);
  await failure;
  hang.reject(new Error("too late"));
  // An unhandled rejection would be reported by now, and fail this test.
  await clock.advance(0);
});

Deno.test("RpcDispatcher.dispatch() refuses calls beyond the limit of unfinished ones", async () => {
  const { dispatcher, clock } = setUp();
  const hang = Promise.withResolvers<void>();
  dispatcher.add("config", () => hang.promise);
  const calls = Array.from(
    { length: MAX_UNFINISHED_CALLS },
    () => assert.rejects(dispatcher.dispatch("config", {}), RpcError),
  );
  await assert.rejects(dispatcher.dispatch("config", {}), {
    name: "RpcError",
    message: "Cannot call config: 100 earlier calls are unfinished",
  });

  await clock.advance(60);
  await Promise.all(calls);
  hang.resolve();
  assert.deepEqual(await dispatcher.dispatch("config", {}), {});
});

Deno.test("RpcDispatcher.add() refuses an empty name, and what is not a function", () => {
  const { dispatcher } = setUp();
  assert.throws(() => dispatcher.add("", () => {}), {
    name: "TypeError",
    message: "Cannot add RPC handler: an empty string is given, the name of a function is required",
  });
  assert.throws(() => dispatcher.add("config", untyped({})), {
    name: "TypeError",
    message: "Cannot add RPC handler of config: an object is given, a function is required",
  });
});

Deno.test("RpcDispatcher.constructor() refuses a timeout that is not positive", () => {
  assert.throws(() => new RpcDispatcher({ clock: new ManualClock(), timeoutSeconds: 0 }), {
    name: "RangeError",
    message: "Cannot set timeout: 0 s is given, a positive number is required",
  });
});
