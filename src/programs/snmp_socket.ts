/**
 * The socket of the SNMP library. The library trusts what comes; here is what bounds it.
 *
 * @module
 */

import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { Address } from "../address.ts";
import type { LibrarySocket } from "./snmp_library.d.ts";

// A request is sent again while no answer comes, and with v3 once for each report of the device,
// which could go on for ever.
const MAX_DATAGRAMS = 20;

/** How a socket of either family is called. */
export type Transport = "udp4" | "udp6";

/** Which family an IP address is of. */
export function transportOf(ip: string): Transport {
  return isIPv6(ip) ? "udp6" : "udp4";
}

/** Hands on to the library what comes, and survives what it cannot read. */
export class SnmpSocket implements LibrarySocket {
  readonly #socket: Socket;
  readonly #device: Address;
  readonly #onFailure: (error: Error) => void;
  #left = 0;
  #isClosed = false;

  /**
   * Opens it.
   *
   * @param device The IP address and port that are asked.
   * @param onFailure Called when no answer can be expected any more.
   */
  constructor(device: Address, onFailure: (error: Error) => void) {
    this.#socket = createSocket(transportOf(device.hostname));
    this.#device = device;
    this.#onFailure = onFailure;
    this.#socket.on("error", onFailure);
  }

  /** To be called before each request: it may send only so many datagrams. */
  allow(): void {
    this.#left = MAX_DATAGRAMS;
  }

  /** As the library calls it. */
  on(event: "message" | "close" | "error", listener: (bytes: Uint8Array) => void): void {
    if (event === "close") this.#socket.on("close", listener);
    // The library makes an event of an error, whose name is that error.
    if (event !== "message") return;
    this.#socket.on("message", (bytes, from) => {
      if (!this.#isClosed) this.#receive(listener, bytes, from);
    });
  }

  /** As the library calls it. A socket keeps the process until it is closed, which it is. */
  ref(): void {}

  /** As the library calls it. */
  unref(): void {}

  /** As the library calls it. */
  send(
    bytes: Uint8Array,
    offset: number,
    length: number,
    port: number,
    address: string,
    callback: (error: Error | null) => void,
  ): void {
    if (this.#isClosed) return;
    if (this.#left-- <= 0) throw new Error(`${MAX_DATAGRAMS} messages have brought no answer`);
    this.#socket.send(bytes, offset, length, port, address, (error) => {
      // The library would start a timer for a request that is over.
      if (!this.#isClosed) callback(error);
    });
  }

  /** Closes it; no more is received. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
  }

  #receive(receive: (bytes: Uint8Array) => void, bytes: Uint8Array, from: RemoteInfo): void {
    try {
      receive(bytes);
    } catch {
      // What strangers send is none of the device's business.
      const { hostname, port } = this.#device;
      if (from.address !== hostname || from.port !== port) return;
      this.#onFailure(new SyntaxError("its answer is not one of SNMP"));
    }
  }
}
