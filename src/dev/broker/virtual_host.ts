/**
 * A virtual host: its exchanges, queues and bindings, and what clients may do with them.
 *
 * @module
 */

import type { Randomness } from "../../randomness.ts";
import { type Binding, Exchange, EXCHANGE_TYPES, type ExchangeType } from "./exchange.ts";
import { HEADER_MATCHES } from "./headers_matcher.ts";
import type { Table } from "./field_reader.ts";
import type { MethodNamed } from "./method_decoder.ts";
import { Queue, type QueueEnvironment } from "./queue.ts";
import { queueLimits } from "./queue_arguments.ts";
import { ReplyError } from "./reply_error.ts";
import {
  locked,
  notFound,
  refuseDefaultExchange,
  refuseReservedName,
  requireSameExchange,
  requireSameQueue,
  transientQueueForbidden,
} from "./virtual_host_refusals.ts";

/** The exchanges that every virtual host has. */
const PREDECLARED: readonly [name: string, type: ExchangeType][] = [
  ["amq.direct", "direct"],
  ["amq.fanout", "fanout"],
  ["amq.topic", "topic"],
  ["amq.headers", "headers"],
  ["amq.match", "headers"],
];

// RabbitMQ hands on answers by this name without a queue.
const DIRECT_REPLY_TO = "amq.rabbitmq.reply-to";

/** The parts of the broker that a virtual host uses. */
export interface VirtualHostEnvironment extends QueueEnvironment {
  readonly randomness: Randomness;
  /**
   * Whether queues are taken that are neither durable nor exclusive.
   * @default {true}
   */
  readonly transientQueues?: boolean;
}

/** Where a message goes, valid while the virtual host's `version` stays the same. */
export interface Destinations {
  readonly version: number;
  /** The queues; undefined if the headers of each message decide. */
  readonly queues: readonly Queue[] | undefined;
}

/** Exchanges and queues that can be bound to each other. */
export class VirtualHost {
  /** The name, such as `"/"`. */
  readonly name: string;
  readonly #environment: VirtualHostEnvironment;
  readonly #exchanges = new Map<string, Exchange>();
  readonly #queues = new Map<string, Queue>();
  #version = 0;

  /** Makes a virtual host with the exchanges that every one has. */
  constructor(name: string, environment: VirtualHostEnvironment) {
    this.name = name;
    this.#environment = environment;
    for (const [exchange, type] of PREDECLARED) {
      const properties = { name: exchange, type, durable: true, autoDelete: false };
      this.#exchanges.set(exchange, new Exchange({ ...properties, internal: false }));
    }
  }

  /** Changes with every change of an exchange, a queue or a binding. */
  get version(): number {
    return this.#version;
  }

  /** A name for what a client has not named, in RabbitMQ's form: `amq.`, its kind, and an identifier. */
  generatedName(kind: "gen" | "ctag"): string {
    const identifier = Uint8Array.fromHex(this.#environment.randomness.identifier());
    return `amq.${kind}-${identifier.toBase64({ alphabet: "base64url", omitPadding: true })}`;
  }

  /** All queues. */
  get queues(): Iterable<Queue> {
    return this.#queues.values();
  }

  /**
   * Finds a queue for a connection.
   *
   * @throws {ReplyError} If there is none (404), or only another connection may use it (405).
   */
  queue(name: string, connection: object): Queue {
    const queue = this.#liveQueue(name);
    if (!queue && name === DIRECT_REPLY_TO) {
      throw new ReplyError(540, `direct reply-to, queue '${name}', is not supported`);
    }
    if (!queue) throw notFound(this.name, "queue", name);
    if (queue.owner !== undefined && queue.owner !== connection) throw locked(this.name, name);
    return queue;
  }

  /** Makes a queue, or finds the one that is declared the same way. */
  declareQueue(method: MethodNamed<"queue.declare">, connection: object): Queue {
    if (method.passive) return this.#touched(this.queue(method.queue, connection));
    const name = method.queue === "" ? this.generatedName("gen") : method.queue;
    const limits = queueLimits(name, this.name, method.arguments);
    const existing = this.#liveQueue(name);
    if (existing) {
      const owner = method.exclusive ? connection : undefined;
      if (existing.owner !== owner) throw locked(this.name, name);
      requireSameQueue(this.name, existing, method, limits);
      return this.#touched(existing);
    }
    if (method.queue !== "") refuseReservedName("queue", name);
    const { durable, autoDelete, exclusive } = method;
    if (!durable && !exclusive && this.#environment.transientQueues === false) {
      throw transientQueueForbidden(this.name, name);
    }
    const owner = method.exclusive ? connection : undefined;
    const queue = new Queue({ name, durable, autoDelete, owner, limits }, this.#environment);
    this.#queues.set(name, queue);
    this.#version++;
    return queue;
  }

  /** Deletes a queue with its bindings and returns how many messages it held; 0 if there is none. */
  deleteQueue(method: MethodNamed<"queue.delete">, connection: object): number {
    if (!this.#liveQueue(method.queue)) return 0;
    const queue = this.queue(method.queue, connection);
    if (method.ifUnused && queue.consumerCount > 0) {
      throw new ReplyError(406, `queue '${queue.name}' in vhost '${this.name}' in use`);
    }
    const { messageCount } = queue;
    if (method.ifEmpty && messageCount > 0) {
      throw new ReplyError(406, `queue '${queue.name}' in vhost '${this.name}' not empty`);
    }
    this.#removeQueue(queue);
    return messageCount;
  }

  /** Removes the queue of a removed consumer if it goes with its last one. */
  consumerRemoved(queue: Queue): void {
    if (queue.autoDelete && queue.consumerCount === 0) this.#removeQueue(queue);
  }

  /** Deletes the queues that only this connection could use. */
  connectionClosed(connection: object): void {
    for (const queue of this.#queues.values()) {
      if (queue.owner === connection) this.#removeQueue(queue);
    }
  }

  /** Deletes a queue, whoever may use it, and tells whether there was one. */
  dropQueue(name: string): boolean {
    const queue = this.#liveQueue(name);
    if (queue !== undefined) this.#removeQueue(queue);
    return queue !== undefined;
  }

  /** Deletes expired queues and drops expired messages. */
  sweep(): void {
    for (const queue of this.#queues.values()) {
      if (queue.expired) this.#removeQueue(queue);
      else queue.dropExpired();
    }
  }

  /**
   * Forgets what a crash of the broker takes: exchanges and queues that are not durable, messages that
   * are not persistent. To be called when all connections have ended.
   */
  dropTransient(): void {
    for (const queue of this.#queues.values()) {
      if (queue.durable) queue.dropTransient();
      else this.#removeQueue(queue);
    }
    for (const exchange of this.#exchanges.values()) {
      if (!exchange.durable) this.#removeExchange(exchange);
    }
  }

  /** Makes an exchange, or finds the one that is declared the same way. */
  declareExchange(method: MethodNamed<"exchange.declare">): void {
    const name = method.exchange;
    refuseDefaultExchange(name);
    if (method.passive) {
      this.#exchange(name);
      return;
    }
    const type = EXCHANGE_TYPES.find((known) => known === method.type);
    if (!type) throw new ReplyError(503, `unknown exchange type '${method.type}'`);
    const unsupported = Object.keys(method.arguments).find((key) =>
      key.startsWith("x-") || key === "alternate-exchange"
    );
    if (unsupported !== undefined) {
      throw new ReplyError(540, `argument '${unsupported}' of exchange '${name}' is not supported`);
    }
    const { durable, autoDelete, internal } = method;
    const properties = { name, type, durable, autoDelete, internal };
    const existing = this.#exchanges.get(name);
    if (existing) return requireSameExchange(this.name, existing, properties);
    refuseReservedName("exchange", name);
    this.#exchanges.set(name, new Exchange(properties));
    this.#version++;
  }

  /** Deletes an exchange and every binding from or to it. */
  deleteExchange(method: MethodNamed<"exchange.delete">): void {
    const name = method.exchange;
    refuseDefaultExchange(name);
    if (name.startsWith("amq.")) {
      throw new ReplyError(
        403,
        `deletion of system exchange '${name}' in vhost '${this.name}' not allowed`,
      );
    }
    const exchange = this.#exchanges.get(name);
    if (!exchange) return;
    if (method.ifUnused && !exchange.unbound) {
      throw new ReplyError(406, `exchange '${name}' in vhost '${this.name}' in use`);
    }
    this.#removeExchange(exchange);
  }

  /** Binds a queue. */
  bindQueue(method: MethodNamed<"queue.bind">, connection: object): void {
    refuseDefaultExchange(method.exchange);
    const destination = this.queue(method.queue, connection);
    this.#bind(method.exchange, { ...method, destination });
  }

  /** Unbinds a queue. As in RabbitMQ, there need not be such a binding, queue or exchange. */
  unbindQueue(method: MethodNamed<"queue.unbind">, connection: object): void {
    refuseDefaultExchange(method.exchange);
    if (!this.#liveQueue(method.queue)) return;
    const destination = this.queue(method.queue, connection);
    this.#unbind(method.exchange, { ...method, destination });
  }

  /** Binds an exchange to another. */
  bindExchange(method: MethodNamed<"exchange.bind">): void {
    refuseDefaultExchange(method.destination);
    refuseDefaultExchange(method.source);
    const destination = this.#exchange(method.destination);
    this.#bind(method.source, { ...method, destination });
  }

  /** Unbinds an exchange from another. As in RabbitMQ, neither they nor the binding need exist. */
  unbindExchange(method: MethodNamed<"exchange.unbind">): void {
    refuseDefaultExchange(method.destination);
    refuseDefaultExchange(method.source);
    const destination = this.#exchanges.get(method.destination);
    if (destination) this.#unbind(method.source, { ...method, destination });
  }

  /**
   * Where messages of an exchange with a routing key go.
   *
   * @throws {ReplyError} If there is no such exchange (404), or it is an internal one (403).
   */
  destinations(exchangeName: string, routingKey: string): Destinations {
    const version = this.#version;
    if (exchangeName === "") {
      const queue = this.#liveQueue(routingKey);
      return { version: this.#version, queues: queue ? [queue] : [] };
    }
    const exchange = this.#exchange(exchangeName);
    if (exchange.internal) {
      throw new ReplyError(
        403,
        `cannot publish to internal exchange '${exchangeName}' in vhost '${this.name}'`,
      );
    }
    if (exchange.routesByHeaders()) return { version, queues: undefined };
    return { version, queues: this.routeByHeaders(exchangeName, routingKey, {}) };
  }

  /** Where one message with its headers goes. */
  routeByHeaders(exchangeName: string, routingKey: string, headers: Table): Queue[] {
    const queues = new Set<Queue>();
    this.#exchange(exchangeName).route(routingKey, headers, queues);
    return [...queues];
  }

  #bind(source: string, binding: Binding): void {
    const exchange = this.#exchange(source);
    const match = binding.arguments["x-match"];
    if (exchange.type === "headers" && match !== undefined && !HEADER_MATCHES.includes(match)) {
      throw new ReplyError(
        406,
        `invalid x-match field value ${JSON.stringify(match)}: ` +
          `one of ${HEADER_MATCHES.join(", ")} is required`,
      );
    }
    const { destination, routingKey } = binding;
    exchange.bind({ destination, routingKey, arguments: binding.arguments });
    this.#version++;
  }

  #unbind(source: string, binding: Binding): void {
    const exchange = this.#exchanges.get(source);
    if (exchange?.unbind(binding)) this.#unbound(exchange);
  }

  #unbound(exchange: Exchange): void {
    this.#version++;
    if (exchange.autoDelete && exchange.unbound) this.#removeExchange(exchange);
  }

  #exchange(name: string): Exchange {
    const exchange = this.#exchanges.get(name);
    if (!exchange) throw notFound(this.name, "exchange", name);
    return exchange;
  }

  #liveQueue(name: string): Queue | undefined {
    const queue = this.#queues.get(name);
    if (!queue?.expired) return queue;
    this.#removeQueue(queue);
    return undefined;
  }

  #touched(queue: Queue): Queue {
    queue.touch();
    return queue;
  }

  #removeQueue(queue: Queue): void {
    // A consumer that learns of the removal may ask for it once more.
    if (this.#queues.get(queue.name) !== queue) return;
    this.#queues.delete(queue.name);
    this.#version++;
    this.#unbindEverywhere(queue);
    queue.delete();
  }

  #removeExchange(exchange: Exchange): void {
    this.#exchanges.delete(exchange.name);
    this.#version++;
    this.#unbindEverywhere(exchange);
  }

  #unbindEverywhere(destination: Queue | Exchange): void {
    for (const exchange of this.#exchanges.values()) {
      if (exchange.unbindAll(destination)) this.#unbound(exchange);
    }
  }
}
