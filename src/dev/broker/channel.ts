/**
 * A channel: what a client does with exchanges, queues and messages.
 *
 * @module
 */

import { BasicMethod, ClassId, Type } from "@cloudamqp/amqp-client/amqp-frame";
import { ChannelConsumer, type ConsumerChannel } from "./channel_consumer.ts";
import { type Outlet, writeDelivery, writeGetOk } from "./content_encoder.ts";
import { readUint16 } from "./frame_reader.ts";
import { decodeMethod, type MethodNamed } from "./method_decoder.ts";
import * as encode from "./method_encoder.ts";
import { ChannelPublisher, type PublishingHost } from "./channel_publisher.ts";
import type { Queue, QueuedMessage } from "./queue.ts";
import { ReplyError } from "./reply_error.ts";
import { requeueAll, type Unsettled, UnsettledMessages } from "./unsettled.ts";

/** What a channel needs of its connection. */
export interface ChannelHost extends PublishingHost {
  /** Whether the client wants to be told that a consumer's queue is gone. */
  readonly wantsCancelNotice: boolean;
  /** Called when there are publishes to confirm, which happens when the current turn ends. */
  confirmLater(channel: Channel): void;
}

const BASIC_PUBLISH = ClassId.BASIC << 16 | BasicMethod.PUBLISH;

/** One channel of a connection. */
export class Channel implements ConsumerChannel {
  /** Set once the broker has closed the channel, until the client agrees. */
  closing = false;
  readonly #number: number;
  readonly #host: ChannelHost;
  readonly #consumers = new Map<string, ChannelConsumer>();
  readonly #unsettled = new UnsettledMessages();
  readonly #publisher: ChannelPublisher;
  #lastQueue: string | undefined;
  #lastDeliveryTag = 0;
  #consumerPrefetchCount = 0;
  #channelPrefetchCount = 0;
  #consumerUnsettled = 0;

  /** Opens a channel. */
  constructor(number: number, host: ChannelHost) {
    this.#number = number;
    this.#host = host;
    this.#publisher = new ChannelPublisher(number, host, () => host.confirmLater(this));
  }

  /** How many consumers the channel has. */
  get consumerCount(): number {
    return this.#consumers.size;
  }

  /** How many messages are delivered and not settled. */
  get unsettledCount(): number {
    return this.#unsettled.size;
  }

  /**
   * Follows a frame.
   *
   * @throws {ReplyError} If it cannot be followed.
   */
  onFrame(type: number, bytes: Uint8Array, start: number, end: number): void {
    if (type !== Type.METHOD) return this.#publisher.onContent(type, bytes, start, end);
    this.#publisher.requireNoContent();
    this.#onMethod(bytes, start, end);
  }

  /** Confirms what was published since the last time. */
  confirm(): void {
    this.#publisher.confirm();
  }

  /** Lets the queues deliver again, after the client has read. */
  resume(): void {
    for (const { queue } of this.#consumers.values()) queue.deliver();
  }

  /** Gives everything back: consumers, unsettled messages, a half-published message. */
  release(): void {
    const consumers = [...this.#consumers.values()];
    this.#consumers.clear();
    this.#publisher.giveUp();
    for (const consumer of consumers) consumer.queue.removeConsumer(consumer);
    requeueAll(this.#unsettled.takeAll());
    for (const { queue } of consumers) this.#host.virtualHost.consumerRemoved(queue);
  }

  /** Whether the client reads fast enough and the channel's window has room. */
  acceptsDelivery(noAck: boolean): boolean {
    const hasRoom = noAck || this.#channelPrefetchCount === 0 ||
      this.#consumerUnsettled < this.#channelPrefetchCount;
    return hasRoom && !this.#host.writer.full;
  }

  /** Sends a message to a consumer. */
  deliver(consumer: ChannelConsumer, entry: QueuedMessage, queue: Queue): void {
    const deliveryTag = ++this.#lastDeliveryTag;
    if (!consumer.noAck) {
      consumer.unsettled++;
      this.#consumerUnsettled++;
      this.#unsettled.add(deliveryTag, { entry, queue, consumer });
    }
    this.#host.counters.delivered++;
    const { tagBytes } = consumer;
    writeDelivery(this.#outlet, tagBytes, deliveryTag, entry.redelivered, entry.message);
  }

  /** Drops a consumer whose queue is gone. */
  consumerCancelled(consumer: ChannelConsumer): void {
    this.#consumers.delete(consumer.tag);
    if (this.#host.wantsCancelNotice) this.#reply(encode.basicCancel(this.#number, consumer.tag));
  }

  get #outlet(): Outlet {
    const { writer, maxFrameBytes } = this.#host;
    return { buffer: writer.buffer, channel: this.#number, maxFrameBytes };
  }

  #reply(frame: Uint8Array): void {
    this.#host.writer.write(frame);
  }

  #replyUnless(noWait: boolean, name: Parameters<typeof encode.plainReply>[1]): void {
    if (!noWait) this.#reply(encode.plainReply(this.#number, name));
  }

  #onMethod(bytes: Uint8Array, start: number, end: number): void {
    if ((readUint16(bytes, start) << 16 | readUint16(bytes, start + 2)) === BASIC_PUBLISH) {
      return this.#publisher.begin(bytes, start + 4, end);
    }
    const method = decodeMethod(bytes.subarray(start, end));
    const { virtualHost } = this.#host;
    switch (method.name) {
      case "channel.flow":
        return this.#flow(method);
      case "exchange.declare":
        virtualHost.declareExchange(method);
        return this.#replyUnless(method.noWait, "exchange.declare-ok");
      case "exchange.delete":
        virtualHost.deleteExchange(method);
        return this.#replyUnless(method.noWait, "exchange.delete-ok");
      case "exchange.bind":
        virtualHost.bindExchange(method);
        return this.#replyUnless(method.noWait, "exchange.bind-ok");
      case "exchange.unbind":
        virtualHost.unbindExchange(method);
        return this.#replyUnless(method.noWait, "exchange.unbind-ok");
      case "queue.declare":
        return this.#declareQueue(method);
      case "queue.bind":
        return this.#bindQueue(method);
      case "queue.unbind":
        virtualHost.unbindQueue({ ...method, queue: this.#queueName(method.queue) }, this.#host);
        return this.#replyUnless(false, "queue.unbind-ok");
      case "queue.purge":
        return this.#purgeQueue(method);
      case "queue.delete":
        return this.#deleteQueue(method);
      case "basic.qos":
        return this.#qos(method);
      case "basic.consume":
        return this.#consume(method);
      case "basic.cancel":
        return this.#cancel(method);
      case "basic.cancel-ok":
        return; // the answer to a notice
      case "basic.get":
        return this.#get(method);
      case "basic.ack":
        return this.#settle(method.deliveryTag, method.multiple, false);
      case "basic.nack":
        return this.#settle(method.deliveryTag, method.multiple, method.requeue);
      case "basic.reject":
        return this.#settle(method.deliveryTag, false, method.requeue);
      case "basic.recover":
      case "basic.recover-async":
        return this.#recover(method);
      case "confirm.select":
        this.#publisher.selectConfirms();
        return this.#replyUnless(method.noWait, "confirm.select-ok");
      default:
        throw new ReplyError(503, `${method.name} is not expected on an open channel`);
    }
  }

  #flow(method: MethodNamed<"channel.flow">): void {
    // As RabbitMQ: stopping deliveries is what basic.qos is for.
    if (!method.active) throw new ReplyError(540, "active=false");
    this.#reply(encode.channelFlowOk(this.#number, true));
  }

  /** The name of a queue; the empty one means the queue that was declared last. */
  #queueName(name: string): string {
    const known = name === "" ? this.#lastQueue : name;
    if (known === undefined) throw new ReplyError(404, "no previously declared queue");
    return known;
  }

  #queue(name: string): Queue {
    return this.#host.virtualHost.queue(this.#queueName(name), this.#host);
  }

  #declareQueue(method: MethodNamed<"queue.declare">): void {
    const queue = this.#host.virtualHost.declareQueue(method, this.#host);
    this.#lastQueue = queue.name;
    if (method.noWait) return;
    const { name, messageCount, consumerCount } = queue;
    this.#reply(encode.queueDeclareOk(this.#number, name, messageCount, consumerCount));
  }

  #bindQueue(method: MethodNamed<"queue.bind">): void {
    const queue = this.#queueName(method.queue);
    const routingKey = method.queue === "" && method.routingKey === "" ? queue : method.routingKey;
    this.#host.virtualHost.bindQueue({ ...method, queue, routingKey }, this.#host);
    this.#replyUnless(method.noWait, "queue.bind-ok");
  }

  #purgeQueue(method: MethodNamed<"queue.purge">): void {
    const count = this.#queue(method.queue).purge();
    if (!method.noWait) this.#reply(encode.queuePurgeOk(this.#number, count));
  }

  #deleteQueue(method: MethodNamed<"queue.delete">): void {
    const queue = this.#queueName(method.queue);
    const count = this.#host.virtualHost.deleteQueue({ ...method, queue }, this.#host);
    if (!method.noWait) this.#reply(encode.queueDeleteOk(this.#number, count));
  }

  #qos(method: MethodNamed<"basic.qos">): void {
    if (method.prefetchSize !== 0) {
      throw new ReplyError(540, `prefetch_size!=0 (${method.prefetchSize})`);
    }
    if (method.global) this.#channelPrefetchCount = method.prefetchCount;
    else this.#consumerPrefetchCount = method.prefetchCount;
    this.#replyUnless(false, "basic.qos-ok");
    this.resume();
  }

  #consume(method: MethodNamed<"basic.consume">): void {
    const { noAck, exclusive } = method;
    const unsupported = Object.keys(method.arguments)[0];
    if (unsupported !== undefined) {
      throw new ReplyError(540, `argument '${unsupported}' of basic.consume is not supported`);
    }
    if (method.noLocal) throw new ReplyError(540, "no_local is not supported");
    if (this.#consumers.has(method.consumerTag)) {
      throw new ReplyError(530, `attempt to reuse consumer tag '${method.consumerTag}'`);
    }
    const queue = this.#queue(method.queue);
    if (queue.hasExclusiveConsumer || exclusive && queue.consumerCount > 0) {
      const { name } = this.#host.virtualHost;
      throw new ReplyError(403, `queue '${queue.name}' in vhost '${name}' in exclusive use`);
    }
    const tag = method.consumerTag || this.#host.virtualHost.generatedName("ctag");
    const prefetchCount = this.#consumerPrefetchCount;
    const consumer = new ChannelConsumer(this, { tag, queue, noAck, prefetchCount });
    this.#consumers.set(tag, consumer);
    if (!method.noWait) this.#reply(encode.basicConsumeOk(this.#number, tag));
    queue.addConsumer(consumer, exclusive);
  }

  #cancel(method: MethodNamed<"basic.cancel">): void {
    const consumer = this.#consumers.get(method.consumerTag);
    this.#consumers.delete(method.consumerTag);
    if (!method.noWait) this.#reply(encode.basicCancelOk(this.#number, method.consumerTag));
    if (!consumer) return;
    consumer.queue.removeConsumer(consumer);
    this.#host.virtualHost.consumerRemoved(consumer.queue);
  }

  #get(method: MethodNamed<"basic.get">): void {
    const queue = this.#queue(method.queue);
    queue.touch();
    const entry = queue.dequeue(method.noAck);
    if (!entry) return this.#replyUnless(false, "basic.get-empty");
    const deliveryTag = ++this.#lastDeliveryTag;
    if (!method.noAck) this.#unsettled.add(deliveryTag, { entry, queue, consumer: undefined });
    this.#host.counters.delivered++;
    const { messageCount } = queue;
    writeGetOk(this.#outlet, deliveryTag, entry.redelivered, entry.message, messageCount);
  }

  #settle(deliveryTag: number, multiple: boolean, requeue: boolean): void {
    const messages = this.#unsettled.settle(deliveryTag, multiple);
    this.#freeWindows(messages);
    if (requeue) return requeueAll(messages);
    this.#host.counters.settled += messages.length;
    for (const { entry, queue } of messages) queue.settle(entry);
    if (this.#channelPrefetchCount > 0) return this.resume();
    for (const { queue } of messages) queue.deliver();
  }

  #recover(method: MethodNamed<"basic.recover" | "basic.recover-async">): void {
    if (!method.requeue) throw new ReplyError(540, "requeue=false");
    const messages = this.#unsettled.takeAll();
    this.#freeWindows(messages);
    this.#replyUnless(method.name === "basic.recover-async", "basic.recover-ok");
    requeueAll(messages);
  }

  #freeWindows(messages: readonly Unsettled[]): void {
    for (const { consumer } of messages) {
      if (!consumer) continue;
      consumer.unsettled--;
      this.#consumerUnsettled--;
    }
  }
}
