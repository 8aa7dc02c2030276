/**
 * Where a source's outbox meets the broker.
 *
 * @module
 */

import type { AgentCore } from "../agent/agent_core.ts";
import type { ReconnectingConnection } from "../amqp/reconnecting_connection.ts";
import type { AmqpSession, ConfirmListener } from "../amqp/session.ts";
import { logger } from "../log.ts";
import type { Delivery } from "../outbox/delivery_options.ts";
import type { Outbox } from "../outbox/outbox.ts";

const log = logger("source");

// AMQP's delivery modes.
const TRANSIENT = 1;
const PERSISTENT = 2;

/** What a {@linkcode DataConnection} is made with. */
export interface DataConnectionOptions {
  readonly core: AgentCore;
  /** Emptied into the connection while that is up. */
  readonly outbox: Outbox;
  /** Whether the broker is asked for confirms. */
  readonly delivery: Delivery;
  /** Whether durable queues keep the messages when the broker restarts. */
  readonly persistent: boolean;
}

/** Where data goes, in the manager's words. */
export interface DataPlace {
  readonly dataServerAddress: string;
  readonly dataExchange: string;
}

/** The connection that an outbox is emptied into. */
export class DataConnection {
  readonly #core: AgentCore;
  readonly #outbox: Outbox;
  readonly #delivery: Delivery;
  readonly #deliveryMode: number;
  #place: DataPlace | undefined;
  #connection: ReconnectingConnection | undefined;

  /** Opens nothing before `connect`. */
  constructor({ core, outbox, delivery, persistent }: DataConnectionOptions) {
    this.#core = core;
    this.#outbox = outbox;
    this.#delivery = delivery;
    this.#deliveryMode = persistent ? PERSISTENT : TRANSIENT;
  }

  /**
   * Connects to a place, and closes the connection to another one before; changes nothing if it is
   * connected to that place already.
   *
   * @throws {ConnectFailed} If the connection cannot be opened, the exchange does not exist, or the place
   * would take TLS away without leave.
   * @throws {SyntaxError} If the address is not one.
   */
  async connect(place: DataPlace): Promise<void> {
    const { dataServerAddress, dataExchange } = place;
    const isThere = dataServerAddress === this.#place?.dataServerAddress &&
      dataExchange === this.#place.dataExchange;
    if (isThere) return;
    // First: an address that cannot be used leaves the connection to the old place as it is.
    const addresses = this.#core.deriveAddresses(dataServerAddress);
    // Before the connection: if that fails, the next attempt must not take the old place for open.
    this.#place = undefined;
    const { events, stopping } = this.#core;
    if (this.#connection) events.connectionLost("data", "the manager names another address");
    await this.#connection?.close();
    if (stopping.aborted) return;
    this.#connection = this.#core.makeConnection("data", addresses, {
      setUp: (session) => this.#attachOutbox(session, dataExchange),
    });
    await this.#connection.connect();
    events.connectionBack("data");
    this.#place = place;
  }

  /** Closes the connection for good. */
  async close(): Promise<void> {
    await this.#connection?.close();
  }

  async #attachOutbox(session: AmqpSession, exchange: string): Promise<void> {
    const outbox = this.#outbox;
    await session.requireExchange(exchange);
    const properties = { deliveryMode: this.#deliveryMode };
    const listener: ConfirmListener = {
      onConfirm(tag, multiple, acked) {
        if (!session.down.aborted) outbox.confirm(tag, multiple, acked);
      },
      onWritable: () => outbox.resume(),
      onBlocked: () => outbox.resume(),
      onReturn: (metric) => this.#onReturn(metric),
    };
    const publisher = this.#delivery === "confirmed"
      ? await session.confirmedPublisher(exchange, properties, listener)
      : session.publisher(exchange, properties, listener);
    session.down.addEventListener("abort", () => outbox.detach(publisher));
    outbox.attach(publisher);
  }

  // Only messages that ask for it are given back, and ours do not.
  #onReturn(metric: string): void {
    if (this.#outbox.counters.chunksReturned === 0) {
      log.warn("The broker gives chunks back that have no receiver, first one of {metric}", {
        metric,
      });
    }
    this.#outbox.returned();
  }
}
