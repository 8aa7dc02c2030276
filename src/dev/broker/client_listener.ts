/**
 * How the connections of clients come to a broker. Production has `Deno.listen` for it, whose listener
 * and connections are what these interfaces ask for; a simulated network has its own.
 *
 * @module
 */

import type { Address } from "../../address.ts";
import type { ByteSink } from "./socket_writer.ts";

/**
 * A client's connection, such as a `Deno.TcpConn`. It is read only when the broker takes more, unlike the
 * streams of `amqp/transport.ts`, which hand over what arrives.
 */
export interface ClientSocket extends ByteSink {
  readonly localAddr: Address;
  readonly remoteAddr: Address;
  setNoDelay(): void;
  /** Puts the next bytes into `buffer` and resolves with their number, with `null` at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
  close(): void;
}

/** Accepts the connections of clients, as a `Deno.TcpListener` does. */
export interface ClientListener {
  readonly addr: Address;
  accept(): Promise<ClientSocket>;
  close(): void;
}
