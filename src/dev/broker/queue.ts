/**
 * A queue: messages in order, the consumers that take turns, and its limits. It knows no socket, and
 * is given the time.
 *
 * @module
 */

import { Deque } from "../../deque.ts";
import type { MemoryGauge } from "./memory_gauge.ts";
import { type Message, messageCostBytes } from "./message.ts";
import type { QueueLimits } from "./queue_arguments.ts";

/** A message in one queue. */
export interface QueuedMessage {
  readonly message: Message;
  /** The place in the queue, which the message returns to when it is requeued. */
  readonly position: number;
  /** When the message expires, on the broker's clock; `Infinity` for never. */
  readonly expiresAtMs: number;
  /** Whether the message was delivered before. */
  redelivered: boolean;
}

/** Takes messages out of a queue. */
export interface MessageTaker {
  /** Whether a message counts as settled as soon as it is delivered. */
  readonly noAck: boolean;
  /** Whether another message may be delivered now. */
  ready(): boolean;
  /** Takes a message. */
  deliver(entry: QueuedMessage, queue: Queue): void;
  /** Called when the queue is gone. */
  cancelled(): void;
}

/** How a queue was declared. */
export interface QueueDeclaration {
  readonly name: string;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  /** The connection that alone may use the queue. */
  readonly owner: object | undefined;
  readonly limits: QueueLimits;
}

/** The parts of the broker that a queue uses. */
export interface QueueEnvironment {
  readonly nowMs: () => number;
  readonly memory: MemoryGauge;
}

/** A queue and its consumers. */
export class Queue implements QueueDeclaration {
  readonly name: string;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  readonly owner: object | undefined;
  readonly limits: QueueLimits;
  readonly #environment: QueueEnvironment;
  readonly #waiting = new Deque<QueuedMessage>();
  /** What came back, last position first. All of it stood before everything that is waiting. */
  readonly #returned: QueuedMessage[] = [];
  readonly #consumers: MessageTaker[] = [];
  #exclusiveConsumer: MessageTaker | undefined;
  #turn = 0;
  #nextPosition = 0;
  #unsettled = 0;
  #usedAtMs: number;
  #deleted = false;

  /** Makes an empty queue. */
  constructor(properties: QueueDeclaration, environment: QueueEnvironment) {
    this.name = properties.name;
    this.durable = properties.durable;
    this.autoDelete = properties.autoDelete;
    this.owner = properties.owner;
    this.limits = properties.limits;
    this.#environment = environment;
    this.#usedAtMs = environment.nowMs();
  }

  /** How many messages wait for delivery. */
  get messageCount(): number {
    this.dropExpired();
    return this.#readyCount;
  }

  /** How many messages are delivered and not settled. */
  get unsettledCount(): number {
    return this.#unsettled;
  }

  /** How many consumers there are. */
  get consumerCount(): number {
    return this.#consumers.length;
  }

  /** Whether a consumer has the queue to itself. */
  get hasExclusiveConsumer(): boolean {
    return this.#exclusiveConsumer !== undefined;
  }

  /** Whether the queue has been unused for as long as its `x-expires` says. */
  get expired(): boolean {
    const { expiresMs } = this.limits;
    return expiresMs !== undefined && this.#consumers.length === 0 &&
      this.#environment.nowMs() - this.#usedAtMs >= expiresMs;
  }

  /** Notes a use, which postpones `x-expires`. */
  touch(): void {
    this.#usedAtMs = this.#environment.nowMs();
  }

  /** Adds a message at the end and delivers what can be delivered. */
  push(message: Message): void {
    this.#environment.memory.add(messageCostBytes(message));
    const entry = {
      message,
      position: this.#nextPosition++,
      expiresAtMs: this.#expiryMs(message),
      redelivered: false,
    };
    this.dropExpired();
    // A consumer that is ready gets the message even if it expires at once.
    const consumer = this.#readyCount === 0 ? this.#nextReadyConsumer() : undefined;
    if (consumer) return this.#handOver(entry, consumer);
    this.#waiting.push(entry);
    this.deliver();
    this.#dropSurplus();
  }

  /** Delivers until no message waits or no consumer is ready. */
  deliver(): void {
    while (this.#readyCount > 0) {
      const consumer = this.#nextReadyConsumer();
      if (!consumer) return;
      this.dropExpired();
      const entry = this.#shift();
      if (entry) this.#handOver(entry, consumer);
    }
  }

  /** Takes the first message out; with `noAck` it is settled at once. */
  dequeue(noAck: boolean): QueuedMessage | undefined {
    this.dropExpired();
    const entry = this.#shift();
    if (entry) this.#taken(entry, noAck);
    return entry;
  }

  /** Forgets a message that was taken: it is acknowledged, or rejected for good. */
  settle(entry: QueuedMessage): void {
    this.#unsettled--;
    this.#forget(entry);
  }

  /** Puts messages that were taken back to their places and delivers them again. */
  requeue(entries: readonly QueuedMessage[]): void {
    for (const entry of entries) {
      if (this.#deleted) {
        this.settle(entry);
      } else {
        this.#unsettled--;
        entry.redelivered = true;
        this.#returned.splice(this.#returnedIndex(entry), 0, entry);
      }
    }
    this.#dropSurplus();
    this.deliver();
  }

  /** Drops the waiting messages and returns how many there were. */
  purge(): number {
    const count = this.messageCount;
    for (let entry = this.#shift(); entry; entry = this.#shift()) this.#forget(entry);
    return count;
  }

  /** Adds a consumer and delivers to it. */
  addConsumer(consumer: MessageTaker, exclusive: boolean): void {
    this.#consumers.push(consumer);
    if (exclusive) this.#exclusiveConsumer = consumer;
    this.deliver();
  }

  /** Removes a consumer. */
  removeConsumer(consumer: MessageTaker): void {
    const index = this.#consumers.indexOf(consumer);
    if (index < 0) return;
    this.#consumers.splice(index, 1);
    if (this.#exclusiveConsumer === consumer) this.#exclusiveConsumer = undefined;
    if (this.#consumers.length === 0) this.touch();
  }

  /** Drops what a crash of the broker takes. To be called when no message is delivered and unsettled. */
  dropTransient(): void {
    const waiting: QueuedMessage[] = [];
    for (let entry = this.#shift(); entry; entry = this.#shift()) {
      if (entry.message.persistent) waiting.push(entry);
      else this.#forget(entry);
    }
    for (const entry of waiting) this.#waiting.push(entry);
    this.touch();
  }

  /** Drops everything and tells the consumers. What is not settled may still be settled. */
  delete(): void {
    this.#deleted = true;
    this.purge();
    for (const consumer of this.#consumers.splice(0)) consumer.cancelled();
  }

  #handOver(entry: QueuedMessage, consumer: MessageTaker): void {
    this.#taken(entry, consumer.noAck);
    consumer.deliver(entry, this);
  }

  #taken(entry: QueuedMessage, noAck: boolean): void {
    if (noAck) this.#forget(entry);
    else this.#unsettled++;
  }

  get #readyCount(): number {
    return this.#returned.length + this.#waiting.length;
  }

  /** Where in `#returned` a message belongs, by bisection. */
  #returnedIndex(entry: QueuedMessage): number {
    let low = 0;
    let high = this.#returned.length;
    while (low < high) {
      const middle = low + high >> 1;
      if ((this.#returned[middle]?.position ?? 0) > entry.position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #expiryMs(message: Message): number {
    const ttlMs = Math.min(message.expirationMs ?? Infinity, this.limits.messageTtlMs ?? Infinity);
    return ttlMs === Infinity ? Infinity : this.#environment.nowMs() + ttlMs;
  }

  #nextReadyConsumer(): MessageTaker | undefined {
    for (let tries = this.#consumers.length; tries > 0; tries--) {
      if (this.#turn >= this.#consumers.length) this.#turn = 0;
      const consumer = this.#consumers[this.#turn++];
      if (consumer?.ready()) return consumer;
    }
    return undefined;
  }

  #peek(): QueuedMessage | undefined {
    return this.#returned.at(-1) ?? this.#waiting.first;
  }

  #shift(): QueuedMessage | undefined {
    return this.#returned.pop() ?? this.#waiting.shift();
  }

  /** Drops expired messages from the head. As in RabbitMQ, one behind a message that stays does, too. */
  dropExpired(): void {
    for (let head = this.#peek(); head && head.expiresAtMs !== Infinity; head = this.#peek()) {
      if (head.expiresAtMs > this.#environment.nowMs()) return;
      this.#shift();
      this.#forget(head);
    }
  }

  #dropSurplus(): void {
    while (this.#readyCount > (this.limits.maxLength ?? Infinity)) {
      const entry = this.#shift();
      if (entry) this.#forget(entry);
    }
  }

  #forget(entry: QueuedMessage): void {
    this.#environment.memory.add(-messageCostBytes(entry.message));
  }
}
