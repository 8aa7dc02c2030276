/**
 * Data of some metrics, from their queue to one reader.
 *
 * @module
 */

import { ReplyCode } from "../amqp/reply_codes.ts";
import { errorText } from "../error_text.ts";
import { AmqpError, RpcError } from "../errors.ts";
import { logger } from "../log.ts";
import type { JsonObject } from "../rpc/json.ts";
import { orAborted } from "../time/aborted.ts";
import { pause } from "../time/backoff.ts";
import { Timestamp } from "../time/timestamp.ts";
import { Inbox } from "./inbox.ts";
import {
  type CallManager,
  type DataQueue,
  release,
  requireNames,
  subscribe,
  unsubscribe,
} from "./manager_calls.ts";
import type { SinkChunk } from "./sink_chunk.ts";
import type { SubscriptionContext } from "./subscription_context.ts";

const log = logger("sink");

/** What a subscription has read until now. */
export interface SubscriptionStats {
  /** Chunks that were handed to the reader. */
  readonly chunks: number;
  /** The points in them. */
  readonly points: number;
  /** Chunks that came again, from the broker or from their source, and were left out. */
  readonly chunksRepeated: number;
  /** Messages that could not be read, and were left out. */
  readonly chunksUnreadable: number;
}

/** A queue that has a consumer now. */
interface Reading {
  readonly queue: DataQueue;
  /** Aborted when it has it no longer. */
  readonly lost: AbortSignal;
}

/**
 * Chunks of the subscribed metrics, in the order in which their queue has them, for one reader; made
 * by `Sink.subscribe`.
 *
 * A chunk is acknowledged when the next one is asked for. What a reader has not come to goes back to
 * the queue, and so does the chunk at which it has left off: a durable queue has them for the next
 * reader.
 */
export class Subscription implements AsyncIterableIterator<SinkChunk, void>, AsyncDisposable {
  readonly #context: SubscriptionContext;
  readonly #closing = new AbortController();
  readonly #signal: AbortSignal;
  readonly #call: CallManager;
  readonly #inbox: Inbox;
  readonly #running: Promise<void>;
  readonly #queue = Promise.withResolvers<DataQueue>();
  readonly #metrics = new Set<string>();
  #reading: Reading | undefined;
  #readingChanged: PromiseWithResolvers<void> = Promise.withResolvers();
  /** The time of the last point that was received; until there is one, when it was subscribed. */
  #completeUntil: Timestamp = Timestamp.now();
  /** The last change that was asked for; never rejects. */
  #changes: Promise<unknown> = Promise.resolve();
  #isEnding = false;
  #isOver = false;
  #failure: unknown;

  /** @ignore Made by `Sink.subscribe`. */
  constructor(context: SubscriptionContext) {
    this.#context = context;
    const { signal, stopping, prefetch } = context;
    this.#signal = AbortSignal.any([this.#closing.signal, stopping, ...signal ? [signal] : []]);
    this.#call = (name, args) => context.callManager(name, args, this.#signal);
    this.#inbox = new Inbox({
      prefetch,
      onUnreadable: (metric, reason) => context.events.tell("chunk-unreadable", { metric, reason }),
    });
    this.#queue.promise.catch(() => {}); // the reader is told
    // Not before the one that makes it has a name for it.
    this.#running = Promise.resolve().then(() => this.#run());
  }

  /**
   * The metadata of the metrics, by name; empty for one that was not declared.
   *
   * @throws {Error} If subscribing fails: what the reader is told.
   */
  get metadata(): Promise<Readonly<Record<string, JsonObject>>> {
    return this.#queue.promise.then(({ metadata }) => metadata);
  }

  /** What has been read until now. */
  get stats(): SubscriptionStats {
    return { ...this.#inbox.counters };
  }

  /**
   * Ends the subscription behind the last point that was sent until now: the reader gets all that is
   * in the queue, and then the end. The queue is gone then, also a durable one.
   *
   * @throws {RpcError} If the manager refuses, or does not answer; the subscription goes on.
   */
  async end(): Promise<void> {
    if (this.#isEnding || this.#signal.aborted) return;
    const { dataQueue } = await this.#queue.promise;
    this.#isEnding = true;
    try {
      await unsubscribe(this.#call, { dataQueue, metrics: [...this.#metrics], end: true });
    } catch (error) {
      this.#isEnding = false;
      throw error;
    }
  }

  /**
   * Subscribes to more metrics: what is sent of them after this resolves arrives, too. During an outage
   * it waits until the queue is read again.
   *
   * @param metrics Their names; those that are subscribed to already stay so.
   * @returns Their metadata, by name; empty for one that was not declared.
   * @throws {RangeError} If these are no names.
   * @throws {RpcError} If the manager refuses, or does not answer; the others go on.
   */
  async add(metrics: readonly string[]): Promise<Readonly<Record<string, JsonObject>>> {
    const names = requireNames(metrics);
    return await this.#inOrder(() => this.#add(names));
  }

  async #add(names: readonly string[]): Promise<Readonly<Record<string, JsonObject>>> {
    await this.#queue.promise;
    const added = names.filter((name) => !this.#metrics.has(name));
    for (const name of added) this.#metrics.add(name);
    try {
      const queue = await this.#whileRead(async ({ dataQueue }, call, isAgain) => {
        if (!isAgain) return await this.#bind(names, dataQueue, call);
        // A queue that went with its consumer was made anew, perhaps with these metrics alone.
        const whole = await this.#bind([...this.#metrics], dataQueue, call);
        if (!this.#context.durable) this.#tellMissing();
        return whole;
      });
      return Object.fromEntries(names.map((name) => [name, queue?.metadata[name] ?? {}]));
    } catch (error) {
      for (const name of added) this.#metrics.delete(name);
      throw error;
    }
  }

  /**
   * Takes metrics off the subscription, which goes on with the others. What is in the queue already still
   * arrives.
   *
   * @throws {RangeError} If these are no names.
   * @throws {RpcError} If the manager refuses, or does not answer.
   */
  async remove(metrics: readonly string[]): Promise<void> {
    const names = requireNames(metrics);
    await this.#inOrder(() => this.#remove(names));
  }

  async #remove(names: readonly string[]): Promise<void> {
    await this.#queue.promise;
    for (const name of names) this.#metrics.delete(name);
    await this.#whileRead(({ dataQueue }, call) =>
      unsubscribe(call, { dataQueue, metrics: names, end: false })
    );
  }

  /** The manager looks up metadata before it binds: of two calls under way, the later may win. */
  #inOrder<Result>(change: () => Promise<Result>): Promise<Result> {
    const changed = this.#changes.then(change);
    this.#changes = changed.catch(() => {}); // its caller is told
    return changed;
  }

  /**
   * Waits for the next chunk.
   *
   * @throws {RpcError} If the manager refuses the subscription, or does not answer.
   * @throws {ConnectFailed} If the connection for data cannot be opened.
   * @throws {Error} If the sink was stopped with one: that error.
   */
  async next(): Promise<IteratorResult<SinkChunk, void>> {
    while (!this.#signal.aborted) {
      const content = this.#inbox.next();
      if (content === "end") {
        await this.#release();
        break;
      }
      if (content !== undefined) return { done: false, value: content };
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#isOver) break;
      await this.#inbox.changed(this.#signal);
    }
    const failure = this.#context.stopping.aborted ? this.#context.failure() : undefined;
    await this.return();
    if (failure !== undefined) throw failure;
    return { done: true, value: undefined };
  }

  /** Ends the subscription at once; what was not read goes back to the queue. */
  async return(): Promise<IteratorResult<SinkChunk, void>> {
    this.#closing.abort();
    await this.#running;
    return { done: true, value: undefined };
  }

  /** The subscription itself: it can be read once. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Same as `return`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** Gives up the queue, which is empty; if that fails, it goes with its consumer or expires. */
  async #release(): Promise<void> {
    const { dataQueue } = await this.#queue.promise;
    await release(this.#call, dataQueue).catch((error) => {
      log.debug("Cannot give up {queue}: {error}", { queue: dataQueue, error: errorText(error) });
    });
  }

  /** Keeps a consumer on the queue until the subscription is over. Never rejects. */
  async #run(): Promise<void> {
    try {
      for (const name of await this.#context.findMetrics(this.#signal)) this.#metrics.add(name);
      let queue = await this.#bind([...this.#metrics]);
      this.#queue.resolve(queue);
      for (let attempt = 0; !this.#signal.aborted && !this.#isOver; attempt++) {
        try {
          await this.#consume(queue);
          attempt = 0;
        } catch (error) {
          // A connection that is refused for good stops the sink itself; all else may pass.
          if (!(error instanceof AmqpError)) throw error;
          log.debug("Cannot receive from {queue}: {error}", {
            queue: queue.dataQueue,
            error: errorText(error),
          });
          if (error instanceof AmqpError && error.code === ReplyCode.NOT_FOUND) {
            queue = await this.#replaceWhenPossible(queue);
            continue;
          }
        }
        await pause(this.#context, attempt, this.#signal);
      }
    } catch (error) {
      if (!this.#signal.aborted) this.#failure = error;
      this.#queue.reject(error);
    }
    this.#isOver = true;
    this.#read(undefined);
    this.#inbox.wake();
    this.#context.onOver();
  }

  async #replaceWhenPossible(lost: DataQueue): Promise<DataQueue> {
    for (let attempt = 0;; attempt++) {
      try {
        return await this.#replace(lost);
      } catch (error) {
        // A manager that comes back after its broker may refuse at first.
        if (this.#signal.aborted || !(error instanceof RpcError)) throw error;
        log.warn("Cannot subscribe again yet: {error}", { error: errorText(error) });
        await pause(this.#context, attempt, this.#signal);
      }
    }
  }

  /** Receives until the consumer, its connection or its queue is gone. */
  async #consume(queue: DataQueue): Promise<void> {
    const { dataServerAddress, dataQueue } = queue;
    const { openSession, prefetch } = this.#context;
    await this.#inbox.room(this.#signal);
    const session = await openSession(dataServerAddress, this.#signal);
    if (this.#signal.aborted) return;
    const consumer = await session.openConsumer({
      queue: dataQueue,
      prefetch,
      onDelivery: (delivery, acknowledge) => this.#inbox.receive(delivery, acknowledge),
    });
    const lost = new AbortController();
    this.#read({ queue, lost: lost.signal });
    try {
      await orAborted(consumer.ended, this.#signal);
    } finally {
      lost.abort();
      this.#read(undefined);
    }
    this.#completeUntil = this.#inbox.newest ?? this.#completeUntil;
    this.#inbox.acknowledge();
    await consumer.close();
  }

  /**
   * Calls the manager for the queue while it is read, and again if its consumer is lost meanwhile: the
   * answer may have been lost with it. `undefined` if the subscription is over.
   */
  async #whileRead<Result>(
    work: (queue: DataQueue, call: CallManager, isAgain: boolean) => Promise<Result>,
  ): Promise<Result | undefined> {
    let isAgain = false;
    while (!this.#signal.aborted && !this.#isOver) {
      const reading = this.#reading;
      if (reading === undefined) {
        await orAborted(this.#readingChanged.promise, this.#signal);
        continue;
      }
      const signal = AbortSignal.any([this.#signal, reading.lost]);
      const call: CallManager = (name, args) => this.#context.callManager(name, args, signal);
      try {
        const result = await work(reading.queue, call, isAgain);
        if (!signal.aborted) return result;
      } catch (error) {
        if (!signal.aborted) throw error;
      }
      isAgain = true;
    }
    return undefined;
  }

  #read(reading: Reading | undefined): void {
    this.#reading = reading;
    this.#readingChanged.resolve();
    this.#readingChanged = Promise.withResolvers();
  }

  #bind(
    metrics: readonly string[],
    dataQueue?: string,
    call: CallManager = this.#call,
  ): Promise<DataQueue> {
    const { durable, expiresSeconds } = this.#context;
    return subscribe(call, { metrics, dataQueue, durable, expiresSeconds });
  }

  /** Asks for another queue, as the one that was there is gone with what it held. */
  async #replace(lost: DataQueue): Promise<DataQueue> {
    // Behind the end nothing would come any more.
    const queue = this.#isEnding ? lost : await this.#bind([...this.#metrics], lost.dataQueue);
    this.#isOver = this.#isEnding;
    this.#tellMissing();
    return queue;
  }

  #tellMissing(): void {
    const since = this.#completeUntil;
    const until = Timestamp.now();
    this.#completeUntil = until;
    if (this.#metrics.size === 0) return;
    this.#context.events.tell("data-missing", { metrics: [...this.#metrics], since, until });
  }
}
