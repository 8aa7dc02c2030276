/**
 * Runs the handlers of incoming calls.
 *
 * @module
 */

import { errorText } from "../error_text.ts";
import { RpcError } from "../errors.ts";
import { logger } from "../log.ts";
import type { MonotonicClock } from "../time/clock.ts";
import { DEFAULT_RPC_TIMEOUT_SECONDS, requireTimeout, TimeLimit } from "../time/time_limit.ts";
import type { WatchedCalls } from "../time/watched_calls.ts";
import { isJsonObject, type JsonObject, kindOf } from "./json.ts";
import { requireFunctionName, type RpcContext, type RpcHandler } from "./rpc_handler.ts";
import { checkArguments, type StandardSchema } from "./schema.ts";

const log = logger("rpc");

/** How many calls of one function may be unfinished by default; more are refused. */
export const MAX_UNFINISHED_CALLS: number = 100;

/** Options of an {@linkcode RpcDispatcher}. */
export interface RpcDispatcherOptions {
  /** The clock that the timeout is measured with. */
  readonly clock: MonotonicClock;
  /**
   * How long a call may take, from its arrival to its answer.
   * @default {60}
   */
  readonly timeoutSeconds?: number;
  /**
   * How many calls of one function may be unfinished.
   * @default {100}
   */
  readonly maxUnfinishedCalls?: number;
  /** Watches the handlers of a function. */
  readonly watch?: ((functionName: string) => WatchedCalls) | undefined;
}

/** What is known about a call besides its function and arguments. */
export interface DispatchOptions {
  /** The token of the agent that calls. */
  readonly fromToken?: string | undefined;
  /** Gives the call up, as when its time is over. */
  readonly signal?: AbortSignal | undefined;
  /**
   * How long the call may take; `Infinity` where nobody waits for an answer.
   * @default {the dispatcher's}
   */
  readonly timeoutSeconds?: number | undefined;
}

interface RpcFunction {
  readonly handlers: RpcHandler[];
  readonly watch: WatchedCalls | undefined;
  /** Settles when the latest call has been answered. */
  lastAnswer: Promise<void>;
  unfinishedCalls: number;
}

/**
 * Runs the handlers of incoming calls, in the order in which they were added.
 *
 * Calls of the same function run one after another, so that two configurations that arrive
 * together cannot mix; different functions do not wait for each other.
 *
 * A call that takes too long is given up: its caller gets an error, its handler's signal is aborted,
 * its further handlers are not run, and the next call of the function gets its turn. The handler
 * itself cannot be stopped: one that ignores its signal goes on, beside the next call, and its
 * result is dropped. Waiting for it instead would leave a function that has hung once dead for ever.
 * Such handlers cannot pile up: they count as unfinished, and there is a limit to those.
 */
export class RpcDispatcher {
  readonly #clock: MonotonicClock;
  readonly #timeoutSeconds: number;
  readonly #maxUnfinishedCalls: number;
  readonly #watch: RpcDispatcherOptions["watch"];
  readonly #functions = new Map<string, RpcFunction>();

  /**
   * Begins without handlers.
   *
   * @throws {RangeError} If the timeout is not positive.
   */
  constructor(options: RpcDispatcherOptions) {
    const { clock, timeoutSeconds = DEFAULT_RPC_TIMEOUT_SECONDS } = options;
    requireTimeout(timeoutSeconds);
    this.#clock = clock;
    this.#timeoutSeconds = timeoutSeconds;
    this.#watch = options.watch;
    this.#maxUnfinishedCalls = options.maxUnfinishedCalls ?? MAX_UNFINISHED_CALLS;
  }

  /**
   * Adds a handler of a function, to run after those that it has.
   *
   * @throws {TypeError} If the name is empty, or the handler is not a function.
   */
  add<Arguments = JsonObject>(functionName: string, handler: RpcHandler<Arguments>): void {
    requireFunctionName(functionName, "add RPC handler");
    if (typeof handler !== "function") {
      throw new TypeError(
        `Cannot add RPC handler of ${functionName}: ${
          kindOf(handler)
        } is given, a function is required`,
      );
    }
    let rpc = this.#functions.get(functionName);
    if (rpc === undefined) {
      const watch = this.#watch?.(functionName);
      rpc = { handlers: [], watch, lastAnswer: Promise.resolve(), unfinishedCalls: 0 };
      this.#functions.set(functionName, rpc);
    }
    // What the arguments are is up to the caller: the handler's type is what it expects.
    rpc.handlers.push(handler as RpcHandler);
  }

  /** How many handlers each function has. */
  get handlers(): ReadonlyMap<string, number> {
    return new Map([...this.#functions].map(([name, { handlers }]) => [name, handlers.length]));
  }

  /** The schemas of a function's handlers, in the order in which they were added. */
  schemas(functionName: string): readonly StandardSchema[] {
    const handlers = this.#functions.get(functionName)?.handlers ?? [];
    return handlers.map(({ schema }) => schema).filter((schema) => schema !== undefined);
  }

  /** Whether a function has a handler. */
  has(functionName: string): boolean {
    return this.#functions.has(functionName);
  }

  /**
   * Runs all handlers of a function.
   *
   * @returns What a handler has returned; an empty object if none has returned anything.
   * @throws {RpcError} If the function has no handler, does not finish in time, or has too many
   * unfinished calls.
   * @throws {TypeError} If a handler returns anything but an object, or several return something.
   * @throws {Error} If a handler throws: what it has thrown; the handlers after it are not run.
   */
  async dispatch(
    functionName: string,
    args: JsonObject,
    { fromToken, signal, timeoutSeconds = this.#timeoutSeconds }: DispatchOptions = {},
  ): Promise<JsonObject> {
    const rpc = this.#functions.get(functionName);
    if (rpc === undefined) throw new RpcError(functionName, "it has no handler here");
    if (rpc.unfinishedCalls >= this.#maxUnfinishedCalls) {
      throw new RpcError(functionName, `${this.#maxUnfinishedCalls} earlier calls are unfinished`);
    }
    using limit = new TimeLimit({
      clock: this.#clock,
      timeoutSeconds,
      signal,
      onTimeout: () =>
        new RpcError(functionName, `its handler has not finished within ${timeoutSeconds} s`),
    });
    const context = Object.freeze({ function: functionName, fromToken, signal: limit.signal });
    const answer = limit.race(runInTurn(rpc, args, context, limit));
    // A call that is given up while it waits for its turn must not let the next one overtake.
    rpc.lastAnswer = Promise.allSettled([rpc.lastAnswer, answer]).then(() => {});
    return await answer;
  }
}

async function runInTurn(
  rpc: RpcFunction,
  args: JsonObject,
  context: RpcContext,
  limit: TimeLimit,
): Promise<JsonObject> {
  rpc.unfinishedCalls++;
  let begun: number | undefined;
  try {
    await rpc.lastAnswer;
    begun = rpc.watch?.begin();
    return await runHandlers(rpc.handlers, args, context, limit);
  } catch (error) {
    if (limit.signal.aborted && error !== limit.signal.reason) {
      log.warn("A handler of {function} that had been given up has failed: {error}", {
        function: context.function,
        error: errorText(error),
      });
    }
    throw error;
  } finally {
    rpc.unfinishedCalls--;
    if (begun !== undefined) rpc.watch?.end(begun);
  }
}

async function runHandlers(
  handlers: readonly RpcHandler[],
  args: JsonObject,
  context: RpcContext,
  limit: TimeLimit,
): Promise<JsonObject> {
  const calls: (() => unknown)[] = [];
  for (const handler of handlers) {
    // A copy for each, so that none sees what another has done to it.
    const own = { ...args };
    const { schema } = handler;
    const checked = schema ? await checkArguments(schema, context.function, own) : own;
    // As in `add`: its schema says that this is what the handler takes.
    calls.push(() => handler(checked as JsonObject, context));
  }
  let answer: JsonObject | undefined;
  for (const call of calls) {
    limit.throwIfOver();
    const result: unknown = await call();
    if (result === undefined) continue;
    if (!isJsonObject(result)) {
      throw new TypeError(
        `Cannot answer ${context.function}: a handler returned ${
          kindOf(result)
        }, an object or nothing is required`,
      );
    }
    if (answer !== undefined) {
      throw new TypeError(
        `Cannot answer ${context.function}: two handlers returned a value, at most one is allowed`,
      );
    }
    answer = result;
  }
  return answer ?? {};
}
