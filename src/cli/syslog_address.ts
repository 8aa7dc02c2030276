/**
 * The addresses of syslog servers, as the command line has them.
 *
 * @module
 */

import { type Address, parseAddress } from "../address.ts";

/** Where a syslog server listens. */
export type SyslogAddress =
  | Address & { readonly transport?: "tcp" }
  | { readonly path: string };

const DEFAULT_PORT = 514;

/**
 * Reads the address of a syslog server: `host`, `host:port`, `[IPv6 address]:port`, `port`, `tcp:` and
 * one of these, or the path of a Unix socket, which has a `/` in it; an empty text is `localhost:514`.
 *
 * @throws {SyntaxError} If the text is none of these.
 */
export function parseSyslogAddress(text: string): SyslogAddress {
  if (text.includes("/")) return { path: text };
  if (text.startsWith("tcp:")) {
    const address = parseSyslogAddress(text.slice("tcp:".length));
    if ("hostname" in address && !address.transport) return { ...address, transport: "tcp" };
  }
  const address = parseAddress(text, { hostname: "localhost", port: DEFAULT_PORT });
  if (address !== undefined && address.port > 0) return address;
  throw new SyntaxError(
    "[tcp:]HOST[:PORT], [tcp:][IPV6][:PORT] or the path of a Unix socket is required",
  );
}
