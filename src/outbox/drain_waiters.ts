/**
 * Waiting until all chunks of an outbox, as of one moment, are acked or dropped.
 *
 * @module
 */

import { PublishFailed } from "../errors.ts";
import type { Entry } from "./lane.ts";

/** Somebody who waits. */
export interface DrainWaiter {
  /** Chunks from here on do not matter to it; `Infinity` while chunks are still admitted for it. */
  sequence: number;
  /** How many chunks before that are left. */
  remaining: number;
  /** What of them was dropped. */
  lost: { readonly metric: string; points: number } | undefined;
  readonly settled: PromiseWithResolvers<void>;
}

/** The waiters of one outbox. They count, as chunks end in any order. */
export class DrainWaiters {
  #waiters: DrainWaiter[] = [];

  /** Begins to wait: what is dropped from now on is told at the end. */
  begin(): DrainWaiter {
    const settled = Promise.withResolvers<void>();
    settled.promise.catch(() => {}); // whoever begins may have other things to wait for first
    const waiter = { sequence: Infinity, remaining: Infinity, lost: undefined, settled };
    this.#waiters.push(waiter);
    return waiter;
  }

  /** Waits for the chunks before a place in the order, `remaining` of which have not ended. */
  untilEnd(waiter: DrainWaiter, sequence: number, remaining: number): Promise<void> {
    waiter.sequence = sequence;
    waiter.remaining = remaining;
    if (remaining === 0) this.#release();
    return waiter.settled.promise;
  }

  /** Waits no more. */
  cancel(waiter: DrainWaiter): void {
    this.#waiters = this.#waiters.filter((other) => other !== waiter);
  }

  /** A number of chunks were put before all others, whose places have moved by `places`. */
  prepend(chunks: number, places: number): void {
    for (const waiter of this.#waiters) {
      waiter.sequence += places;
      waiter.remaining += chunks;
    }
  }

  /** A chunk was acked, or dropped. */
  settle({ sequence, metric, points }: Entry, isLost: boolean): void {
    let areDone = false;
    for (const waiter of this.#waiters) {
      if (sequence >= waiter.sequence) continue;
      waiter.remaining--;
      areDone ||= waiter.remaining === 0;
      if (!isLost) continue;
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
    const done = this.#waiters.filter(({ remaining }) => remaining === 0);
    this.#waiters = this.#waiters.filter(({ remaining }) => remaining > 0);
    for (const { lost, settled } of done) {
      if (lost === undefined) settled.resolve();
      else settled.reject(new PublishFailed(lost.metric, lost.points, "they were given up"));
    }
  }
}
