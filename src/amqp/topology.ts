/**
 * Exchanges, queues and the bindings between them: what a manager arranges for the other agents.
 *
 * @module
 */

import { AmqpError } from "../errors.ts";
import type { OwnChannel } from "./own_channel.ts";
import { ReplyCode } from "./reply_codes.ts";

/** What a queue is declared with. Absent is `false`, or unlimited. */
export interface QueueProperties {
  /** Whether it outlives the broker. */
  readonly durable?: boolean;
  /** Whether only this connection may use it; it goes with the connection. */
  readonly exclusive?: boolean;
  /** Whether it goes with its last consumer. */
  readonly autoDelete?: boolean;
  /** How long it stays unused, in ms. */
  readonly expiresMs?: number;
  /** How many messages it keeps: the oldest go first. */
  readonly maxLength?: number;
}

/**
 * Declares, binds and deletes, on a channel of its own. What the broker refuses closes the channel,
 * so that nothing more can be done on it; the connection stays. Calls that do not wait for each
 * other reach the broker in their order.
 */
export class Topology {
  readonly #own: OwnChannel;

  /** Uses a channel. */
  constructor(own: OwnChannel) {
    this.#own = own;
  }

  /** Declares a durable exchange. */
  async declareExchange(name: string, type: "topic" | "fanout"): Promise<void> {
    await this.#do((channel) => channel.exchangeDeclare(name, type, { durable: true }));
  }

  /** Declares a queue. Code 406 if there is one of the name with other properties. */
  async declareQueue(name: string, properties: QueueProperties = {}): Promise<void> {
    const { durable = false, exclusive = false, autoDelete = false } = properties;
    const { expiresMs, maxLength } = properties;
    await this.#do((channel) =>
      channel.queueDeclare(name, { durable, exclusive, autoDelete }, {
        ...expiresMs !== undefined && { "x-expires": expiresMs },
        ...maxLength !== undefined && { "x-max-length": maxLength },
      })
    );
  }

  /** Checks that a queue exists that this connection may use; code 404 or 405 if not. */
  async requireQueue(name: string): Promise<void> {
    await this.#do((channel) => channel.queueDeclare(name, { passive: true }));
  }

  /** Whether there is a queue of a name, be it for another connection alone. Ends the channel if not. */
  async hasQueue(name: string): Promise<boolean> {
    try {
      await this.requireQueue(name);
      return true;
    } catch (error) {
      if (error instanceof AmqpError && error.code === ReplyCode.RESOURCE_LOCKED) return true;
      if (error instanceof AmqpError && error.code === ReplyCode.NOT_FOUND) return false;
      throw error;
    }
  }

  /** Lets a queue receive what an exchange gets with a routing key. */
  async bindQueue(queue: string, exchange: string, routingKey: string): Promise<void> {
    await this.#do((channel) => channel.queueBind(queue, exchange, routingKey));
  }

  /** Takes back a binding, if there is one. */
  async unbindQueue(queue: string, exchange: string, routingKey: string): Promise<void> {
    await this.#do((channel) => channel.queueUnbind(queue, exchange, routingKey));
  }

  /** Deletes a queue with all messages in it, if there is one. */
  async deleteQueue(name: string): Promise<void> {
    await this.#do((channel) => channel.queueDelete(name));
  }

  /** Closes the channel, if it is still there. */
  async close(): Promise<void> {
    await this.#own.close();
  }

  async #do(call: (channel: OwnChannel["channel"]) => Promise<unknown>): Promise<void> {
    await this.#own.answerTo(call(this.#own.channel));
  }
}
