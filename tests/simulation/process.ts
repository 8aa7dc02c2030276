/**
 * What a program sees of the simulated world, until it is killed.
 *
 * @module
 */

import type { Transport } from "../../src/amqp/transport.ts";
import type { MonotonicClock } from "../../src/time/clock.ts";
import type { Timestamp } from "../../src/time/timestamp.ts";
import type { SimulatedClock } from "./clock.ts";
import type { ClientEnd } from "./link.ts";
import type { SimulatedNetwork } from "./network.ts";

/** Gives one run of a program its time and its connections, and takes them away at once. */
export class Process implements MonotonicClock {
  readonly #clock: SimulatedClock;
  readonly #network: SimulatedNetwork;
  readonly #actor: string;
  readonly #streams = new Set<ClientEnd>();
  readonly #killed = Promise.withResolvers<void>();
  #isKilled = false;

  /** Starts a process of an actor. */
  constructor(actor: string, clock: SimulatedClock, network: SimulatedNetwork) {
    this.#actor = actor;
    this.#clock = clock;
    this.#network = network;
  }

  /** Whether it was killed. */
  get isKilled(): boolean {
    return this.#isKilled;
  }

  /** Settles when it is killed. */
  get killed(): Promise<void> {
    return this.#killed.promise;
  }

  /** How it connects. */
  readonly transport: Transport = ({ hostname }, tls, onOpen) => {
    // A process that is killed is not there to be told anything; the promise that waits for it is kept.
    const stream = this.#network.connect(
      this.#actor,
      hostname,
      () => this.#isKilled || onOpen(),
    );
    for (const old of this.#streams) if (old.isClosed) this.#streams.delete(old);
    if (this.#isKilled) stream.destroy();
    else this.#streams.add(stream);
    void tls;
    return stream;
  };

  nowMs(): number {
    return this.#clock.nowMs();
  }

  wallTime(): Timestamp {
    return this.#clock.wallTime();
  }

  turn(onTurn: () => void): void {
    this.#clock.turn(() => this.#isKilled || onTurn());
  }

  sleepUntil(deadlineMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.wake(deadlineMs, signal, () => this.#isKilled || resolve());
    });
  }

  wakeAt(deadlineMs: number, onWake: () => void): () => void {
    return this.#clock.wakeAt(deadlineMs, () => this.#isKilled || onWake());
  }

  /** Ends it, between one step and the next: nothing of it runs any more. Its system closes its sockets. */
  kill(): void {
    if (this.#isKilled) return;
    this.#isKilled = true;
    for (const stream of this.#streams) stream.abandon();
    this.#killed.resolve();
  }
}
