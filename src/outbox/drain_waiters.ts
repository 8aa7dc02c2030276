/**
 * Waiting until all chunks of an outbox, as of one moment, are acked or dropped.
 *
 * @module
 */

import { PublishFailed } from "../errors.ts";
import type { Entry } from "./lane.ts";

/** Somebody who waits. */
export interface DrainWaiter {
  /** Chunks from here on do not matter to it, */
  until: number;
  /** but for these, which were admitted for it. */
  also: Set<number>;
  /** How many of its chunks are left. */
  remaining: number;
  /** Whether more are to be admitted for it. */
  isOpen: boolean;
  /** The metric whose losses matter to it; any if it is `undefined`. */
  readonly only: string | undefined;
  /** What of them was dropped. */
  lost: { readonly metric: string; points: number } | undefined;
  readonly settled: PromiseWithResolvers<void>;
}

/** The waiters of one outbox. They count, as chunks end in any order. */
export class DrainWaiters {
  #waiters: DrainWaiter[] = [];

  /**
   * Begins to wait for the chunks before a place in the order, `remaining` of which have not ended.
   *
   * @param only What is lost of other metrics does not matter then.
   */
  begin(until: number, remaining: number, only?: string): DrainWaiter {
    const settled = Promise.withResolvers<void>();
    settled.promise.catch(() => {}); // whoever begins may have other things to wait for first
    const also = new Set<number>();
    const waiter = { until, also, remaining, isOpen: true, only, lost: undefined, settled };
    this.#waiters.push(waiter);
    return waiter;
  }

  /** Waits for the chunk that is about to be admitted, too. */
  add(waiter: DrainWaiter, sequence: number): void {
    if (sequence === waiter.until) waiter.until++;
    else waiter.also.add(sequence);
    waiter.remaining++;
  }

  /** Waits for the end of all its chunks. */
  untilEnd(waiter: DrainWaiter): Promise<void> {
    waiter.isOpen = false;
    this.#release();
    return waiter.settled.promise;
  }

  /** Waits no more. */
  cancel(waiter: DrainWaiter): void {
    this.#waiters = this.#waiters.filter((other) => other !== waiter);
  }

  /** A number of chunks were put before all others, whose places have moved by `places`. */
  prepend(chunks: number, places: number): void {
    for (const waiter of this.#waiters) {
      waiter.until += places;
      waiter.also = new Set([...waiter.also].map((sequence) => sequence + places));
      waiter.remaining += chunks;
    }
  }

  /** A chunk was acked, or dropped. */
  settle({ sequence, metric, points }: Entry, isLost: boolean): void {
    let areDone = false;
    for (const waiter of this.#waiters) {
      if (sequence >= waiter.until && !waiter.also.delete(sequence)) continue;
      waiter.remaining--;
      areDone ||= isDone(waiter);
      if (!isLost || (waiter.only ?? metric) !== metric) continue;
      waiter.lost ??= { metric, points: 0 };
      if (waiter.lost.metric === metric) waiter.lost.points += points;
    }
    if (areDone) this.#release();
  }

  /** Ends all waiting with an error. */
  reject(error: Error): void {
    for (const { settled } of this.#waiters) settled.reject(error);
    this.#waiters = [];
  }

  #release(): void {
    const done = this.#waiters.filter(isDone);
    if (done.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => !isDone(waiter));
    for (const { lost, settled } of done) {
      if (lost === undefined) settled.resolve();
      else settled.reject(new PublishFailed(lost.metric, lost.points, "they were given up"));
    }
  }
}

function isDone({ remaining, isOpen }: DrainWaiter): boolean {
  return remaining === 0 && !isOpen;
}
