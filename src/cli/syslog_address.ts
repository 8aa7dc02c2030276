/**
 * The addresses of syslog servers, as the command line has them.
 *
 * @module
 */

import { isIPv6 } from "node:net";

/** Where a syslog server listens. */
export type SyslogAddress =
  | { readonly hostname: string; readonly port: number; readonly transport?: "tcp" }
  | { readonly path: string };

const DEFAULT_PORT = 514;

/**
 * Reads the address of a syslog server: `host`, `host:port`, `[IPv6 address]:port`, `tcp:` and one of
 * these, or the path of a Unix socket, which has a `/` in it; an empty text is `localhost:514`.
 *
 * @throws {SyntaxError} If the text is none of these.
 */
export function parseSyslogAddress(text: string): SyslogAddress {
  if (text === "") return { hostname: "localhost", port: DEFAULT_PORT };
  if (text.includes("/")) return { path: text };
  if (text.startsWith("tcp:")) {
    const address = parseSyslogAddress(text.slice("tcp:".length));
    if ("hostname" in address && !address.transport) return { ...address, transport: "tcp" };
  }
  const [, bracketed = "", name, portText] =
    /^(?:\[(.+)\]|([^:\s[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const hostname = isIPv6(bracketed) ? bracketed : name;
  const port = portText === undefined ? DEFAULT_PORT : Number(portText);
  if (hostname === undefined || port < 1 || port > 65535) {
    throw new SyntaxError(
      "[tcp:]HOST[:PORT], [tcp:][IPV6][:PORT] or the path of a Unix socket is required",
    );
  }
  return { hostname, port };
}
