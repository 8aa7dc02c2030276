/**
 * Whether a source comes back to the address that it was connected to, and then tries the others in turn.
 *
 * @module
 */

import type { Transport } from "../../src/amqp/transport.ts";
import type { AgentEvent, ConnectionOfEvent } from "../../src/observe/events.ts";

/** What an {@linkcode AddressWatch} is made with. */
export interface AddressWatchOptions {
  /** How many addresses there are for a connection. */
  readonly count: (connection: ConnectionOfEvent["connection"]) => number;
  readonly violate: (text: string) => void;
}

/** Looks at one run. */
export class AddressWatch {
  readonly #options: AddressWatchOptions;
  readonly #opened = new Set<string>();
  readonly #lost = new Set<string>();
  #isRunning = false;
  // The outage that all attempts belong to, if that is known.
  #outage: { readonly hasOthers: boolean; lastTried: string | undefined } | undefined;

  /** Nothing was opened yet. */
  constructor(options: AddressWatchOptions) {
    this.#options = options;
  }

  /** A transport that tells it of attempts, and is otherwise the same. */
  following(transport: Transport): Transport {
    return (address, tls, onOpen) => {
      this.#attempt(address.hostname);
      return transport(address, tls, () => {
        this.#opened.add(address.hostname);
        onOpen();
      });
    };
  }

  /** The next event. */
  note(event: AgentEvent): void {
    if (event.kind === "running") this.#isRunning = true;
    if (!("connection" in event)) return;
    const { kind, connection } = event;
    if (kind === "connection-lost") this.#lost.add(connection);
    else this.#lost.delete(connection);
    // Where both are lost, or one is opened for the first time, an attempt may be that of the other.
    const isAlone = this.#isRunning && kind === "connection-lost" && this.#lost.size === 1;
    const hasOthers = this.#options.count(connection) > 1;
    this.#outage = isAlone ? { hasOthers, lastTried: undefined } : undefined;
  }

  #attempt(hostname: string): void {
    const outage = this.#outage;
    if (outage === undefined) return;
    const { violate } = this.#options;
    const { lastTried, hasOthers } = outage;
    outage.lastTried = hostname;
    if (lastTried === undefined && !this.#opened.has(hostname)) {
      violate(`an outage begins with ${hostname}, where it was not connected`);
    }
    if (lastTried === hostname && hasOthers) violate(`${hostname} is tried twice in a row`);
  }
}
