/**
 * Functions that other agents can call, and the decorator that makes them of methods.
 *
 * @module
 */

import type { JsonObject } from "./json.ts";

/** What a handler learns about a call besides its arguments. */
export interface RpcContext {
  /** The function that was called: one handler may serve several. */
  readonly function: string;
  /** The token of the agent that calls, if it has told. */
  readonly fromToken: string | undefined;
  /**
   * Aborted when the handler has taken too long or the agent stops: the caller has then been told
   * so, and what the handler returns is ignored.
   */
  readonly signal: AbortSignal;
}

/** What a handler may return: the result as a JSON object, or nothing. */
export type RpcResult = JsonObject | void;

/**
 * Answers the calls of a function. What it throws is answered as an error.
 *
 * `Arguments` is what the handler expects to be given. What it really is given depends on the
 * caller, so a handler of anything but trusted calls should check.
 */
export type RpcHandler<Arguments = JsonObject> = (
  args: Arguments,
  context: RpcContext,
) => RpcResult | Promise<RpcResult>;

/** What methods can be decorated for: every agent is one. */
export interface RpcHandlerRegistry {
  /**
   * Adds a handler of a function. All handlers of a function run, one after another, in the order
   * in which they were added; only one of them may return a value.
   */
  addRpcHandler<Arguments = JsonObject>(
    functionName: string,
    handler: RpcHandler<Arguments>,
  ): void;
}

/** A method that can be decorated. Its type says what it expects: `never` fits any of them. */
export type RpcMethod<This> = (
  this: This,
  args: never,
  context: RpcContext,
) => RpcResult | Promise<RpcResult>;

/** What {@linkcode rpcHandler} returns: a decorator of methods of an agent. */
export type RpcHandlerDecorator = <This extends RpcHandlerRegistry>(
  method: RpcMethod<This>,
  context: ClassMethodDecoratorContext<This>,
) => void;

/** A public method that is registered for a function. */
interface Registration {
  readonly functionName: string;
  readonly method: string | symbol;
}

const registrations = new WeakMap<object, readonly Registration[]>();

/**
 * Makes a method answer calls of one or several functions. It is given the call's arguments as one
 * object, and an {@linkcode RpcContext}; it may be `async`. It may be private as well (`#onConfig`),
 * although TypeScript's option `noUnusedLocals` then takes it for unused.
 *
 * Several methods may answer the same function, also in one class: all are called, those of base
 * classes first. A method that overrides another one takes its place, whether it is decorated
 * again or not, as in any other call of a method; `super.onConfig(…)` calls the one it overrides.
 *
 * In a class that itself owns the registry's state in a field, use `addRpcHandler` in the
 * constructor instead: methods are registered before the fields of their class exist.
 *
 * @param functions The names of the functions, such as `"config"`.
 * @throws {TypeError} If no name or an empty one is given, or if anything but a method of an agent
 * is decorated.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { rpcHandler, Source } from "@metricq/source";
 *
 * class Meter extends Source {
 *   range = 10;
 *
 *   @rpcHandler("config")
 *   onConfig({ range }: { range: number }): void {
 *     this.range = range;
 *   }
 *
 *   @rpcHandler("meter.range")
 *   getRange(): { range: number } {
 *     return { range: this.range };
 *   }
 *
 *   async task(): Promise<void> {}
 * }
 *
 * const meter = new Meter({ token: "source-meter", url: "amqp://localhost" });
 * assert.equal(meter.range, 10);
 * ```
 */
export function rpcHandler(...functions: string[]): RpcHandlerDecorator {
  if (functions.length === 0) {
    throw new TypeError("Cannot use rpcHandler: no function is given, a name is required");
  }
  for (const name of functions) requireFunctionName(name, "use rpcHandler");

  return (method, context) => {
    if (context.kind !== "method" || context.static) {
      throw new TypeError(
        `Cannot use rpcHandler on "${String(context.name)}": a method of instances is required`,
      );
    }
    context.addInitializer(function () {
      register(this, functions, method, context);
    });
  };
}

/** Refuses what is no name of a function. */
export function requireFunctionName(name: unknown, purpose: string): void {
  if (typeof name === "string" && name !== "") return;
  const given = name === "" ? "an empty string" : `a value of type ${typeof name}`;
  throw new TypeError(`Cannot ${purpose}: ${given} is given, the name of a function is required`);
}

function register<This extends RpcHandlerRegistry>(
  agent: This,
  functions: readonly string[],
  method: RpcMethod<This>,
  context: ClassMethodDecoratorContext<This>,
): void {
  if (typeof agent.addRpcHandler !== "function") {
    throw new TypeError(
      `Cannot use rpcHandler on "${String(context.name)}": its class has no method addRpcHandler`,
    );
  }
  // Looked up for each call, to find the method that overrides this one. `context.access.get` is
  // made for that, but as Deno compiles it, it returns the decorated method itself.
  const current = (): RpcMethod<This> =>
    context.private ? method : Reflect.get<object, string | symbol>(agent, context.name);
  for (const functionName of functions) {
    if (!context.private && !isFirst(agent, functionName, context.name)) continue;
    agent.addRpcHandler<never>(
      functionName,
      (args, rpc) => Reflect.apply(current(), agent, [args, rpc]),
    );
  }
}

/** Whether no base class has registered a method of the same name, which this one overrides. */
function isFirst(agent: object, functionName: string, method: string | symbol): boolean {
  const earlier = registrations.get(agent) ?? [];
  if (earlier.some((one) => one.functionName === functionName && one.method === method)) {
    return false;
  }
  registrations.set(agent, [...earlier, { functionName, method }]);
  return true;
}
