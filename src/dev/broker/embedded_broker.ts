/**
 * The broker of a network in the process, and the accidents that tests cause.
 *
 * @module
 */

import { clockOrSystem, sleep } from "../../time/clock.ts";
import { Broker } from "./broker.ts";
import type { BrokerOptions } from "./broker_options.ts";

// A port that the kernel has chosen can be taken by any client on this machine while nobody listens on
// it: it is the local end of a connection then, and most of these are short.
const RETRY_MS = 50;
const MAX_RETRIES = 100;

/** A broker that can be started again in the same place. */
export class EmbeddedBroker implements AsyncDisposable {
  readonly #options: BrokerOptions;
  #broker: Broker;

  /** Starts it. */
  constructor(options: BrokerOptions) {
    this.#broker = Broker.start(options);
    this.#options = { ...options, port: this.#broker.port };
  }

  /** Its address, which stays the same. */
  get url(): string {
    return this.#broker.url;
  }

  /** The broker that runs now. */
  get current(): Broker {
    return this.#broker;
  }

  /**
   * Ends it, with all queues and messages, and starts it again.
   *
   * @throws {Deno.errors.AddrInUse} If something else has taken its port and keeps it.
   */
  async restart(): Promise<void> {
    await this.#broker.close();
    for (let retry = 0; !this.#start(retry < MAX_RETRIES); retry++) {
      await sleep(clockOrSystem(this.#options.clock), RETRY_MS);
    }
  }

  #start(mayFail: boolean): boolean {
    try {
      this.#broker = Broker.start(this.#options);
      return true;
    } catch (error) {
      if (mayFail && error instanceof Deno.errors.AddrInUse) return false;
      throw error;
    }
  }

  /** Ends it as a kill does; what is durable comes back with `recover`. */
  async crash(): Promise<void> {
    this.#options.survivors = await this.#broker.crash();
  }

  /** Starts it again after a crash, in the same place. */
  recover(): void {
    this.#broker = Broker.start(this.#options);
    delete this.#options.survivors;
  }

  /**
   * Cuts the connections of all clients but one, without the closing handshake.
   *
   * @param isSpared Whether a connection of this name stays.
   * @returns How many were cut.
   */
  cutAllBut(isSpared: (name: string) => boolean): number {
    return this.#broker.connections()
      .filter(({ name }) => !isSpared(name))
      .reduce((count, { address }) => count + this.#broker.cutConnection(address), 0);
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#broker.close();
  }
}
