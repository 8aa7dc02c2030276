/**
 * Seeing where connections are tried.
 *
 * @module
 */

import { systemTransport, type Transport } from "../../src/amqp/transport.ts";

/** The system's transport, which takes note of the ports that are tried. */
export function recordingTransport(ports: number[]): Transport {
  return (address, tls, onOpen) => {
    ports.push(address.port);
    return systemTransport(address, tls, onOpen);
  };
}
