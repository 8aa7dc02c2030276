/**
 * How the connections of clients come to a broker. Production has `Deno.listen` for it, whose listener
 * and connections are what these interfaces ask for; a simulated network has its own.
 *
 * @module
 */

import type { ByteSink } from "./socket_writer.ts";

/** An address as Deno has it. */
export interface SocketAddress {
  readonly hostname: string;
  readonly port: number;
}

/** How the bytes of a connection come and go. */
export interface ByteStream extends ByteSink {
  /** Puts the next bytes into `buffer` and resolves with their number, with `null` at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
  close(): void;
}

/** A client's connection, such as a `Deno.TcpConn`. */
export interface ClientSocket extends ByteStream {
  readonly localAddr: SocketAddress;
  readonly remoteAddr: SocketAddress;
  setNoDelay(): void;
}

/** Accepts the connections of clients, as a `Deno.TcpListener` does. */
export interface ClientListener {
  readonly addr: SocketAddress;
  accept(): Promise<ClientSocket>;
  close(): void;
}
