/**
 * Functions that other agents can call, and the decorator that makes them of methods.
 *
 * @module
 */

import { quote } from "../quote.ts";
import type { Jsonable, JsonObject } from "./json.ts";
import { isStandardSchema, type StandardSchema } from "./schema.ts";

/** What a handler is told about a call besides its arguments. */
export interface RpcContext {
  /** The function that was called: one handler may serve several. */
  readonly function: string;
  /** The token of the agent that calls, if the message has one. */
  readonly fromToken: string | undefined;
  /**
   * Aborted when the handler has taken too long or the agent stops: the caller has then been told
   * so, and what the handler returns is ignored.
   */
  readonly signal: AbortSignal;
}

/** What a handler may return: the result as an object that JSON can carry, or nothing. */
export type RpcResult = object | void;

/**
 * What a handler returns, or `never` where JSON cannot carry it or it is not an object: see
 * {@linkcode Jsonable}.
 */
export type JsonResult<Result> = Result extends void | undefined ? Result
  : Result extends PromiseLike<infer Value> ? PromiseLike<JsonResult<Value>>
  : Result extends readonly unknown[] ? never
  : Result extends object ? Jsonable<Result>
  : unknown extends Result ? Result
  : never;

/**
 * Answers the calls of a function. What it throws is answered as an error.
 *
 * `Arguments` is what the handler expects to be given. What it really is given depends on the
 * caller, so a handler should check it unless it trusts its callers.
 */
export interface RpcHandler<Arguments = JsonObject, Result = RpcResult | Promise<RpcResult>> {
  /** Answers one call; a handler that is asynchronous keeps the next call of the function waiting. */
  (args: Arguments, context: RpcContext): Result;
  /**
   * What the arguments have to be; {@linkcode withSchema} sets it. All schemas of a function are
   * asked before the first of its handlers runs, so that none acts on what another refuses.
   */
  readonly schema?: StandardSchema;
}

/** What methods can be decorated for, such as an agent. */
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
export type RpcMethod<This, Arguments = never, Result = RpcResult | Promise<RpcResult>> = (
  this: This,
  args: Arguments,
  context: RpcContext,
) => Result;

/** What a call gives a handler: one JSON object, and not an array, a `Map`, a `Set` or a `Date`. */
export interface RpcArguments {
  /** Arrays have it, and other collections. */
  readonly [Symbol.iterator]?: never;
  /** A `Date` has it. */
  readonly toJSON?: never;
}

/**
 * What {@linkcode rpcHandler} returns: a decorator of methods that take one object, and may return
 * one.
 */
export type RpcHandlerDecorator = <
  This extends RpcHandlerRegistry,
  Arguments extends (object & RpcArguments) | undefined,
  Result,
>(
  method: RpcMethod<This, Arguments, Result & JsonResult<Result>>,
  context: ClassMethodDecoratorContext<This>,
) => void;

/** As {@linkcode RpcHandlerDecorator}, of methods that take what a schema makes of the arguments. */
export type CheckedRpcHandlerDecorator<Arguments> = <This extends RpcHandlerRegistry, Result>(
  method: RpcMethod<This, Arguments, Result & JsonResult<Result>>,
  context: ClassMethodDecoratorContext<This>,
) => void;

/** A public method that is registered for a function. */
interface RegisteredMethod {
  readonly functionName: string;
  readonly method: string | symbol;
}

const registered = new WeakMap<object, readonly RegisteredMethod[]>();

/**
 * Makes a method answer calls of one or several functions. It is given the call's arguments as one
 * object, and an {@linkcode RpcContext}; it may be `async`. A private one without arguments
 * (`#reset()`) will do as well, although TypeScript's option `noUnusedLocals` then takes it for unused;
 * Deno 2.9 does not compile private ones that take some ("Getter must not have any formal parameters").
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
export function rpcHandler(...functions: string[]): RpcHandlerDecorator;
/**
 * As above, for calls whose arguments are checked first, with a schema of a library that follows
 * [Standard Schema](https://standardschema.dev). The method gets what the schema has made of them,
 * with its defaults and conversions; that the method takes this is checked by the compiler.
 *
 * A call with arguments that the schema refuses is answered with an error that names each field,
 * its value and what is required. No handler of the function runs then: the configuration that was
 * in force before stays. Values of fields whose names sound like secrets are not shown.
 *
 * A schema of `config` that can tell its JSON Schema is told to those who write the configuration, if
 * they ask: `examples/configuration_schema.md` says how and by which libraries.
 *
 * @param functionsAndSchema The names of the functions, and the schema behind them.
 *
 * @example
 * ```ts
 * import { rpcHandler, Source } from "@metricq/source";
 * import * as v from "npm:valibot@1.5.0";
 *
 * const Config = v.object({
 *   range: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(1000)), 10),
 * });
 *
 * class Meter extends Source {
 *   range = 10;
 *
 *   @rpcHandler("config", Config)
 *   onConfig({ range }: v.InferOutput<typeof Config>) {
 *     this.range = range; // {"range": "far"} never comes here
 *   }
 *
 *   async task() {}
 * }
 *
 * const meter = new Meter({ token: "source-meter", url: "amqp://localhost" });
 * ```
 */
export function rpcHandler<Output>(
  ...functionsAndSchema: [...functions: string[], schema: StandardSchema<Output>]
): CheckedRpcHandlerDecorator<Output>;
export function rpcHandler(
  ...given: (string | StandardSchema)[]
): RpcHandlerDecorator & CheckedRpcHandlerDecorator<never> {
  const last = given.at(-1);
  const schema = isStandardSchema(last) ? last : undefined;
  if (given.length > 1 && !schema && typeof last === "object") {
    throw new TypeError(
      `Cannot ${PURPOSE}: ${quote(last)} is given last, a name or a Standard Schema is required`,
    );
  }
  const functions = given.slice(0, schema && -1).map((name) => requireFunctionName(name, PURPOSE));
  if (functions.length === 0) {
    throw new TypeError("Cannot use rpcHandler: no function is given, a name is required");
  }
  return <This extends RpcHandlerRegistry>(
    method: RpcMethod<This, never, unknown>,
    context: ClassMethodDecoratorContext<This>,
  ) => {
    requireStandardDecorators(context);
    if (context.kind !== "method" || context.static) {
      throw new TypeError(
        `Cannot use rpcHandler on "${String(context.name)}": a method of instances is required`,
      );
    }
    context.addInitializer(function () {
      register(this, functions, method, context, schema);
    });
  };
}

const PURPOSE = "use rpcHandler";

/** TypeScript's older decorators are called with the name of the method in the context's place. */
function requireStandardDecorators(context: unknown): void {
  if (typeof context === "object" && context !== null) return;
  throw new TypeError(
    `Cannot use rpcHandler on "${
      String(context)
    }": the compiler option experimentalDecorators is ` +
      "set, standard decorators are required: remove that option",
  );
}

/**
 * A handler whose arguments are checked first, for `addRpcHandler`; what {@linkcode rpcHandler} with
 * a schema is for methods.
 *
 * @example
 * ```ts
 * import { IntervalSource, withSchema } from "@metricq/source";
 * import * as v from "npm:valibot@1.5.0";
 *
 * class Meter extends IntervalSource {
 *   update() {}
 * }
 *
 * const meter = new Meter({ token: "source-meter", url: "amqp://localhost" });
 * const Config = v.object({ period: v.pipe(v.number(), v.gtValue(0)) });
 * meter.addRpcHandler("config", withSchema(Config, ({ period }) => {
 *   meter.period = period;
 * }));
 * ```
 */
export function withSchema<Output>(
  schema: StandardSchema<Output>,
  handler: RpcHandler<NoInfer<Output>>,
): RpcHandler<Output> {
  if (!isStandardSchema(schema)) {
    throw new TypeError(
      `Cannot use withSchema: ${quote(schema)} is given, a Standard Schema is required`,
    );
  }
  return Object.assign(
    (args: Output, context: RpcContext) => handler(args, context),
    { schema },
  );
}

/** Refuses what is not the name of a function. */
export function requireFunctionName(name: unknown, purpose: string): string {
  if (typeof name === "string" && name !== "") return name;
  const given = name === "" ? "an empty string" : `a value of type ${typeof name}`;
  throw new TypeError(`Cannot ${purpose}: ${given} is given, the name of a function is required`);
}

function register<This extends RpcHandlerRegistry>(
  agent: This,
  functions: readonly string[],
  method: RpcMethod<This, never, unknown>,
  context: ClassMethodDecoratorContext<This>,
  schema: StandardSchema | undefined,
): void {
  if (typeof agent.addRpcHandler !== "function") {
    throw new TypeError(
      `Cannot use rpcHandler on "${String(context.name)}": its class has no method addRpcHandler`,
    );
  }
  // Looked up for each call, to find the method that overrides this one. `context.access.get` is
  // made for that, but as Deno compiles it, it returns the decorated method itself.
  const current = (): RpcMethod<This, never, unknown> =>
    context.private ? method : Reflect.get<object, string | symbol>(agent, context.name);
  for (const functionName of functions) {
    if (!context.private && !isFirst(agent, functionName, context.name)) continue;
    const handler = (args: unknown, rpc: RpcContext) =>
      Reflect.apply(current(), agent, [args, rpc]);
    agent.addRpcHandler<unknown>(functionName, schema ? withSchema(schema, handler) : handler);
  }
}

/** Whether no base class has registered a method of the same name, which this one overrides. */
function isFirst(agent: object, functionName: string, method: string | symbol): boolean {
  const earlier = registered.get(agent) ?? [];
  if (earlier.some((one) => one.functionName === functionName && one.method === method)) {
    return false;
  }
  registered.set(agent, [...earlier, { functionName, method }]);
  return true;
}
