/**
 * Where something listens, as a host and a port.
 *
 * @module
 */

import { isIPv6 } from "node:net";

/** A host and a port. */
export interface Address {
  /** Host name or IP address, an IPv6 address without its brackets. */
  readonly hostname: string;
  /** TCP or UDP port. */
  readonly port: number;
}

const MAX_PORT = 65_535;

/**
 * Reads `HOST:PORT`, `[IPV6]:PORT`, or one of the two alone: a number is a port, the rest is a host.
 *
 * @param fallback What is missing in the text; all of it, if that is empty.
 * @returns `undefined` if the text is none of these. Port 0 is one: it takes a free port.
 */
export function parseAddress(text: string, fallback: Address): Address | undefined {
  if (text === "") return fallback;
  const full = /^\d+$/.test(text) ? `${bracketed(fallback.hostname)}:${text}` : text;
  const [, inBrackets = "", name, portText] =
    /^(?:\[([^\]]+)\]|([^:\s[\]/]+))(?::(\d{1,5}))?$/.exec(full) ?? [];
  const hostname = isIPv6(inBrackets) ? inBrackets : name;
  const port = portText === undefined ? fallback.port : Number(portText);
  return hostname === undefined || port > MAX_PORT ? undefined : { hostname, port };
}

/** A host as it stands in a URL: an IPv6 address in brackets, all else as it is. */
export function bracketed(hostname: string): string {
  return hostname.includes(":") ? `[${hostname}]` : hostname;
}

/** An address as `HOST:PORT`, an IPv6 address in brackets: what `parseAddress` reads. */
export function addressText({ hostname, port }: Address): string {
  return `${bracketed(hostname)}:${port}`;
}

/** A host without the brackets that a URL puts around an IPv6 address. */
export function unbracketed(hostname: string): string {
  return hostname.startsWith("[") && hostname.endsWith("]") ? hostname.slice(1, -1) : hostname;
}
