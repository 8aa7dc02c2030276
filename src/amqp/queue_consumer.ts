/**
 * Receives the messages of one queue at its reader's pace.
 *
 * @module
 */

import { AmqpError } from "../errors.ts";
import { asAmqpError } from "./amqp_error.ts";
import type { OwnChannel } from "./own_channel.ts";

/** A message that a queue has delivered; it stays at the broker until it is acknowledged. */
export interface DeliveredMessage {
  /** Its number among all that were delivered to this consumer. */
  readonly tag: number;
  /** Where it was sent to: the metric, for data. */
  readonly routingKey: string;
  /** What kind of message it is, if its sender has told (`type`). */
  readonly type: string | undefined;
  /** The bytes that were sent. */
  readonly body: Uint8Array;
}

/** What a {@linkcode QueueConsumer} is made with. */
export interface QueueConsumerOptions {
  readonly queue: string;
  /** At most this many messages are delivered and not acknowledged. */
  readonly prefetch: number;
  /**
   * Takes a message; must not throw. The same `acknowledge` comes with each: messages arrive, and may be
   * read, before the consumer itself is known.
   */
  readonly onDelivery: (delivery: DeliveredMessage, acknowledge: Acknowledge) => void;
}

/** Acknowledges a message and all that were delivered before it. */
export type Acknowledge = (tag: number) => void;

/**
 * The only consumer of a queue, on a channel of its own: what the broker refuses it, or takes from it,
 * concerns nothing else on the connection.
 *
 * It is exclusive because two consumers would share the messages of a queue: the one that a lost
 * connection has left behind would hold back some while the next one is given those behind them.
 */
export class QueueConsumer {
  readonly #own: OwnChannel;
  readonly #ended: Promise<AmqpError>;
  /** Acknowledges a message and all that were delivered before it. */
  readonly acknowledge: Acknowledge;

  private constructor(own: OwnChannel, ended: Promise<AmqpError>, acknowledge: Acknowledge) {
    this.#own = own;
    this.#ended = ended;
    this.acknowledge = acknowledge;
  }

  /**
   * Begins to receive.
   *
   * @param own The channel; it is closed if this fails.
   * @throws {AmqpError} If it cannot be had: code 404 if there is no such queue, 403 if another consumer has it, 405 if it
   * belongs to another connection.
   */
  static async open(own: OwnChannel, options: QueueConsumerOptions): Promise<QueueConsumer> {
    const { queue, prefetch, onDelivery } = options;
    const { channel } = own;
    const acknowledge: Acknowledge = (tag) => {
      if (channel.closed) return;
      channel.basicAck(tag, true).catch(() => {}); // it has ended, and tells so there
    };
    try {
      await own.answerTo(channel.basicQos(prefetch));
      const consumer = await own.answerTo(channel.basicConsume(
        queue,
        { noAck: false, exclusive: true },
        ({ deliveryTag, routingKey, properties, body }) =>
          onDelivery({
            tag: deliveryTag,
            routingKey,
            type: properties.type,
            body: body ?? new Uint8Array(0),
          }, acknowledge),
      ));
      const ended = consumer.wait().then(
        () => new AmqpError(`The consumer of ${queue} has ended`),
        asAmqpError,
      );
      return new QueueConsumer(own, ended, acknowledge);
    } catch (error) {
      await own.close();
      throw error;
    }
  }

  /** Settles with the reason when nothing is delivered any more: the connection or the queue is gone. */
  get ended(): Promise<AmqpError> {
    return this.#ended;
  }

  /** Ends receiving; what is not acknowledged goes back to the queue. */
  async close(): Promise<void> {
    await this.#own.close();
  }
}
