import assert from "node:assert/strict";
import { RpcDispatcher } from "../../src/rpc/dispatcher.ts";
import type { JsonObject } from "../../src/rpc/json.ts";
import {
  type RpcContext,
  type RpcHandler,
  rpcHandler,
  type RpcHandlerRegistry,
} from "../../src/rpc/rpc_handler.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";

class TestAgent implements RpcHandlerRegistry {
  readonly log: string[] = [];
  readonly #dispatcher = new RpcDispatcher({ clock: new ManualClock() });

  addRpcHandler<Arguments = JsonObject>(name: string, handler: RpcHandler<Arguments>): void {
    this.#dispatcher.add(name, handler);
  }

  call(name: string, args: JsonObject = {}): Promise<JsonObject> {
    return this.#dispatcher.dispatch(name, args, { fromToken: "manager" });
  }
}

Deno.test("rpcHandler() binds methods of every kind to their instance", async () => {
  interface Limits {
    readonly low: number;
  }
  class Meter extends TestAgent {
    rate = 0;

    @rpcHandler("config")
    async onConfig({ rate }: { rate: number }): Promise<void> {
      await null;
      this.rate = rate;
    }

    @rpcHandler("sync")
    onSync(args: JsonObject, context: RpcContext): JsonObject {
      return { ...args, from: context.fromToken ?? "nobody", rate: this.rate };
    }

    @rpcHandler("interface")
    onLimits({ low }: Limits): { low: number } {
      return { low };
    }

    @rpcHandler("private")
    async #onPrivate(): Promise<{ rate: number } | undefined> {
      await null;
      return { rate: this.rate };
    }

    readonly used = this.#onPrivate; // noUnusedLocals does not see that the decorator uses it
  }
  const meter = new Meter();
  const other = new Meter();
  assert.deepEqual(await meter.call("config", { rate: 5 }), {});
  assert.deepEqual(await meter.call("sync", { a: 1 }), { a: 1, from: "manager", rate: 5 });
  assert.deepEqual(await meter.call("interface", { low: 2 }), { low: 2 });
  assert.deepEqual(await meter.call("private"), { rate: 5 });
  assert.deepEqual(await other.call("private"), { rate: 0 });
});

Deno.test("rpcHandler() registers a method for each of several functions", async () => {
  class Meter extends TestAgent {
    @rpcHandler("start", "stop")
    onEither(_args: JsonObject, { function: name }: RpcContext): { name: string } {
      return { name };
    }
  }
  const meter = new Meter();
  assert.deepEqual(await meter.call("start"), { name: "start" });
  assert.deepEqual(await meter.call("stop"), { name: "stop" });
});

Deno.test("rpcHandler() runs methods of base classes first, then in the order of the class", async () => {
  class Base extends TestAgent {
    @rpcHandler("config")
    onBase(): void {
      this.log.push("base");
    }
    @rpcHandler("config")
    #onConfig(): void {
      this.log.push("private of base");
    }
    readonly usedByBase = this.#onConfig;
  }
  class Derived extends Base {
    @rpcHandler("config")
    onDerived(): void {
      this.log.push("derived");
    }
    @rpcHandler("config")
    #onConfig(): void {
      this.log.push("private of derived");
    }
    readonly usedByDerived = this.#onConfig;
  }
  const agent = new Derived();
  await agent.call("config");
  assert.deepEqual(agent.log, ["base", "private of base", "derived", "private of derived"]);
});

Deno.test("rpcHandler() calls an overriding method once, in the place of the one it overrides", async () => {
  class Base extends TestAgent {
    @rpcHandler("config")
    onConfig(): void {
      this.log.push("base");
    }
    @rpcHandler("config")
    onOther(): void {
      this.log.push("other");
    }
  }
  class Plain extends Base {
    override onConfig(): void {
      this.log.push("plain");
    }
  }
  class Decorated extends Base {
    @rpcHandler("config", "reload")
    override onConfig(): void {
      super.onConfig();
      this.log.push("decorated");
    }
  }
  const plain = new Plain();
  await plain.call("config");
  assert.deepEqual(plain.log, ["plain", "other"]);

  const decorated = new Decorated();
  await decorated.call("config");
  assert.deepEqual(decorated.log, ["base", "decorated", "other"]);
  await decorated.call("reload");
  assert.deepEqual(decorated.log.slice(3), ["base", "decorated"]);
});

Deno.test("RpcHandlerRegistry.addRpcHandler() takes handlers of every type without a cast", async () => {
  const agent = new TestAgent();
  agent.addRpcHandler("config", ({ rate }: { rate: number }) => void agent.log.push(String(rate)));
  agent.addRpcHandler("untyped", (args) => ({ given: args["given"] ?? null }));
  await agent.call("config", { rate: 3 });
  assert.deepEqual(agent.log, ["3"]);
  assert.deepEqual(await agent.call("untyped", { given: "x" }), { given: "x" });
});

Deno.test("rpcHandler() refuses, at compile time, what no agent can call", () => {
  // Never run: what is tested is that each line marked is a type error.
  (() => {
    class NoAgent {
      // @ts-expect-error: the class has no addRpcHandler.
      @rpcHandler("config")
      onConfig(): void {}
    }
    class Agent extends TestAgent {
      // @ts-expect-error: a number is not a result.
      @rpcHandler("config")
      returnsNumber(): number {
        return 1;
      }
      // @ts-expect-error: neither is the promise of one.
      @rpcHandler("config")
      async returnsPromise(): Promise<number> {
        return await Promise.resolve(1);
      }
      // @ts-expect-error: a handler gets no third argument.
      @rpcHandler("config")
      takesThree(_args: JsonObject, _context: RpcContext, _more: number): void {}

      // @ts-expect-error: a field is not a method.
      @rpcHandler("config")
      field = () => {};
    }
    return [NoAgent, Agent];
  });
});

Deno.test("rpcHandler() refuses, at run time, what no agent can call", () => {
  // As JavaScript sees it: without types.
  const untyped = rpcHandler as (...names: unknown[]) => (...decorated: unknown[]) => void;

  assert.throws(() => untyped(), {
    name: "TypeError",
    message: "Cannot use rpcHandler: no function is given, a name is required",
  });
  for (const name of ["", 5, undefined]) {
    const given = name === "" ? "an empty string" : `a value of type ${typeof name}`;
    assert.throws(() => untyped("config", name), {
      name: "TypeError",
      message: `Cannot use rpcHandler: ${given} is given, the name of a function is required`,
    });
  }
  assert.throws(
    () =>
      class extends TestAgent {
        @untyped("config")
        static onConfig(): void {}
      },
    {
      name: "TypeError",
      message: 'Cannot use rpcHandler on "onConfig": a method of instances is required',
    },
  );
  class NoAgent {
    @untyped("config")
    onConfig(): void {}
  }
  assert.throws(() => new NoAgent(), {
    name: "TypeError",
    message: 'Cannot use rpcHandler on "onConfig": its class has no method addRpcHandler',
  });
});
