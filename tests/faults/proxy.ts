/**
 * A TCP proxy that stands for a bad network: it holds, delays, throttles, corrupts and cuts what
 * passes, in either direction, for one connection or for all.
 *
 * @module
 */

import { freePort } from "../peers/process.ts";

/** Which way bytes go: to the broker, or to its client. */
export type Direction = "toServer" | "toClient";

/** What is wrong with one direction. Absent: nothing. */
export interface Impairment {
  /**
   * Whether nothing passes. Connections stay open, as they do when packets are lost, and what was
   * held goes on when that ends, as TCP sends lost packets again.
   */
  readonly held?: boolean;
  /** How long every piece waits. */
  readonly delayMs?: number;
  /** How much passes. */
  readonly bytesPerSecond?: number;
  /** The probability with which a piece is replaced by noise of the same length. */
  readonly noise?: number;
}

const BOTH: readonly Direction[] = ["toServer", "toClient"];
const PIECE_BYTES = 16_384;

/** Where a {@linkcode Proxy} leads, and the source of its noise. */
export interface ProxyOptions {
  /** The port of the server, on loopback. */
  readonly serverPort: number;
  /** Numbers from 0 to below 1. */
  readonly random: () => number;
}

/** A listener on loopback. New connections are as all connections are told to be. */
export class Proxy implements AsyncDisposable {
  /** The port to connect to. */
  readonly port: number = freePort();
  readonly #options: ProxyOptions;
  readonly #listener: Deno.TcpListener;
  readonly #connections = new Set<ProxiedConnection>();
  readonly #impairments: Record<Direction, Impairment> = { toServer: {}, toClient: {} };
  readonly #accepted: Promise<void>;

  /** Begins to listen. */
  constructor(options: ProxyOptions) {
    this.#options = options;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: this.port });
    this.#accepted = this.#accept();
  }

  /** The connections that are open now, the oldest first. */
  get connections(): readonly ProxiedConnection[] {
    return [...this.#connections];
  }

  /** Spoils all connections, also those to come. */
  impair(impairment: Impairment, directions: readonly Direction[] = BOTH): void {
    for (const direction of directions) this.#impairments[direction] = impairment;
    for (const connection of this.#connections) connection.impair(impairment, directions);
  }

  /** Lets everything pass again, on all connections. */
  heal(): void {
    this.impair({});
  }

  /** Closes all connections. */
  cut(): void {
    for (const connection of this.#connections) connection.cut();
  }

  /** Closes all connections and stops listening. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.cut();
    await this.#accepted;
  }

  async #accept(): Promise<void> {
    const carried: Promise<void>[] = [];
    for await (const client of this.#listener) carried.push(this.#carry(client));
    await Promise.all(carried);
  }

  async #carry(client: Deno.TcpConn): Promise<void> {
    const connection = new ProxiedConnection(client, this.#options);
    for (const direction of BOTH) connection.impair(this.#impairments[direction], [direction]);
    this.#connections.add(connection);
    await connection.carry();
    this.#connections.delete(connection);
  }
}

/** One client's connection, and ours to the server. */
export class ProxiedConnection {
  readonly #client: Deno.TcpConn;
  readonly #options: ProxyOptions;
  readonly #impairments: Record<Direction, Impairment> = { toServer: {}, toClient: {} };
  readonly #gone = new AbortController();
  #server: Deno.TcpConn | undefined;
  // Replaced and resolved when an impairment changes; a piece that is held looks again.
  #changed = Promise.withResolvers<void>();

  /** Takes over an accepted connection. */
  constructor(client: Deno.TcpConn, options: ProxyOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Spoils this connection. */
  impair(impairment: Impairment, directions: readonly Direction[] = BOTH): void {
    for (const direction of directions) this.#impairments[direction] = impairment;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Closes both sides at once. */
  cut(): void {
    this.#gone.abort();
    this.#changed.resolve();
    close(this.#client);
    if (this.#server) close(this.#server);
  }

  /** Carries bytes until either side ends. */
  async carry(): Promise<void> {
    try {
      this.#client.setNoDelay();
      this.#server = await Deno.connect({
        hostname: "127.0.0.1",
        port: this.#options.serverPort,
      });
      this.#server.setNoDelay();
      // The first end is the end: AMQP has no use for half-closed connections.
      await Promise.race([
        this.#pump(this.#client, this.#server, "toServer"),
        this.#pump(this.#server, this.#client, "toClient"),
      ]);
    } catch (error) {
      if (!isDisconnect(error)) throw error;
    } finally {
      this.cut();
    }
  }

  async #pump(from: Deno.TcpConn, to: Deno.TcpConn, direction: Direction): Promise<void> {
    const buffer = new Uint8Array(PIECE_BYTES);
    try {
      while (true) {
        const count = await from.read(buffer);
        if (count === null) return;
        const piece = buffer.subarray(0, count);
        await this.#spoil(piece, direction);
        if (this.#gone.signal.aborted) return;
        for (let at = 0; at < count;) at += await to.write(piece.subarray(at));
      }
    } catch (error) {
      if (!isDisconnect(error)) throw error;
    }
  }

  async #spoil(piece: Uint8Array, direction: Direction): Promise<void> {
    while (this.#impairments[direction].held && !this.#gone.signal.aborted) {
      await this.#changed.promise;
    }
    const { delayMs = 0, bytesPerSecond = Infinity, noise = 0 } = this.#impairments[direction];
    const waitMs = delayMs + piece.byteLength / bytesPerSecond * 1000;
    if (waitMs > 0) await pause(waitMs, this.#gone.signal);
    const { random } = this.#options;
    if (noise > 0 && random() < noise) {
      for (let i = 0; i < piece.byteLength; i++) piece[i] = Math.floor(random() * 256);
    }
  }
}

/** Numbers from 0 to below 1 that are the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6D2B79F5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Real time, which is what faults are made of. */
export function pause(durationMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, durationMs);
    if (signal?.aborted) end();
    else signal?.addEventListener("abort", end);
  });
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch (error) {
    if (!isDisconnect(error)) throw error; // closed before
  }
}

const DISCONNECTS = [
  Deno.errors.BadResource,
  Deno.errors.BrokenPipe,
  Deno.errors.ConnectionAborted,
  Deno.errors.ConnectionRefused,
  Deno.errors.ConnectionReset,
  Deno.errors.Interrupted,
  Deno.errors.NotConnected,
  Deno.errors.UnexpectedEof,
];

function isDisconnect(error: unknown): boolean {
  return DISCONNECTS.some((type) => error instanceof type);
}
