/**
 * Which addresses only this machine can reach. A network for development has no secrets of its own.
 *
 * @module
 */

/** Whether a host name means this machine as seen from itself. */
export function isLoopback(hostname: string): boolean {
  const bare = hostname.replace(/^\[(.*)\]$/, "$1").toLowerCase();
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
