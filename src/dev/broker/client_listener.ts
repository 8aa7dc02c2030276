/**
 * How the connections of clients come to a broker: by `Deno.listen`, unless it is given another listener.
 *
 * @module
 */

import type { Address } from "../../address.ts";

/**
 * A client's connection. It is read only when the broker takes more, unlike the streams of
 * `amqp/transport.ts`, which hand over what arrives.
 */
export interface ClientSocket
  extends Pick<Deno.TcpConn, "setNoDelay" | "read" | "write" | "close"> {
  readonly localAddr: Address;
  readonly remoteAddr: Address;
}

/** Accepts the connections of clients. */
export interface ClientListener extends Pick<Deno.TcpListener, "close"> {
  readonly addr: Address;
  accept(): Promise<ClientSocket>;
}
