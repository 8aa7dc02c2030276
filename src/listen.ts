/**
 * Listening: only where this machine alone can reach it unless told otherwise, and with an error that
 * tells where.
 *
 * @module
 */

import { type Address, addressText, unbracketed } from "./address.ts";

/** Whether a host name means this machine as seen from itself. */
export function isLoopback(hostname: string): boolean {
  const bare = unbracketed(hostname).toLowerCase();
  return bare === "localhost" || bare === "::1" || /^127(\.\d{1,3}){3}$/.test(bare);
}

/**
 * Refuses an address that other machines can reach.
 *
 * @param what What would listen there, for the message.
 * @throws {TypeError} If they can.
 */
export function requireLoopback(what: string, hostname: string): void {
  if (isLoopback(hostname)) return;
  throw new TypeError(
    `Cannot start ${what}: "${hostname}" is given, ` +
      "an address of this machine alone is required unless allowRemote is set",
  );
}

/** Whether an address is taken, as Deno's own interface or Node's says it. */
export function isTaken(error: unknown): boolean {
  return error instanceof Error &&
    (error.name === "AddrInUse" || "code" in error && error.code === "EADDRINUSE");
}

/**
 * An address that can be listened on now: its port is one that is free if 0 is given. Other runtimes than
 * Deno cannot tell at once, and get the address as it is.
 *
 * @throws {Deno.errors.AddrInUse} If another program listens there.
 */
export function availableAddress({ hostname, port }: Address): Address {
  if (!("Deno" in globalThis)) return { hostname, port };
  using listener = Deno.listen({ hostname: unbracketed(hostname), port });
  return { hostname: listener.addr.hostname, port: listener.addr.port };
}

/**
 * Calls `listen`, which listens on an address.
 *
 * @param what What is to listen there, for the message.
 * @throws {Deno.errors.AddrInUse} If another program does. Deno's own message names no address.
 */
export function listenAt<Listener>(
  what: string,
  address: Address,
  listen: () => Listener,
): Listener {
  try {
    return listen();
  } catch (error) {
    throw withAddress(what, address, error);
  }
}

/** As {@linkcode listenAt}, of what takes a moment to listen. */
export async function listeningAt<Listener>(
  what: string,
  address: Address,
  listen: () => Promise<Listener>,
): Promise<Listener> {
  try {
    return await listen();
  } catch (error) {
    throw withAddress(what, address, error);
  }
}

function withAddress(what: string, address: Address, error: unknown): unknown {
  if (!isTaken(error)) return error;
  return new Deno.errors.AddrInUse(
    `Cannot start ${what}: another program listens on ${
      addressText(address)
    }, a free port is required`,
  );
}
