/**
 * One live connection with one channel: what MetricQ needs of AMQP, in AMQP's words. A session never
 * comes back; {@linkcode ReconnectingConnection} opens the next one.
 *
 * @module
 */

import type { AMQPChannel } from "@cloudamqp/amqp-client";
import type { AMQPProperties } from "@cloudamqp/amqp-client/amqp-properties";
import { AmqpError } from "../errors.ts";
import { asAmqpError, isOfChannel } from "./amqp_error.ts";
import { AmqpSocket, type AmqpSocketOptions } from "./amqp_socket.ts";
import { OwnChannel } from "./own_channel.ts";
import { PublishEncoder } from "./publish_encoder.ts";
import { QueueConsumer, type QueueConsumerOptions } from "./queue_consumer.ts";
import type { ServerAddress } from "./server_address.ts";
import { SinglePublisher } from "./single_publisher.ts";
import { Topology } from "./topology.ts";

// Beyond this the socket is the bottleneck: handing it more would only move the buffer.
const WRITABLE_BACKLOG_BYTES = 1 << 20;

/** A message that arrived. */
export interface IncomingMessage {
  /** The bytes that were sent. */
  readonly body: Uint8Array;
  /** The sender's name: MetricQ puts the agent's token here. */
  readonly appId: string | undefined;
  /** Which request an answer belongs to. */
  readonly correlationId: string | undefined;
  /** The queue that an answer is to go to. */
  readonly replyTo: string | undefined;
}

/** Told what becomes of messages that a session publishes. */
export interface PublishListener {
  /** The session can take more messages, after it could not. */
  onWritable(): void;
  /** The broker takes no messages for now, as it runs out of memory or disk. */
  onBlocked?(): void;
  /** The broker has given back a message that no queue takes. */
  onReturn?(routingKey: string): void;
  /**
   * The broker has closed the channel: nothing more can be published with this publisher, and what it has
   * not confirmed may be lost. Without this, the session ends.
   */
  onRefused?(reason: AmqpError): void;
}

/** Told what becomes of messages that a session publishes with confirms. */
export interface ConfirmListener extends PublishListener {
  /** The broker has taken (or, not `acked`, refused) message `tag`, or all up to it. */
  onConfirm(tag: number, multiple: boolean, acked: boolean): void;
  /** The confirms that were read at a time have been told. */
  onConfirmsTold?(): void;
}

/** Publishes to one exchange. */
export interface Publisher {
  /** Whether messages can be handed over now; else wait for `onWritable`. */
  readonly writable: boolean;
  /** Whether the broker takes no messages for now. */
  readonly blocked: boolean;
  /** How many messages were handed over. */
  readonly published: number;
  /** Hands a message to the socket. Returns its number, by which it is confirmed. */
  publish(routingKey: string, body: Uint8Array): number;
}

/** One connection and its channel. */
export class AmqpSession {
  readonly #socket: AmqpSocket;
  #channel: AMQPChannel;
  readonly #down = new AbortController();
  readonly #single: SinglePublisher;
  #handledTag: number | undefined;
  #closing: Promise<void> | undefined;

  private constructor(socket: AmqpSocket, channel: AMQPChannel) {
    this.#socket = socket;
    this.#channel = channel;
    this.#single = new SinglePublisher(socket);
    this.#endWith(channel);
    void socket.ended.then(() => this.#down.abort());
  }

  /** Connects, logs in and opens the channel. Rejects with an {@linkcode AmqpError}. */
  static async open(
    address: ServerAddress,
    options: AmqpSocketOptions,
    signal?: AbortSignal,
  ): Promise<AmqpSession> {
    const socket = new AmqpSocket(address, options);
    await socket.connect(signal);
    const abort = () => socket.fail(new AmqpError("Cannot connect: stopped while connecting"));
    signal?.addEventListener("abort", abort);
    try {
      return new AmqpSession(socket, await socket.channel());
    } catch (error) {
      socket.destroy();
      throw asAmqpError(error);
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Settles when the session is over: with the reason, or without one if `close` was called. */
  get ended(): Promise<AmqpError | undefined> {
    return this.#socket.ended;
  }

  /** Aborted when the session is over. */
  get down(): AbortSignal {
    return this.#down.signal;
  }

  /** Checks that an exchange exists; the session ends with code 404 if it does not. */
  async requireExchange(name: string): Promise<void> {
    await this.#do(this.#channel.exchangeDeclare(name, "", { passive: true }));
  }

  /** Declares a queue that only this connection may use, and that goes with it. */
  async declareExclusiveQueue(name: string): Promise<void> {
    await this.#do(
      this.#channel.queueDeclare(name, { exclusive: true, durable: false, autoDelete: false }),
    );
  }

  /** Lets a queue receive what an exchange gets with a routing key. */
  async bindQueue(queue: string, exchange: string, routingKey: string): Promise<void> {
    await this.#do(this.#channel.queueBind(queue, exchange, routingKey));
  }

  /**
   * Receives a queue's messages; they are acknowledged when `onMessage` has returned, which must not
   * throw. If the broker ends that, as when the queue is deleted or its node leaves, the session ends:
   * nothing else would tell that no message comes any more.
   *
   * @param prefetch How many messages may be on their way here unacknowledged; 0 for any number.
   */
  async consume(
    queue: string,
    onMessage: (message: IncomingMessage, routingKey: string) => void,
    prefetch: number = 0,
  ): Promise<void> {
    if (prefetch > 0) await this.#do(this.#channel.basicQos(prefetch));
    const options = { noAck: false };
    const consumer = await this.#do(this.#channel.basicConsume(queue, options, (message) => {
      const { appId, correlationId, replyTo } = message.properties;
      const body = message.body ?? new Uint8Array(0);
      onMessage({ body, appId, correlationId, replyTo }, message.routingKey);
      this.#acknowledge(message.deliveryTag);
    }));
    consumer.wait().catch(() => {
      const message = `Connection given up: the broker delivers nothing from "${queue}" any more`;
      this.#socket.fail(new AmqpError(message));
    });
  }

  /**
   * Receives a queue's messages one by one, as its reader acknowledges them.
   *
   * @throws {AmqpError} If the broker refuses; the session stays up.
   */
  async openConsumer(options: QueueConsumerOptions): Promise<QueueConsumer> {
    return await QueueConsumer.open(await OwnChannel.open(this.#socket), options);
  }

  /** Arranges exchanges and queues on a channel of its own: a refusal there leaves the session up. */
  async arrange<Result>(work: (topology: Topology) => Promise<Result>): Promise<Result> {
    const topology = new Topology(await OwnChannel.open(this.#socket));
    try {
      return await work(topology);
    } finally {
      await topology.close();
    }
  }

  /**
   * Sends one message. Resolves when the broker has taken it, or the session ends.
   *
   * @throws {AmqpError} If the broker refuses it for what it is, which leaves the session up, or the
   * session is over.
   */
  async publish(
    exchange: string,
    routingKey: string,
    body: Uint8Array,
    properties: AMQPProperties,
  ): Promise<void> {
    await this.#single.publish({ exchange, routingKey, body, properties });
  }

  /**
   * Switches the channel to confirms and returns its publisher for one exchange. If the broker has closed
   * the channel, as for a message that was published on it, a new one takes its place.
   */
  async confirmedPublisher(
    exchange: string,
    properties: AMQPProperties,
    listener: ConfirmListener,
  ): Promise<Publisher> {
    const channel = await this.#openChannel();
    await this.#do(channel.confirmSelect());
    const publisher = this.#publisher(exchange, properties, listener);
    let hasConfirms = false;
    // The client keeps a promise and a frame-sized buffer per unconfirmed message; tags suffice.
    channel.publishConfirmed = (tag, multiple, nack) => {
      const { published } = publisher;
      hasConfirms = true;
      // From a broker that counts differently no confirm means anything.
      if (tag > published) {
        const message = `Connection given up: message ${tag} is confirmed, ${published} were sent`;
        this.#socket.fail(new AmqpError(message));
      } else listener.onConfirm(tag, multiple, !nack);
    };
    this.#socket.onRead = () => {
      if (hasConfirms) listener.onConfirmsTold?.();
      hasConfirms = false;
    };
    return publisher;
  }

  /** As `confirmedPublisher`, but what it hands over is not confirmed. */
  async publisher(
    exchange: string,
    properties: AMQPProperties,
    listener: PublishListener,
  ): Promise<Publisher> {
    await this.#openChannel();
    return this.#publisher(exchange, properties, listener);
  }

  /** Ends the session for a reason that is not the connection's own. */
  fail(reason: AmqpError): void {
    this.#socket.fail(reason);
  }

  #publisher(exchange: string, properties: AMQPProperties, listener: PublishListener): Publisher {
    const socket = this.#socket;
    const channel = this.#channel;
    if (listener.onRefused) this.#endWith(channel, (reason) => listener.onRefused?.(reason));
    channel.onReturn = ({ routingKey }) => listener.onReturn?.(routingKey);
    socket.onDrain = () => listener.onWritable();
    socket.onunblocked = () => listener.onWritable();
    socket.onblocked = () => listener.onBlocked?.();
    let published = 0;
    const encoder = new PublishEncoder(channel.id, exchange, properties, socket.frameMax);
    return {
      get writable() {
        return !socket.closed && !channel.closed && socket.blocked === undefined &&
          socket.backlogBytes < WRITABLE_BACKLOG_BYTES;
      },
      get blocked() {
        return socket.blocked !== undefined;
      },
      get published() {
        return published;
      },
      publish(routingKey, body) {
        const { outgoing } = socket;
        if (outgoing) encoder.encode(routingKey, body, outgoing);
        return ++published;
      },
    };
  }

  /** Closes the connection; gives the broker a moment to agree, then closes it alone. Each call waits for that. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    if (this.#socket.closed) return;
    await this.#socket.untilClosed(this.#socket.close());
    this.#socket.destroy();
  }

  /** Acknowledges a message and all before it: those that came together with one frame. */
  #acknowledge(deliveryTag: number): void {
    if (this.#handledTag === undefined) {
      // Runs behind the client's own microtasks, one for each message that it has read.
      queueMicrotask(() => {
        const tag = this.#handledTag;
        this.#handledTag = undefined;
        if (tag !== undefined) this.#channel.basicAck(tag, true).catch(() => {}); // it has ended
      });
    }
    this.#handledTag = deliveryTag;
  }

  async #openChannel(): Promise<AMQPChannel> {
    if (this.#channel.closed && !this.#socket.closed) {
      this.#channel = await this.#do(this.#socket.channel());
      this.#endWith(this.#channel);
    }
    return this.#channel;
  }

  // A channel that the broker closed is useless: unless somebody knows what to do about it, the
  // connection ends with it.
  #endWith(channel: AMQPChannel, onRefused?: (reason: AmqpError) => void): void {
    channel.onerror = (text) => {
      const reason = asAmqpError(new Error(text));
      if (onRefused && isOfChannel(text)) onRefused(reason);
      else this.#socket.fail(reason);
    };
  }

  // A refusal closes the channel: the waiting call is rejected by the client with the reason.
  async #do<Result>(call: Promise<Result>): Promise<Result> {
    try {
      return await this.#socket.answers.to(call);
    } catch (error) {
      throw asAmqpError(error);
    }
  }
}
