/**
 * Which requests the dashboard answers. A browser sends requests of any page to any address: a
 * loopback address protects from other machines, not from other pages in the user's browser.
 *
 * @module
 */

import { bracketed } from "../../address.ts";
import { isLoopback } from "../../listen.ts";

/** Where the dashboard listens. */
export interface Listening {
  /** The address or name that it was told to listen on. */
  readonly hostname: string;
  readonly port: number;
}

const IP_LITERAL = /^(\[[0-9a-f:.]+\]|\d{1,3}(\.\d{1,3}){3})$/;

/**
 * Why a request is refused because of its `Host`, or `undefined` if it is not.
 *
 * A page of another origin can have its own name resolve to 127.0.0.1 ("DNS rebinding"): the browser
 * then takes the dashboard for that origin. Such a request still carries the page's name. It cannot
 * carry an IP address, so where other machines may connect any address is accepted.
 */
export function refuseHost(request: Request, listening: Listening): string | undefined {
  const host = request.headers.get("host") ?? "";
  const { name, port } = splitHost(host);
  const ownHost = bracketed(listening.hostname).toLowerCase();
  const isOurs = isLoopback(name) || name === ownHost ||
    (!isLoopback(listening.hostname) && IP_LITERAL.test(name));
  if (isOurs && port === listening.port) return undefined;
  const required = isLoopback(listening.hostname)
    ? `"${ownHost}:${listening.port}" is required`
    : `an IP address with port ${listening.port} is required`;
  return `Cannot answer: the host is "${host}", ${required}`;
}

/**
 * Why a request that opens a WebSocket or changes something is refused because of its `Origin`, or
 * `undefined` if it is not. Its `Host` must have been accepted before.
 *
 * Without an `Origin` it is refused as well: browsers always send one with these.
 */
export function refuseOrigin(request: Request): string | undefined {
  const origin = request.headers.get("origin");
  const required = `http://${request.headers.get("host")?.toLowerCase()}`;
  if (origin?.toLowerCase() === required) return undefined;
  const given = origin === null ? "there is no origin" : `the origin is "${origin}"`;
  return `Cannot answer: ${given}, "${required}" is required`;
}

function splitHost(host: string): { name: string; port: number } {
  const [, name = "", port = "80"] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(host) ?? [];
  return { name: name.toLowerCase(), port: Number(port) };
}
