/**
 * A channel for one purpose, beside the session's own.
 *
 * @module
 */

import type { AMQPChannel } from "@cloudamqp/amqp-client";
import { asAmqpError } from "./amqp_error.ts";
import type { AmqpSocket } from "./amqp_socket.ts";

/**
 * A channel for one purpose: what the broker refuses there closes it, and concerns nothing else on the
 * connection.
 */
export class OwnChannel {
  /** To call its methods; their answers are waited for by `answerTo`. */
  readonly channel: AMQPChannel;
  readonly #socket: AmqpSocket;

  private constructor(socket: AmqpSocket, channel: AMQPChannel) {
    this.#socket = socket;
    this.channel = channel;
    channel.onerror = () => {}; // the waiting call is rejected with the reason
  }

  /**
   * Opens one.
   *
   * @throws {AmqpError} If the broker refuses, or the connection ends.
   */
  static async open(socket: AmqpSocket): Promise<OwnChannel> {
    try {
      return new OwnChannel(socket, await socket.answers.to(socket.channel()));
    } catch (error) {
      throw asAmqpError(error);
    }
  }

  /**
   * Waits for the broker's answer.
   *
   * @throws {AmqpError} If the broker refuses, or the connection ends.
   */
  async answerTo<Result>(call: Promise<Result>): Promise<Result> {
    try {
      return await this.#socket.answers.to(call);
    } catch (error) {
      throw asAmqpError(error);
    }
  }

  /** Closes the channel, unless it is closed already; gives the broker a moment to agree. */
  async close(): Promise<void> {
    if (this.channel.closed) return;
    // The client does not tell when the connection goes meanwhile.
    await this.#socket.untilClosed(this.channel.close());
  }
}
