/**
 * The broker as an actor that crashes and comes back.
 *
 * @module
 */

import type { Broker } from "../../src/dev/broker/broker.ts";
import { emptyHosts, type Survivors } from "../../src/dev/broker/broker_options.ts";
import { EmbeddedBroker } from "../../src/dev/broker/embedded_broker.ts";
import type { Queue } from "../../src/dev/broker/queue.ts";
import type { SimulatedClock } from "./clock.ts";
import { DATABASE_QUEUE } from "./database.ts";
import type { Link } from "./link.ts";
import type { SimulatedNetwork } from "./network.ts";
import type { Random } from "./random.ts";
import type { Trace } from "./trace.ts";

const MEMORY_BYTES = 2 ** 30;

/** What the broker is made with. */
export interface BrokerActorOptions {
  readonly clock: SimulatedClock;
  readonly network: SimulatedNetwork;
  readonly trace: Trace;
  readonly randomness: Random;
}

/** Runs the broker, and the one after it that has what is durable. */
export class BrokerActor {
  readonly #options: BrokerActorOptions;
  // The same in each broker that runs: their queues are what is durable.
  readonly #hosts: Survivors;
  readonly #embedded: EmbeddedBroker;
  // How many faults keep it down.
  #isDown = 0;
  #recovering: Promise<void> = Promise.resolve();

  /** Starts it. */
  constructor(options: BrokerActorOptions) {
    const { clock, network, randomness } = options;
    this.#options = options;
    this.#hosts = emptyHosts({ randomness, memoryLimitBytes: MEMORY_BYTES }, clock);
    this.#embedded = new EmbeddedBroker({
      port: 5672,
      clock,
      listen: (address) => network.listen(address),
      randomness,
      survivors: this.#hosts,
    });
  }

  /** The broker that runs now. */
  get current(): Broker {
    return this.#embedded.current;
  }

  /** Whether it runs. */
  get isUp(): boolean {
    return this.#isDown === 0;
  }

  /** A durable queue, which outlives each broker that has it. */
  queue(name: string): Queue {
    const host = this.#hosts.virtualHosts.get("/");
    if (host === undefined) throw new Error("There is no virtual host");
    return host.queue(name, this);
  }

  /** Kills it; with `silently` as if its host had lost its power. */
  crash(silently: boolean): void {
    if (this.#isDown++ > 0) return;
    const { network, trace } = this.#options;
    this.#recovering = this.#recovering.then(async () => {
      if (silently) { for (const link of network.links) link.stall(Infinity, "both"); }
      await this.#embedded.crash();
      trace.note("the broker has crashed");
    });
  }

  /** Starts it again, when the last fault is over that keeps it down. */
  recover(): void {
    if (--this.#isDown > 0) return;
    this.#recovering = this.#recovering.then(() => {
      this.#embedded.recover();
      this.#options.trace.note("the broker is back");
    });
  }

  /** Lets it run out of memory. */
  raiseAlarm(): void {
    this.current.occupyMemory(MEMORY_BYTES + 1);
  }

  /** Gives it its memory back. */
  endAlarm(): void {
    this.current.occupyMemory(-MEMORY_BYTES - 1);
  }

  /** Closes a connection as an administrator does. */
  closeByAdministrator({ actor, number }: Link): void {
    const found = this.current.connections().find(({ address }) =>
      address.startsWith(`${actor}:${number} `)
    );
    if (found !== undefined) this.current.closeConnection(found.address);
  }

  /** How many messages of a queue are delivered and not acknowledged. */
  unsettledOf(queue: string): number {
    return this.current.queues().find(({ name }) => name === queue)?.unsettled ?? 0;
  }

  /** What the database has not received, if anything. */
  get unread(): string | undefined {
    const queue = this.current.queues().find(({ name }) => name === DATABASE_QUEUE);
    if (queue === undefined) return "there is no queue";
    const { messages, unsettled } = queue;
    return messages + unsettled === 0 ? undefined : `${messages} wait, ${unsettled} are unsettled`;
  }
}
