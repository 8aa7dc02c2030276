/**
 * The address of `--health`, and what is started there.
 *
 * @module
 */

import { type Address, parseAddress } from "../address.ts";
import { logger } from "../log.ts";
import {
  DEFAULT_HEALTH_HOSTNAME,
  DEFAULT_HEALTH_PORT,
  HealthServer,
} from "../observe/health_server.ts";

const log = logger("cli");

/**
 * Reads where health is served: `port` on loopback, `host:port`, `[IPv6 address]:port`, or an address
 * alone for port 9464; an empty text is `127.0.0.1:9464`.
 *
 * @throws {SyntaxError} If the text is none of these.
 */
export function parseHealthAddress(text: string): Address {
  const fallback = { hostname: DEFAULT_HEALTH_HOSTNAME, port: DEFAULT_HEALTH_PORT };
  const address = parseAddress(text, fallback);
  if (address !== undefined) return address;
  throw new SyntaxError("[HOST:]PORT or [IPV6]:PORT is required");
}

/**
 * Serves health while a program runs.
 *
 * @throws {MetricQError} If the address cannot be listened on.
 */
export async function serveHealth(address: Address): Promise<HealthServer> {
  const server = HealthServer.start(address);
  await server.listening;
  log.info("Health is at {url}healthz, metrics are at {url}metrics", { url: server.url });
  return server;
}
