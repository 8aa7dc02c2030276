/**
 * The simulated network: who can connect to the broker, and what becomes of connections.
 *
 * @module
 */

import type { Address } from "../../src/address.ts";
import type { ClientListener, ClientSocket } from "../../src/dev/broker/client_listener.ts";
import { BROKER_HOST, type Destination } from "./addresses.ts";
import type { SimulatedClock } from "./clock.ts";
import { type ClientEnd, Link, type LinkOptions, systemError } from "./link.ts";
import type { Conditions } from "./pipe.ts";
import { Random } from "./random.ts";
import type { Trace } from "./trace.ts";

/** What a {@linkcode SimulatedNetwork} is made with. */
export interface NetworkOptions {
  readonly clock: SimulatedClock;
  readonly trace: Trace;
  readonly seed: number;
  /** How bytes travel between an actor and the broker. */
  readonly conditions: (actor: string) => Conditions;
  readonly explain?: LinkOptions["explain"];
}

// When a system sends the first packet again that nothing has answered.
const SYN_AGAIN_MS = [1000, 3000, 7000, 15_000];

/** One broker's host, and all that connect to it. */
export class SimulatedNetwork {
  readonly #options: NetworkOptions;
  readonly #links = new Set<Link>();
  readonly #blockedUntilMs = new Map<string, number>();
  // Names that do not lead to the broker until a time.
  readonly #astray = new Map<string, { readonly to: Destination; readonly untilMs: number }>();
  readonly #attempts = new Map<string, number>();
  #listener: Listener | undefined;
  #nextNumber = 1;

  /** Makes a network without a broker. */
  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  /** The connections of an actor, in the order in which they were opened. */
  linksOf(actor: string): Link[] {
    return [...this.#links].filter((link) => link.actor === actor);
  }

  /** All connections. */
  get links(): Iterable<Link> {
    return this.#links;
  }

  /** An actor's attempts to connect get no answer until then. */
  block(actor: string, untilMs: number): void {
    const until = Math.max(this.#blockedUntilMs.get(actor) ?? 0, untilMs);
    this.#blockedUntilMs.set(actor, until);
  }

  /** A name does not lead to the broker until then. */
  lead(hostname: string, to: Destination, untilMs: number): void {
    if (untilMs > (this.#astray.get(hostname)?.untilMs ?? 0)) {
      this.#astray.set(hostname, { to, untilMs });
    }
  }

  /** Begins to open a connection for an actor, under a name of the broker. */
  connect(actor: string, hostname: string, onOpen: () => void): ClientEnd {
    const attempt = this.#attempts.get(actor) ?? 0;
    this.#attempts.set(actor, attempt + 1);
    const { clock, trace, seed, explain } = this.#options;
    const link = new Link({
      number: this.#nextNumber++,
      actor,
      hostname,
      clock,
      trace,
      random: new Random(seed, `link ${actor} ${attempt}`),
      conditions: this.#options.conditions(actor),
      localAddr: { hostname: BROKER_HOST, port: 5672 },
      onOver: (over) => this.#links.delete(over),
      explain,
    });
    trace.note(`${actor} connects to ${hostname}: link ${link.number}`);
    this.#links.add(link);
    this.#try(link, onOpen, 0);
    return link.client;
  }

  /** The broker begins to listen. */
  listen(addr: Address): ClientListener {
    return this.#listener = new Listener({ ...addr, port: 5672 });
  }

  #try(link: Link, onOpen: () => void, tries: number): void {
    const { clock, conditions } = this.#options;
    const { latencyMs, jitterMs } = conditions(link.actor);
    const isBlocked = clock.nowMs() < (this.#blockedUntilMs.get(link.actor) ?? 0);
    const destination = this.#destinationOf(link);
    if (isBlocked || destination === "silent") {
      const againMs = SYN_AGAIN_MS[tries];
      if (againMs === undefined || link.client.isClosed) return void this.#links.delete(link);
      clock.after(againMs, () => this.#try(link, onOpen, tries + 1));
      return;
    }
    clock.after(latencyMs + jitterMs / 2, () => {
      if (link.client.isClosed) {
        this.#links.delete(link);
        return;
      }
      const listener = this.#listener;
      if (destination === "refuses" || listener === undefined || listener.isClosed) {
        this.#links.delete(link);
        link.client.ended(systemError("ECONNREFUSED", "connection refused"));
        return;
      }
      listener.offer(link.server);
      clock.after(latencyMs, () => {
        if (!link.client.isClosed) onOpen();
      });
    });
  }

  #destinationOf({ hostname }: Link): Destination {
    const { to, untilMs } = this.#astray.get(hostname) ?? { to: "broker", untilMs: 0 };
    return this.#options.clock.nowMs() < untilMs ? to : "broker";
  }
}

class Listener implements ClientListener {
  readonly addr: Address;
  readonly #offered: ClientSocket[] = [];
  #accepting: PromiseWithResolvers<ClientSocket> | undefined;
  isClosed = false;

  constructor(addr: Address) {
    this.addr = addr;
  }

  offer(socket: ClientSocket): void {
    this.#offered.push(socket);
    this.#accept();
  }

  accept(): Promise<ClientSocket> {
    const accepting = this.#accepting = Promise.withResolvers<ClientSocket>();
    this.#accept();
    return accepting.promise;
  }

  close(): void {
    this.isClosed = true;
    this.#accepting?.reject(systemError("EBADF", "the listener is closed"));
    for (const socket of this.#offered.splice(0)) socket.close();
  }

  #accept(): void {
    const accepting = this.#accepting;
    const socket = this.#offered[0];
    if (accepting === undefined || socket === undefined) return;
    this.#offered.shift();
    this.#accepting = undefined;
    accepting.resolve(socket);
  }
}
