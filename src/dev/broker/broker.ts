/**
 * An AMQP 0-9-1 broker in the process, for development and tests. It keeps everything in memory, and
 * loses it when it stops, "durable" and "persistent" or not. Only a crash that is played within the
 * process leaves these to the next broker.
 *
 * @module
 */

import { addressText } from "../../address.ts";
import { listenAt, requireLoopback } from "../../listen.ts";
import { logger } from "../../log.ts";
import { clockOrSystem, type MonotonicClock, sleep } from "../../time/clock.ts";
import { type ConnectionInfo, connectionInfo, type QueueInfo, queueInfos } from "./broker_info.ts";
import { type BrokerOptions, emptyHosts, readOffer, type Survivors } from "./broker_options.ts";
import { ClientConnection, type ConnectionContext } from "./client_connection.ts";
import type { ClientListener, ClientSocket } from "./client_listener.ts";
import { type BrokerCounters, newCounters } from "./counters.ts";
import type { MemoryGauge } from "./memory_gauge.ts";
import { ReplyError } from "./reply_error.ts";
import type { Restrictions } from "./restrictions.ts";
import type { VirtualHost } from "./virtual_host.ts";

/** How often expired messages and queues are cleared away that no client has touched since. */
const SWEEP_PERIOD_MS = 1000;

/** How long the broker accepts no connection after it could not: others have to end first. */
const ACCEPT_RETRY_MS = 100;

/** A running broker. It runs until `close`, or until `await using` leaves its block. */
export class Broker implements AsyncDisposable {
  /** What is forbidden to clients. */
  readonly restrictions: Restrictions;
  readonly #listener: ClientListener;
  readonly #context: ConnectionContext;
  readonly #clock: MonotonicClock;
  readonly #virtualHosts: ReadonlyMap<string, VirtualHost>;
  readonly #memory: MemoryGauge;
  readonly #counters = newCounters();
  readonly #connections = new Set<ClientConnection>();
  readonly #stop = new AbortController();
  readonly #tasks: Promise<void>[];
  #pause: PromiseWithResolvers<void> | undefined;

  /**
   * Starts a broker.
   *
   * @throws {TypeError} If the address is not the machine's own and `allowRemote` is not set.
   * @throws {RangeError} If a number is outside of what AMQP, or this broker, can do.
   * @throws {Deno.errors.AddrInUse} If another program listens there.
   */
  static start(options: BrokerOptions = {}): Broker {
    return new Broker(options);
  }

  private constructor(options: BrokerOptions) {
    const { hostname = "127.0.0.1", port = 0, allowRemote = false, listen = Deno.listen } = options;
    if (!allowRemote) requireLoopback("broker", hostname);
    this.#clock = clockOrSystem(options.clock);
    const { virtualHosts, memory, restrictions } = options.survivors ??
      emptyHosts(options, this.#clock);
    this.restrictions = restrictions;
    this.#virtualHosts = virtualHosts;
    this.#memory = memory;
    this.#context = {
      users: new Map(Object.entries(options.users ?? { guest: "guest" })),
      virtualHosts: this.#virtualHosts,
      ...readOffer(options),
      restrictions: this.restrictions,
      clock: this.#clock,
      memory: this.#memory,
      counters: this.#counters,
      pause: () => this.#pause?.promise,
    };
    const address = { hostname, port };
    this.#listener = listenAt("broker", address, () => listen(address));
    logger("broker").info("Listening on {url}, everything is in memory only", { url: this.url });
    this.#tasks = [this.#accept(), this.#sweep()];
  }

  /** The port that the broker listens on. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** The address for clients, without user and password. */
  get url(): string {
    return `amqp://${addressText(this.#listener.addr)}`;
  }

  /** What the broker has done since it started. */
  get counters(): Readonly<BrokerCounters> {
    return { ...this.#counters };
  }

  /** What the messages in all queues take, in bytes, by a rough estimate. */
  get memoryBytes(): number {
    return this.#memory.bytes;
  }

  /** The connections of clients. */
  connections(): ConnectionInfo[] {
    return [...this.#connections].filter(({ session }) => session.isOpen).map(connectionInfo);
  }

  /** The queues of all virtual hosts. */
  queues(): QueueInfo[] {
    return [...this.#virtualHosts.values()].flatMap(queueInfos);
  }

  /**
   * Closes all connections with a name, or an address, as an administrator would: their clients get
   * 320 CONNECTION_FORCED.
   *
   * @returns How many connections there were. They may stay for a moment.
   */
  closeConnection(name: string, reason = "closed by the administrator"): number {
    const named = this.#named(name);
    for (const connection of named) connection.close(new ReplyError(320, reason));
    return named.length;
  }

  /**
   * Cuts all connections with a name, or an address, without the closing handshake, as a network that
   * fails does.
   *
   * @returns How many connections there were.
   */
  cutConnection(name: string): number {
    const named = this.#named(name);
    for (const connection of named) connection.destroy();
    return named.length;
  }

  /**
   * Deletes a queue as the end of its node does: its consumers are told, whoever may use it.
   *
   * @returns Whether there was one.
   */
  deleteQueue(name: string): boolean {
    return [...this.#virtualHosts.values()].some((host) => host.dropQueue(name));
  }

  /**
   * Counts memory as used that no message takes, or gives it back if `changeBytes` is negative: beyond
   * `memoryLimitBytes` publishers are stalled, as with messages.
   */
  occupyMemory(changeBytes: number): void {
    this.#memory.add(changeBytes);
  }

  /** Stalls every connection: nothing is read or written, and no connection ends, until `resume`. */
  pause(): void {
    this.#pause ??= Promise.withResolvers();
  }

  /** Goes on after `pause`. */
  resume(): void {
    this.#pause?.resolve();
    this.#pause = undefined;
  }

  /** Closes all connections, cuts those whose clients do not agree, and forgets everything. */
  async close(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    this.#listener.close();
    this.resume();
    for (const connection of this.#connections) {
      connection.close(
        new ReplyError(320, "broker forced connection closure with reason 'shutdown'"),
      );
    }
    await Promise.all([...this.#connections].map(({ ended }) => ended));
    await Promise.all(this.#tasks);
  }

  /**
   * Ends as a process does that is killed: all connections are cut, and what is on its way to clients is
   * lost.
   *
   * @returns What is durable, for the broker that takes its place.
   */
  async crash(): Promise<Survivors> {
    this.#stop.abort();
    this.#listener.close();
    this.resume();
    // First of all: what one client gives back must not go to another.
    for (const { session } of this.#connections) session.writer.acceptsDeliveries = false;
    for (const connection of this.#connections) connection.destroy();
    for (const host of this.#virtualHosts.values()) host.dropTransient();
    await Promise.all(this.#tasks); // so that the address is free
    const { restrictions } = this;
    return { virtualHosts: this.#virtualHosts, memory: this.#memory, restrictions };
  }

  /** Closes the broker. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #named(name: string): ClientConnection[] {
    return [...this.#connections].filter((connection) =>
      connection.name === name || connection.address === name
    );
  }

  async #accept(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        const socket = await this.#listener.accept();
        this.#serve(socket).catch((error) => {
          // Such as: the client has gone already.
          logger("broker").debug("Cannot serve connection: {error}", { error });
        });
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        // Such as: no more file descriptors. Others may close theirs.
        logger("broker").warn("Cannot accept connection: {error}", { error });
        await sleep(this.#clock, ACCEPT_RETRY_MS, this.#stop.signal);
      }
    }
  }

  async #serve(socket: ClientSocket): Promise<void> {
    socket.setNoDelay();
    this.#counters.connections++;
    const connection = new ClientConnection(socket, address(socket), this.#context);
    this.#connections.add(connection);
    await connection.run();
    this.#connections.delete(connection);
  }

  async #sweep(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await sleep(this.#clock, SWEEP_PERIOD_MS, this.#stop.signal);
      for (const host of this.#virtualHosts.values()) host.sweep();
    }
  }
}

function address({ remoteAddr, localAddr }: ClientSocket): string {
  return `${addressText(remoteAddr)} -> ${addressText(localAddr)}`;
}
