/**
 * How the connections of clients come to a broker. Production has `Deno.listen` for it, whose listener
 * and connections are what these interfaces ask for; a simulated network has its own.
 *
 * @module
 */

import type { Address } from "../../address.ts";
import type { ByteSink } from "./socket_writer.ts";

/** How the bytes of a connection come and go. */
export interface ClientStream extends ByteSink {
  /** Puts the next bytes into `buffer` and resolves with their number, with `null` at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
  close(): void;
}

/** A client's connection, such as a `Deno.TcpConn`. */
export interface ClientSocket extends ClientStream {
  readonly localAddr: Address;
  readonly remoteAddr: Address;
  setNoDelay(): void;
}

/** Accepts the connections of clients, as a `Deno.TcpListener` does. */
export interface ClientListener {
  readonly addr: Address;
  accept(): Promise<ClientSocket>;
  close(): void;
}
