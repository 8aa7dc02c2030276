/**
 * Publishes single messages, of which one that the broker refuses fails alone.
 *
 * @module
 */

import type { AMQPChannel } from "@cloudamqp/amqp-client";
import type { AMQPProperties } from "@cloudamqp/amqp-client/amqp-properties";
import { AmqpError } from "../errors.ts";
import { asAmqpError, isOfChannel } from "./amqp_error.ts";
import type { AmqpSocket } from "./amqp_socket.ts";
import { PublishEncoder } from "./publish_encoder.ts";
import { type PublishRefusal, readPublishRefusal } from "./publish_refusal.ts";

/** A message, and where it goes. */
export interface OutgoingMessage {
  readonly exchange: string;
  readonly routingKey: string;
  readonly body: Uint8Array;
  readonly properties: AMQPProperties;
}

interface Unsettled {
  readonly message: OutgoingMessage;
  readonly settled: PromiseWithResolvers<void>;
}

/**
 * A channel with confirms, opened for the first message, and again when the broker has closed it for a
 * message: consumers, and calls that wait for an answer, are on other channels and do not notice.
 */
export class SinglePublisher {
  readonly #socket: AmqpSocket;
  #channel: AMQPChannel | undefined;
  #isOpening = false;
  readonly #waiting: Unsettled[] = [];
  // In the order of their tags, which are consecutive.
  readonly #sent: Unsettled[] = [];
  #confirmedTag = 0;

  /** Opens nothing yet. */
  constructor(socket: AmqpSocket) {
    this.#socket = socket;
    void socket.ended.then(() => this.#giveUp());
  }

  /**
   * Publishes a message. Resolves when the broker has taken it, or the connection has ended, so that
   * nobody knows.
   *
   * @throws {AmqpError} If the broker refuses it for what it is, or the connection is down already.
   */
  async publish(message: OutgoingMessage): Promise<void> {
    if (this.#socket.closed) throw new AmqpError("Cannot publish: the connection is down");
    const settled = Promise.withResolvers<void>();
    this.#waiting.push({ message, settled });
    if (this.#channel !== undefined) this.#flush(this.#channel);
    else if (!this.#isOpening) void this.#open();
    await this.#socket.answers.to(settled.promise);
  }

  async #open(): Promise<void> {
    this.#isOpening = true;
    try {
      const { answers } = this.#socket;
      const channel = await answers.to(this.#socket.channel());
      channel.onerror = (text) => this.#onClosed(text);
      await answers.to(channel.confirmSelect());
      channel.publishConfirmed = (tag, multiple, nack) => this.#confirm(tag, multiple, nack);
      this.#confirmedTag = 0;
      this.#channel = channel;
      this.#flush(channel);
    } catch (error) {
      this.#socket.fail(asAmqpError(error));
    } finally {
      this.#isOpening = false;
    }
  }

  #flush({ id }: AMQPChannel): void {
    const { outgoing, frameMax } = this.#socket;
    if (outgoing === undefined) return;
    for (const unsettled of this.#waiting.splice(0)) {
      const { exchange, routingKey, body, properties } = unsettled.message;
      try {
        new PublishEncoder(id, exchange, properties, frameMax).encode(routingKey, body, outgoing);
        this.#sent.push(unsettled);
      } catch (error) {
        unsettled.settled.reject(error); // nothing is written of a routing key that is too long
      }
    }
  }

  #confirm(tag: number, multiple: boolean, isNack: boolean): void {
    const at = tag - this.#confirmedTag - 1;
    // Confirms may come in any order, but what is before has been taken: it has not closed the channel.
    const settled = this.#sent.splice(0, Math.max(0, at + 1));
    this.#confirmedTag = Math.max(tag, this.#confirmedTag);
    for (const [index, each] of settled.entries()) {
      if (isNack && (multiple || index === at)) {
        each.settled.reject(new AmqpError("Cannot publish: no queue takes the message"));
      } else each.settled.resolve();
    }
  }

  #onClosed(text: string): void {
    const reason = asAmqpError(new Error(text));
    this.#channel = undefined;
    const refusal = isOfChannel(text) ? readPublishRefusal(reason) : undefined;
    const at = refusal === undefined ? -1 : this.#indexOf(refusal);
    if (at === -1) return this.#socket.fail(reason);
    // What was published before is where it belongs; what came behind was not looked at.
    const taken = this.#sent.splice(0, at);
    for (const { settled } of taken) settled.resolve();
    this.#sent.shift()?.settled.reject(reason);
    this.#waiting.unshift(...this.#sent.splice(0));
    if (this.#waiting.length > 0) void this.#open();
  }

  #indexOf(refusal: PublishRefusal): number {
    switch (refusal.kind) {
      case "too-large":
        return this.#sent.findIndex(({ message: { body } }) =>
          body.byteLength === refusal.bodyBytes
        );
      case "forbidden":
        return this.#sent.findIndex(({ message }) => refusal.mayBe(message.routingKey));
      case "unknown":
        return this.#sent.length === 1 ? 0 : -1;
    }
  }

  #giveUp(): void {
    for (const { settled } of [...this.#sent.splice(0), ...this.#waiting.splice(0)]) {
      settled.resolve();
    }
  }
}
