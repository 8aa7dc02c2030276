/**
 * Listening, with an error that tells where.
 *
 * @module
 */

/**
 * Calls `listen`, which listens on an address.
 *
 * @param what What is to listen there, for the message.
 * @throws {Deno.errors.AddrInUse} If another program does. Deno's own message names no address.
 */
export function listenAt<Listener>(
  what: string,
  { hostname, port }: { readonly hostname: string; readonly port: number },
  listen: () => Listener,
): Listener {
  try {
    return listen();
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    throw new Deno.errors.AddrInUse(
      `Cannot start ${what}: another program listens on ${hostname}:${port}, a free port is required`,
    );
  }
}
