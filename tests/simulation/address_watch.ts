/**
 * Whether a source comes back to the address that it was connected to.
 *
 * @module
 */

import type { Transport } from "../../src/amqp/transport.ts";
import type { AgentEvent } from "../../src/observe/events.ts";

/** Looks at one run. */
export class AddressWatch {
  readonly #violate: (text: string) => void;
  readonly #opened = new Set<string>();
  readonly #lost = new Set<string>();
  #isRunning = false;
  // Whether the next attempt is the first of an outage.
  #isFirst = false;

  /** Nothing was opened yet. */
  constructor(violate: (text: string) => void) {
    this.#violate = violate;
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
    if (event.kind === "connection-lost") this.#lost.add(event.connection);
    else this.#lost.delete(event.connection);
    // Where both are lost, or one is opened for the first time, the attempt may be that of the other.
    const isAlone = this.#isRunning && this.#lost.size === 1;
    this.#isFirst = isAlone && event.kind === "connection-lost";
  }

  #attempt(hostname: string): void {
    const isKnown = !this.#isFirst || this.#opened.has(hostname);
    this.#isFirst = false;
    if (!isKnown) this.#violate(`an outage begins with ${hostname}, where it was not connected`);
  }
}
