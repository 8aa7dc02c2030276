/**
 * A consumer as its channel sees it: its tag and its window of unsettled messages.
 *
 * @module
 */

import { shortString } from "./content_encoder.ts";
import type { MessageTaker, Queue, QueuedMessage } from "./queue.ts";

/** What a consumer needs of its channel. */
export interface ConsumerChannel {
  /** Whether the client and the channel's own window take another message. */
  acceptsDelivery(noAck: boolean): boolean;
  deliver(consumer: ChannelConsumer, entry: QueuedMessage, queue: Queue): void;
  consumerCancelled(consumer: ChannelConsumer): void;
}

/** A consumer of one channel. */
export class ChannelConsumer implements MessageTaker {
  readonly tag: string;
  readonly queue: Queue;
  readonly noAck: boolean;
  /** The tag as it stands in basic.deliver. */
  readonly tagBytes: Uint8Array;
  /** How many of its messages are unsettled. */
  unsettled = 0;
  readonly #prefetchCount: number;
  readonly #channel: ConsumerChannel;

  /** Makes a consumer; a `prefetchCount` of 0 sets no limit. */
  constructor(
    channel: ConsumerChannel,
    options: { tag: string; queue: Queue; noAck: boolean; prefetchCount: number },
  ) {
    this.#channel = channel;
    this.tag = options.tag;
    this.queue = options.queue;
    this.noAck = options.noAck;
    this.tagBytes = shortString(options.tag);
    this.#prefetchCount = options.prefetchCount;
  }

  /** Whether another message may be delivered now. */
  ready(): boolean {
    const hasRoom = this.noAck || this.#prefetchCount === 0 ||
      this.unsettled < this.#prefetchCount;
    return hasRoom && this.#channel.acceptsDelivery(this.noAck);
  }

  /** Sends a message to the client. */
  deliver(entry: QueuedMessage, queue: Queue): void {
    this.#channel.deliver(this, entry, queue);
  }

  /** Tells the client that the queue is gone. */
  cancelled(): void {
    this.#channel.consumerCancelled(this);
  }
}
