/**
 * What the behaviour cases do with a broker, through amqplib.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import amqplib, {
  type Channel,
  type ChannelModel,
  type ConfirmChannel,
  type ConsumeMessage,
  type GetMessage,
  type Options,
} from "amqplib";

/** A consumer whose messages are awaited one by one. */
export interface Inbox {
  readonly consumerTag: string;
  /** The next message; null once the broker has cancelled the consumer. */
  next(): Promise<ConsumeMessage | null>;
  /** How many messages have come and were not taken. */
  readonly waiting: number;
}

/** One case's connections to a broker. */
export class AmqplibSession implements AsyncDisposable {
  readonly #url: string;
  readonly #connections: ChannelModel[] = [];
  readonly #failures = new WeakMap<object, Promise<string>>();

  /** Makes a session with the broker and vhost of a URL. */
  constructor(url: string) {
    this.#url = url;
  }

  /** Opens a channel, on a connection of its own unless told otherwise. */
  async channel(connection?: ChannelModel): Promise<Channel> {
    const model = connection ?? await this.connect();
    return this.#watch(await model.createChannel(), model);
  }

  /** Opens a channel with publisher confirms, on a connection of its own. */
  async confirmChannel(): Promise<ConfirmChannel> {
    const model = await this.connect();
    return this.#watch(await model.createConfirmChannel(), model);
  }

  /** Opens a connection. */
  async connect(): Promise<ChannelModel> {
    const connection = await amqplib.connect(this.#url, { noDelay: true });
    connection.on("error", () => {}); // seen through `outcome`; without a listener it would be thrown
    this.#connections.push(connection);
    return connection;
  }

  /** Consumes a queue. */
  async consume(channel: Channel, queue: string, options?: Options.Consume): Promise<Inbox> {
    const arrived: (ConsumeMessage | null)[] = [];
    const waiters: ((message: ConsumeMessage | null) => void)[] = [];
    const { consumerTag } = await channel.consume(queue, (message) => {
      const waiter = waiters.shift();
      if (waiter) waiter(message);
      else arrived.push(message);
    }, options);
    return {
      consumerTag,
      get waiting() {
        return arrived.length;
      },
      next() {
        const message = arrived.shift();
        if (message !== undefined) return Promise.resolve(message);
        return new Promise((resolve) => waiters.push(resolve));
      },
    };
  }

  /** Gets all messages of a queue, and settles them unless told otherwise. */
  async drain(channel: Channel, queue: string, noAck = true): Promise<GetMessage[]> {
    const messages: GetMessage[] = [];
    for (let message = await channel.get(queue, { noAck }); message;) {
      messages.push(message);
      message = await channel.get(queue, { noAck });
    }
    return messages;
  }

  /**
   * What becomes of an action: what it resolves to, or the text of the error with which the broker
   * ended the channel or the connection. Of an action that has no answer, it waits for what follows.
   */
  async outcome(channel: Channel, action: () => unknown): Promise<unknown> {
    const attempt = async () => {
      const result = await action();
      await channel.checkExchange("amq.direct");
      return result;
    };
    const failure = this.#failures.get(channel);
    return await Promise.race([attempt().catch(() => failure), failure]);
  }

  /** Closes what is still open. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections) await connection.close().catch(() => {});
  }

  #watch<Kind extends Channel>(channel: Kind, connection: ChannelModel): Kind {
    const failure = new Promise<string>((resolve) => {
      channel.on("error", (error) => resolve(`channel: ${replyText(error)}`));
      connection.on("error", (error) => resolve(`connection: ${replyText(error)}`));
    });
    this.#failures.set(channel, failure);
    return channel;
  }
}

/** Makes the body of a message. */
export function body(text: string): Buffer {
  return Buffer.from(text);
}

/** The reply text within amqplib's message, with the class and method that it is about. */
function replyText(error: Error): string {
  const { classId, methodId } = error as { classId?: number; methodId?: number };
  const [, text = error.message] = /with message "(.*)"$/s.exec(error.message) ?? [];
  return classId === undefined ? text : `${text} (${classId}.${methodId})`;
}
