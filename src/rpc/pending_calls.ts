/**
 * The calls that wait for an answer.
 *
 * @module
 */

import { RpcError, RpcTimeout } from "../errors.ts";
import { quote } from "../quote.ts";
import type { MonotonicClock } from "../time/clock.ts";
import { DEFAULT_RPC_TIMEOUT_SECONDS, requireTimeout, TimeLimit } from "../time/time_limit.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import type { RpcResponse } from "./message.ts";

/** How a call waits. */
export interface PendingCallOptions {
  /**
   * How long the answer is waited for.
   * @default {60}
   */
  readonly timeoutSeconds?: number | undefined;
  /** Ends the waiting: the call rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Takes each answer; the call waits for more of them until it is ended in another way. */
  readonly onAnswer?: ((answer: RpcResponse) => void) | undefined;
}

interface PendingCall {
  readonly functionName: string;
  readonly onAnswer: ((answer: RpcResponse) => void) | undefined;
  resolve(body: JsonObject): void;
  reject(error: unknown): void;
}

/** Owns the calls that wait for an answer, from `add` until each of them is settled. */
export class PendingCalls {
  readonly #clock: MonotonicClock;
  readonly #calls = new Map<string, PendingCall>();

  /** Begins without calls. */
  constructor({ clock }: { readonly clock: MonotonicClock }) {
    this.#clock = clock;
  }

  /** How many calls wait. */
  get size(): number {
    return this.#calls.size;
  }

  /** Whether a call waits for the answer with this id. */
  has(correlationId: string): boolean {
    return this.#calls.has(correlationId);
  }

  /**
   * Waits for the answer to a call. To be called before the request is sent; should sending fail,
   * `reject` ends the waiting.
   *
   * @param correlationId What the answer will be recognised by.
   * @param functionName The function that is called, for error messages.
   * @returns The result. The promise may be left alone while the request is being sent: no
   * rejection of it counts as unhandled.
   * @throws {RpcError} If the answer is an error.
   * @throws {RpcTimeout} If there is no answer in time.
   * @throws {RangeError} If the timeout is not positive, or the correlation id is in use.
   */
  add(
    correlationId: string,
    functionName: string,
    options: PendingCallOptions = {},
  ): Promise<JsonObject> {
    const answer = this.#wait(correlationId, functionName, options);
    answer.catch(() => {});
    return answer;
  }

  /**
   * Hands a response to the call that waits for it.
   *
   * @returns `false` if none does: it came too late, or was never asked for.
   */
  settle(response: RpcResponse): boolean {
    const { correlationId, body } = response;
    const { onAnswer } = this.#calls.get(correlationId) ?? {};
    if (onAnswer !== undefined) {
      onAnswer(response);
      return true;
    }
    const call = this.#take(correlationId);
    if (call === undefined) return false;
    if (Object.hasOwn(body, "error")) {
      call.reject(new RpcError(call.functionName, reasonOf(body["error"])));
    } else {
      call.resolve(body);
    }
    return true;
  }

  /**
   * Ends the waiting of one call with an error.
   *
   * @returns `false` if it does not wait any more.
   */
  reject(correlationId: string, error: unknown): boolean {
    const call = this.#take(correlationId);
    call?.reject(error);
    return call !== undefined;
  }

  async #wait(
    correlationId: string,
    functionName: string,
    { timeoutSeconds = DEFAULT_RPC_TIMEOUT_SECONDS, signal, onAnswer }: PendingCallOptions,
  ): Promise<JsonObject> {
    requireTimeout(timeoutSeconds);
    if (this.#calls.has(correlationId)) {
      throw new RangeError(`Cannot call ${functionName}: "${correlationId}" is already waited for`);
    }
    const { promise, resolve, reject } = Promise.withResolvers<JsonObject>();
    this.#calls.set(correlationId, { functionName, onAnswer, resolve, reject });
    using limit = new TimeLimit({
      clock: this.#clock,
      timeoutSeconds,
      signal,
      onTimeout: () => new RpcTimeout(functionName, timeoutSeconds),
    });
    try {
      return await limit.race(promise);
    } finally {
      this.#calls.delete(correlationId);
    }
  }

  #take(correlationId: string): PendingCall | undefined {
    const call = this.#calls.get(correlationId);
    this.#calls.delete(correlationId);
    return call;
  }
}

// A traceback is shown whole; what is longer was not written for people.
const MAX_REASON_CHARACTERS = 10_000;

function shorten(text: string): string {
  return text.length > MAX_REASON_CHARACTERS ? `${text.slice(0, MAX_REASON_CHARACTERS)}…` : text;
}

/** The text of an error answer. The protocol says that it is a text; not every peer keeps to that. */
function reasonOf(error: JsonValue | undefined): string {
  if (typeof error === "string") return shorten(error) || "no reason is given";
  try {
    return `no reason but ${quote(JSON.stringify(error))}`;
  } catch {
    return "no reason but an object that is nested too deeply";
  }
}
