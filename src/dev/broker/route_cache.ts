/**
 * Remembers where a client's messages go, so that a message with an earlier one's exchange and key
 * costs neither decoding names nor matching patterns.
 *
 * @module
 */

import { decodeName } from "./field_reader.ts";
import { byteAt } from "./frame_reader.ts";
import type { Route } from "./message.ts";
import { ReplyError } from "./reply_error.ts";
import type { Destinations, VirtualHost } from "./virtual_host.ts";

/** A route, and where it led when it was last used. */
export interface CachedRoute extends Route {
  destinations: Destinations | undefined;
}

/** How many routes are remembered. */
const MAX_ROUTES = 4096;

/** The routes of one connection. */
export class RouteCache {
  readonly #virtualHost: VirtualHost;
  readonly #routes = new Map<string, CachedRoute>();
  #latest: CachedRoute | undefined;

  /** Makes an empty cache for a virtual host. */
  constructor(virtualHost: VirtualHost) {
    this.#virtualHost = virtualHost;
  }

  /**
   * Finds the route whose exchange and key are two short strings in `bytes`, `start` to `end`.
   *
   * @throws {ReplyError} If one of them is not UTF-8 (501).
   */
  find(bytes: Uint8Array, start: number, end: number): CachedRoute {
    if (this.#latest && sameBytes(this.#latest.bytes, bytes, start, end)) return this.#latest;
    const key = latin1.decode(bytes.subarray(start, end));
    return this.#latest = this.#routes.get(key) ?? this.#add(key, bytes.slice(start, end));
  }

  /**
   * Where a route leads now.
   *
   * @throws {ReplyError} If there is no such exchange (404), or it is an internal one (403).
   */
  destinations(route: CachedRoute): Destinations {
    if (route.destinations?.version === this.#virtualHost.version) return route.destinations;
    return route.destinations = this.#virtualHost.destinations(route.exchange, route.routingKey);
  }

  #add(key: string, bytes: Uint8Array): CachedRoute {
    const exchangeBytes = byteAt(bytes, 0);
    const route = {
      exchange: decodeRouteName(bytes.subarray(1, 1 + exchangeBytes)),
      routingKey: decodeRouteName(bytes.subarray(2 + exchangeBytes)),
      bytes,
      destinations: undefined,
    };
    if (this.#routes.size >= MAX_ROUTES) this.#routes.clear();
    this.#routes.set(key, route);
    return route;
  }
}

// As a key of the cache any decoding does that keeps different bytes different.
const latin1 = new TextDecoder("latin1");

function decodeRouteName(bytes: Uint8Array): string {
  try {
    return decodeName(bytes);
  } catch {
    throw new ReplyError(501, "exchange or routing key of basic.publish is not UTF-8");
  }
}

function sameBytes(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let index = 0; index < known.length; index++) {
    if (known[index] !== bytes[start + index]) return false;
  }
  return true;
}
