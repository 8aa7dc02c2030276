/**
 * One agent's end of the remote procedure calls, in both directions. It is handed what arrives and
 * hands on what is to be sent; it does not know how that travels.
 *
 * @module
 */

import { errorText } from "../error_text.ts";
import { AmqpError, MessageError, RpcError, RpcTimeout } from "../errors.ts";
import { logger } from "../log.ts";
import type { Randomness } from "../randomness.ts";
import type { MonotonicClock } from "../time/clock.ts";
import { TimeLimit } from "../time/time_limit.ts";
import type { WatchedCalls } from "../time/watched_calls.ts";
import { CONFIG_FUNCTION, ownConfiguration } from "./config_function.ts";
import { RpcDispatcher } from "./dispatcher.ts";
import { DEFAULT_EXCHANGE } from "./exchanges.ts";
import type { JsonObject } from "./json.ts";
import {
  encodeErrorResponse,
  encodeRequest,
  encodeResponse,
  readMessage,
  type RpcMessage,
  type RpcRequest,
  type RpcResponse,
} from "./message.ts";
import { PendingCalls } from "./pending_calls.ts";
import { AGENT_REQUEST_LIMITS, excessOf, type RequestLimits } from "./request_size.ts";
import type { RpcHandler } from "./rpc_handler.ts";
import type { RpcTracer, TracedCall } from "./rpc_tracer.ts";
import type { StandardSchema } from "./schema.ts";

const log = logger("rpc");

const ROUTING_KEY_MAX_BYTES = 255;

/** The AMQP properties of requests and responses. */
export interface RpcProperties {
  readonly contentType: "application/json";
  readonly appId: string;
  readonly correlationId?: string;
  readonly replyTo?: string;
}

/** A message that an {@linkcode RpcEndpoint} wants to have sent. */
export interface OutgoingRpc {
  readonly exchange: string;
  readonly routingKey: string;
  readonly body: Uint8Array;
  readonly properties: RpcProperties;
}

/** A call of one of this agent's functions. */
export interface HandledCall {
  readonly function: string;
  /** What its handlers are given. */
  readonly arguments: JsonObject;
  /** The token of the agent that calls; `undefined` for a call that the agent makes itself. */
  readonly fromToken?: string | undefined;
}

/** Runs the handlers of a call, and returns or throws what they do. */
export type AroundHandlers = <Result>(
  call: HandledCall,
  run: () => Promise<Result>,
) => Promise<Result>;

/** What an {@linkcode RpcEndpoint} is made with. */
export interface RpcEndpointOptions {
  /** The agent's token. */
  readonly token: string;
  /**
   * What its queue for calls is named after.
   * @default {the token}
   */
  readonly queueName?: string | undefined;
  readonly clock: MonotonicClock;
  /** The ids of calls. */
  readonly randomness: Randomness;
  /** How long answers are waited for, and how long a call of this agent may take. */
  readonly timeoutSeconds: number;
  /** Sends a message, when there is a connection; gives up when `signal` is aborted. */
  readonly send: (message: OutgoingRpc, signal?: AbortSignal) => Promise<void>;
  /**
   * Runs the handlers of each call.
   * @default {runs them, and nothing else}
   */
  readonly around?: AroundHandlers | undefined;
  /** Watches the handlers of a function. */
  readonly watch?: (functionName: string) => WatchedCalls;
  /** Learns of each call that has been answered; must not throw. */
  readonly onAnswered?: (request: RpcRequest, error: string | undefined) => void;
  /**
   * How many calls of one function may be unfinished.
   * @default {100}
   */
  readonly maxUnfinishedCalls?: number;
  /**
   * Whether an error answers a call in the ordinary course, and is nothing for the log.
   * @default {none does}
   */
  readonly isExpected?: (error: unknown) => boolean;
  /**
   * How large calls of this agent may be.
   * @default {those of any agent}
   */
  readonly requestLimits?: RequestLimits;
}

/** How a call is made. */
export interface RpcCallOptions {
  /** Where the request goes. */
  readonly exchange: string;
  /** @default {the function's name} */
  readonly routingKey?: string;
  readonly timeoutSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Options of a call to all agents that listen to an exchange. */
export interface RpcBroadcastOptions extends RpcCallOptions {
  /** Takes the answers, one by one; must not throw. */
  readonly onAnswer: (answer: RpcResponse) => void;
}

/** Makes calls, and answers those of others. */
export class RpcEndpoint {
  /** Follows all calls but broadcasts, if it is set. */
  tracer: RpcTracer | undefined;
  readonly #options: RpcEndpointOptions;
  readonly #dispatcher: RpcDispatcher;
  readonly #pending: PendingCalls;
  readonly #closing = new AbortController();

  /** Prepares an endpoint without handlers. */
  constructor(options: RpcEndpointOptions) {
    this.#options = options;
    this.#dispatcher = new RpcDispatcher(options);
    this.#pending = new PendingCalls(options);
  }

  /** The queue that calls and answers arrive in. */
  get queue(): string {
    const { token, queueName = token } = this.#options;
    return `${queueName}-rpc`;
  }

  /** As `RpcDispatcher.handlers`. */
  get handlers(): ReadonlyMap<string, number> {
    return this.#dispatcher.handlers;
  }

  /** As `RpcDispatcher.schemas`. */
  schemas(functionName: string): readonly StandardSchema[] {
    return this.#dispatcher.schemas(functionName);
  }

  /** As `RpcDispatcher.add`. */
  addHandler<Arguments = JsonObject>(functionName: string, handler: RpcHandler<Arguments>): void {
    this.#dispatcher.add(functionName, handler);
  }

  /**
   * Runs the handlers of a function for the agent itself: without a time limit, as no other agent
   * waits for an answer.
   */
  async dispatch(
    functionName: string,
    args: JsonObject,
    signal?: AbortSignal,
  ): Promise<JsonObject> {
    const closing = this.#closing.signal;
    const options = {
      signal: signal === undefined ? closing : AbortSignal.any([signal, closing]),
      timeoutSeconds: Infinity,
    };
    return await this.#traced(
      { function: functionName, kind: "internal" },
      () =>
        this.#around(
          { function: functionName, arguments: args },
          () => this.#dispatcher.dispatch(functionName, args, options),
        ),
    );
  }

  /**
   * Calls a function and waits for the answer. The time limit includes waiting for a connection.
   *
   * @throws {RpcError} If the answer is an error, or the request cannot be sent.
   * @throws {RpcTimeout} If there is no answer in time.
   * @throws {TypeError} If the arguments are what JSON cannot carry.
   * @throws {RangeError} If the routing key is longer than 255 bytes.
   */
  call(functionName: string, args: JsonObject, options: RpcCallOptions): Promise<JsonObject> {
    return this.#traced(
      { function: functionName, kind: "client" },
      () => this.#call(functionName, args, options),
    );
  }

  /**
   * Calls a function of all agents that listen to an exchange, and takes their answers until the
   * time is over.
   *
   * @throws {RpcError} If `call` would throw it, except that the end of the time is not an error.
   */
  async broadcast(
    functionName: string,
    args: JsonObject,
    options: RpcBroadcastOptions,
  ): Promise<void> {
    try {
      await this.#call(functionName, args, options);
    } catch (error) {
      if (!(error instanceof RpcTimeout)) throw error;
    }
  }

  /**
   * Takes a message that has arrived, whatever it is. Never throws. One that cannot be read, or is more
   * than a call may be, is answered with an error if it says where answers go.
   */
  receive(message: RpcMessage): void {
    try {
      this.#requireWithinLimits(message);
      const rpc = readMessage(message);
      if (rpc.kind === "request") void this.#answer(rpc);
      else if (!this.#pending.settle(rpc)) {
        log.warn("Ignoring an answer from {from} to no call that waits", { from: rpc.fromToken });
      }
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      log.error("Ignoring a message from {from}: {error}", {
        from: message.appId,
        error: error.message,
      });
      if (message.replyTo) void this.#respond(message.replyTo, message, encodeErrorResponse(error));
    }
  }

  /** Gives up all calls, with `reason`. */
  close(reason: Error): void {
    this.#closing.abort(reason);
  }

  async #call(
    functionName: string,
    args: JsonObject,
    options: RpcCallOptions & Partial<RpcBroadcastOptions>,
  ): Promise<JsonObject> {
    const { exchange, routingKey = functionName, timeoutSeconds, signal, onAnswer } = options;
    requireRoutingKey(functionName, routingKey);
    const { token, randomness } = this.#options;
    const body = encodeRequest(functionName, args);
    const correlationId = `metricq-rpc-deno-${token}-${randomness.identifier()}`;
    const answer = this.#pending.add(correlationId, functionName, {
      timeoutSeconds: timeoutSeconds ?? this.#options.timeoutSeconds,
      signal: signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal,
      onAnswer,
    });
    const answered = new AbortController();
    const properties = { ...this.#properties(correlationId), replyTo: this.queue };
    this.#options.send({ exchange, routingKey, body, properties }, answered.signal).catch((cause) =>
      this.#pending.reject(correlationId, new RpcError(functionName, errorText(cause), { cause }))
    );
    try {
      return await answer;
    } finally {
      answered.abort("answered"); // a reason, as an exception with its stack takes longer
    }
  }

  async #answer(request: RpcRequest) {
    const { function: name, arguments: args, fromToken, replyTo } = request;
    if (replyTo === undefined) {
      log.warn("Ignoring a call of {name} by {from}: it has no reply_to", {
        name,
        from: fromToken,
      });
      return;
    }
    let body: Uint8Array;
    try {
      const own = name === CONFIG_FUNCTION ? ownConfiguration(args) : args;
      const { signal } = this.#closing;
      const isKnown = this.#dispatcher.has(name);
      // What cannot be sent as an answer is a failure of the handlers, too.
      const run = async () =>
        encodeResponse(name, await this.#dispatcher.dispatch(name, own, { fromToken, signal }));
      body = await this.#traced(
        { function: name, isKnown, kind: "server", fromToken },
        () => this.#around({ function: name, arguments: own, fromToken }, run),
      );
      this.#options.onAnswered?.(request, undefined);
    } catch (error) {
      const message = "Cannot answer {name} to {from}: {error}";
      const properties = { name, from: fromToken, error: errorText(error) };
      if (this.#options.isExpected?.(error)) log.debug(message, properties);
      else log.error(message, properties);
      body = encodeErrorResponse(error);
      this.#options.onAnswered?.(request, errorText(error));
    }
    await this.#respond(replyTo, { appId: fromToken, correlationId: request.correlationId }, body);
  }

  // Answers to our own calls have no limits: a list of all metrics may be large.
  #requireWithinLimits({ body, correlationId }: RpcMessage): void {
    if (correlationId && this.#pending.has(correlationId)) return;
    const excess = excessOf(body, this.#options.requestLimits ?? AGENT_REQUEST_LIMITS);
    if (excess !== undefined) throw new MessageError(`Cannot read message: ${excess}`);
  }

  async #respond(
    replyTo: string,
    { appId, correlationId }: Pick<RpcMessage, "appId" | "correlationId">,
    body: Uint8Array,
    isLast: boolean = false,
  ): Promise<void> {
    const properties = this.#properties(correlationId || undefined);
    // Not kept for longer: after a long outage the caller does not wait for it any more.
    const { clock, timeoutSeconds } = this.#options;
    using limit = new TimeLimit({
      clock,
      timeoutSeconds,
      signal: this.#closing.signal,
      onTimeout: () => new RpcTimeout(replyTo, timeoutSeconds),
    });
    try {
      await this.#options.send(
        { exchange: DEFAULT_EXCHANGE, routingKey: replyTo, body, properties },
        limit.signal,
      );
    } catch (error) {
      log.warn("Cannot send an answer to {from}: {error}", {
        from: appId,
        error: errorText(error),
      });
      if (isLast || !(error instanceof AmqpError) || error.code === undefined) return;
      // The broker has refused it, such as for its size. The caller should not wait for it.
      const answer = encodeErrorResponse(`Cannot send the answer: ${error.message}`);
      await this.#respond(replyTo, { appId, correlationId }, answer, true);
    }
  }

  #around<Result>(call: HandledCall, run: () => Promise<Result>): Promise<Result> {
    const { around } = this.#options;
    return around === undefined ? run() : around(call, run);
  }

  #traced<Result>(call: TracedCall, run: () => Promise<Result>): Promise<Result> {
    return this.tracer === undefined ? run() : this.tracer.trace(call, run);
  }

  #properties(correlationId: string | undefined): RpcProperties {
    return {
      contentType: "application/json",
      appId: this.#options.token,
      ...correlationId !== undefined && { correlationId },
    };
  }
}

function requireRoutingKey(functionName: string, routingKey: string): void {
  const bytes = new TextEncoder().encode(routingKey).byteLength;
  if (bytes > 0 && bytes <= ROUTING_KEY_MAX_BYTES) return;
  throw new RangeError(
    `Cannot call "${
      functionName.slice(0, 40)
    }": its routing key has ${bytes} bytes, 1 to ${ROUTING_KEY_MAX_BYTES} are required`,
  );
}
