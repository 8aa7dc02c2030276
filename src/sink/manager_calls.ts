/**
 * What a sink asks the manager for.
 *
 * @module
 */

import { MessageError } from "../errors.ts";
import { isJsonObject, type JsonObject } from "../rpc/json.ts";

/** Calls a function of the manager. */
export type CallManager = (functionName: string, args: JsonObject) => Promise<JsonObject>;

/** What is asked for. */
export interface SubscribeRequest {
  readonly metrics: readonly string[];
  /** The queue's name, if there has been one. */
  readonly dataQueue: string | undefined;
  /** Whether the queue outlives its reader and the broker. */
  readonly durable: boolean;
  /** For how long the queue waits without a reader; `undefined`: as the manager likes. */
  readonly expiresSeconds: number | undefined;
}

/** Where the data of a subscription is. */
export interface DataQueue {
  readonly dataServerAddress: string;
  readonly dataQueue: string;
  /** What is known of each metric; empty for those that nobody has declared. */
  readonly metadata: Readonly<Record<string, JsonObject>>;
}

/**
 * Asks for a queue that gets the metrics' data, or for more of them in one that is there.
 *
 * The manager has durable queues for transformers only, so a durable sink asks as one.
 *
 * @throws {RpcError} If the manager refuses, or does not answer.
 * @throws {MessageError} If its answer names no queue.
 */
export async function subscribe(call: CallManager, request: SubscribeRequest): Promise<DataQueue> {
  const { metrics, dataQueue, durable, expiresSeconds } = request;
  const name = durable ? "transformer.subscribe" : "sink.subscribe";
  const answer = await call(name, {
    metrics: [...metrics],
    metadata: true,
    ...!durable && dataQueue !== undefined && { dataQueue },
    ...!durable && expiresSeconds !== undefined && { expires: expiresSeconds },
  });
  const { dataServerAddress, dataQueue: queue, metrics: described } = answer;
  if (typeof dataServerAddress !== "string" || typeof queue !== "string" || queue === "") {
    throw new MessageError(
      `Cannot read the answer to ${name}: "dataServerAddress" and "dataQueue" are required as texts`,
    );
  }
  const metadata = metrics.map((metric) => {
    const own = isJsonObject(described) ? described[metric] : undefined;
    return [metric, isJsonObject(own) ? own : {}] as const;
  });
  return { dataServerAddress, dataQueue: queue, metadata: Object.fromEntries(metadata) };
}

/** What is taken off a queue. */
export interface UnsubscribeRequest {
  readonly dataQueue: string;
  readonly metrics: readonly string[];
  /** Whether a message behind the last point says that no more will come. */
  readonly end: boolean;
}

/** Takes metrics off a queue. */
export async function unsubscribe(call: CallManager, request: UnsubscribeRequest): Promise<void> {
  const { dataQueue, metrics, end } = request;
  await call("sink.unsubscribe", { dataQueue, metrics: [...metrics], end });
}

/** Gives a queue up. */
export async function release(call: CallManager, dataQueue: string): Promise<void> {
  await call("sink.release", { dataQueue });
}

/**
 * Checks names that are subscribed to.
 *
 * @returns Each of them once.
 * @throws {RangeError} If there is none, or one is not a name.
 */
export function requireNames(names: readonly string[]): readonly string[] {
  const wrong = names.find((name) => typeof name !== "string" || name === "");
  if (names.length > 0 && wrong === undefined) return [...new Set(names)];
  const given = names.length === 0 ? "an empty list is given" : `${JSON.stringify(wrong)} is given`;
  throw new RangeError(`Cannot subscribe: ${given}, names of metrics are required`);
}
