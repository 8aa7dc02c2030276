/**
 * One session of a source's data connection.
 *
 * @module
 */

import { asAmqpError } from "../amqp/amqp_error.ts";
import { readPublishRefusal } from "../amqp/publish_refusal.ts";
import type { AmqpSession, ConfirmListener, Publisher } from "../amqp/session.ts";
import type { AmqpError } from "../errors.ts";
import { logger } from "../log.ts";
import type { Delivery } from "../outbox/delivery_options.ts";
import type { Outbox } from "../outbox/outbox.ts";

const log = logger("source");

// AMQP's delivery modes.
const TRANSIENT = 1;
const PERSISTENT = 2;

/** What a {@linkcode DataSession} is made with. */
export interface DataSessionOptions {
  /** Emptied into the session. */
  readonly outbox: Outbox;
  /** Where the data goes. */
  readonly exchange: string;
  /** Whether the broker is asked for confirms. */
  readonly delivery: Delivery;
  /** Whether durable queues keep the messages when the broker restarts. */
  readonly persistent: boolean;
}

/** Empties an outbox into a session until that ends. */
export class DataSession {
  readonly #session: AmqpSession;
  readonly #options: DataSessionOptions;
  #publisher: Publisher | undefined;

  /** Sends nothing before `begin`. */
  constructor(session: AmqpSession, options: DataSessionOptions) {
    this.#session = session;
    this.#options = options;
  }

  /**
   * Begins to send.
   *
   * @throws {AmqpError} If the exchange does not exist (code 404), or the session ends.
   */
  async begin(): Promise<void> {
    await this.#session.requireExchange(this.#options.exchange);
    await this.#openPublisher();
    void this.#session.ended.then((reason) => this.#end(reason));
  }

  #end(reason: AmqpError | undefined): void {
    if (reason !== undefined) this.#refuse(reason);
    this.#options.outbox.detach(this.#publisher);
  }

  async #openPublisher(): Promise<void> {
    const { outbox, exchange, delivery, persistent } = this.#options;
    const session = this.#session;
    let isDown = session.down.aborted; // the signal takes longer to ask, for each of many confirms
    session.down.addEventListener("abort", () => isDown = true);
    const properties = { deliveryMode: persistent ? PERSISTENT : TRANSIENT };
    const listener: ConfirmListener = {
      onConfirm(tag, multiple, acked) {
        if (!isDown) outbox.confirm(tag, multiple, acked, true);
      },
      onConfirmsTold() {
        if (!isDown) outbox.proceed();
      },
      onWritable: () => outbox.resume(),
      onBlocked: () => outbox.resume(),
      onReturn: (metric) => this.#onReturn(metric),
      onRefused: (reason) => this.#onRefused(reason),
    };
    const publisher = delivery === "confirmed"
      ? await session.confirmedPublisher(exchange, properties, listener)
      : await session.publisher(exchange, properties, listener);
    if (isDown) return; // nothing would detach it any more
    this.#publisher = publisher;
    outbox.attach(publisher);
  }

  // What is refused for what it is closes a channel, and is no reason for an outage of all the rest.
  #onRefused(reason: AmqpError): void {
    const session = this.#session;
    if (!this.#refuse(reason)) session.fail(reason);
    else this.#openPublisher().catch((error) => session.fail(asAmqpError(error)));
  }

  /** Returns whether a chunk is the reason. */
  #refuse(reason: AmqpError): boolean {
    const refusal = readPublishRefusal(reason);
    if (refusal === undefined || this.#publisher === undefined) return false;
    return this.#options.outbox.refuse(this.#publisher, refusal);
  }

  // Only messages that ask for it are given back, and ours do not.
  #onReturn(metric: string): void {
    const { outbox } = this.#options;
    if (outbox.counters.chunksReturned === 0) {
      log.warn("The broker gives chunks back that have no receiver, first one of {metric}", {
        metric,
      });
    }
    outbox.returned();
  }
}
