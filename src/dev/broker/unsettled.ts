/**
 * The messages of a channel that are delivered and neither acknowledged nor rejected.
 *
 * @module
 */

import type { Queue, QueuedMessage } from "./queue.ts";
import { ReplyError } from "./reply_error.ts";

/** A delivered message. */
export interface Unsettled {
  readonly entry: QueuedMessage;
  readonly queue: Queue;
  /** The consumer whose window it counts in; undefined for a message of basic.get. */
  readonly consumer: { unsettled: number } | undefined;
}

/** The unsettled messages of one channel by delivery tag, oldest first. */
export class UnsettledMessages {
  readonly #byTag = new Map<number, Unsettled>();

  /** How many there are. */
  get size(): number {
    return this.#byTag.size;
  }

  /** Adds a message under a tag larger than all before it. */
  add(deliveryTag: number, message: Unsettled): void {
    this.#byTag.set(deliveryTag, message);
  }

  /**
   * Takes the message with a tag, with `multiple` all up to it, and all there are for tag 0.
   *
   * @throws {ReplyError} If there is none with that tag (406).
   */
  settle(deliveryTag: number, multiple: boolean): Unsettled[] {
    if (multiple && deliveryTag === 0) return this.takeAll();
    const message = this.#byTag.get(deliveryTag);
    if (!message) throw new ReplyError(406, `unknown delivery tag ${deliveryTag}`);
    if (!multiple) {
      this.#byTag.delete(deliveryTag);
      return [message];
    }
    const taken: Unsettled[] = [];
    for (const [tag, earlier] of this.#byTag) {
      if (tag > deliveryTag) break;
      this.#byTag.delete(tag);
      taken.push(earlier);
    }
    return taken;
  }

  /** Takes all messages. */
  takeAll(): Unsettled[] {
    const all = [...this.#byTag.values()];
    this.#byTag.clear();
    return all;
  }
}

/** Puts messages back into their queues. */
export function requeueAll(messages: readonly Unsettled[]): void {
  const byQueue = Map.groupBy(messages, ({ queue }) => queue);
  for (const [queue, unsettled] of byQueue) {
    // Last first: each of them then goes to the very front.
    queue.requeue(unsettled.map(({ entry }) => entry).reverse());
  }
}
