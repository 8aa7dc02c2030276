/**
 * How the bytes of a connection come and go: over TCP or TLS, unless another transport is given.
 *
 * @module
 */

import { connect as connectTcp, isIP } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Address } from "../address.ts";
import type { TlsCertificates } from "./tls.ts";

/** One end of a connection, as far as it is used here: a socket of `node:net` is one. */
export interface ByteStream {
  /** Takes what arrives. */
  on(event: "data", listener: (bytes: Uint8Array) => void): unknown;
  /** Learns why the connection ends, unless the other end has closed it; "close" follows. */
  on(event: "error", listener: (error: Error) => void): unknown;
  /** Learns that the connection has ended. */
  on(event: "close", listener: () => void): unknown;
  /** Sends bytes; they are left alone until `onTaken`, or the end of the connection. */
  write(bytes: Uint8Array, onTaken?: () => void): unknown;
  /** Ends the connection when what was written is sent. */
  destroySoon(): void;
  /** Ends the connection at once. */
  destroy(): unknown;
}

/**
 * Begins to open a connection to an address, encrypted unless `tls` is `undefined`, and calls `onOpen`
 * when bytes can be sent.
 */
export type Transport = (
  address: Address,
  tls: TlsCertificates | undefined,
  onOpen: () => void,
) => ByteStream;

/** TCP and TLS. */
export const systemTransport: Transport = ({ hostname: host, port }, tls, onOpen) => {
  const socket = tls === undefined ? connectTcp({ host, port }, onOpen) : connectTls({
    host,
    port,
    ...isIP(host) === 0 && { servername: host },
    ...tls.caCerts && { ca: [...tls.caCerts] },
    ...tls.cert !== undefined && { cert: tls.cert },
    ...tls.key !== undefined && { key: tls.key },
  }, onOpen);
  socket.setNoDelay(true);
  return socket;
};
