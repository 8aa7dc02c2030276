/**
 * Where a source's outbox meets the broker.
 *
 * @module
 */

import type { AgentCore } from "../agent/agent_core.ts";
import type { ReconnectingConnection } from "../amqp/reconnecting_connection.ts";
import { DataSession, type DataSessionOptions } from "./data_session.ts";

/** What a {@linkcode DataConnection} is made with. */
export interface DataConnectionOptions extends Omit<DataSessionOptions, "exchange"> {
  readonly core: AgentCore;
}

/** Where data goes, in the manager's words. */
export interface DataPlace {
  readonly dataServerAddress: string;
  readonly dataExchange: string;
}

/** The connection that an outbox is emptied into. */
export class DataConnection {
  readonly #options: DataConnectionOptions;
  #place: DataPlace | undefined;
  #connection: ReconnectingConnection | undefined;

  /** Opens nothing before `connect`. */
  constructor(options: DataConnectionOptions) {
    this.#options = options;
  }

  /**
   * Connects to the place that a registration names, and closes the connection to another one before;
   * if it is connected to that place already, it only tries again what was forbidden there.
   *
   * @throws {ConnectFailed} If the connection cannot be opened, the exchange does not exist, or the place
   * would take TLS away without leave.
   * @throws {SyntaxError} If the address is not one.
   */
  async connect(place: DataPlace): Promise<void> {
    const { dataServerAddress, dataExchange } = place;
    const { core, outbox } = this.#options;
    outbox.pardon();
    const isThere = dataServerAddress === this.#place?.dataServerAddress &&
      dataExchange === this.#place.dataExchange;
    if (isThere) return;
    // First: an address that cannot be used leaves the connection to the old place as it is.
    const addresses = core.deriveAddresses(dataServerAddress);
    // Before the connection: if that fails, the next attempt must not take the old place for open.
    this.#place = undefined;
    const { events, stopping } = core;
    await this.#connection?.close();
    if (stopping.aborted) return;
    // Not before: while it is being closed, data may begin to stall, or move again.
    if (this.#connection) events.connectionLost("data", "the manager names another address");
    const options = { ...this.#options, exchange: dataExchange };
    this.#connection = core.makeConnection("data", addresses, {
      setUp: (session) => new DataSession(session, options).begin(),
    });
    await this.#connection.connect();
    events.connectionBack("data");
    this.#place = place;
  }

  /** Closes the connection for good. */
  async close(): Promise<void> {
    await this.#connection?.close();
  }
}
