/**
 * The address of `--health`, and what is started there.
 *
 * @module
 */

import { isIPv6 } from "node:net";
import { logger } from "../log.ts";
import {
  DEFAULT_HEALTH_HOSTNAME,
  DEFAULT_HEALTH_PORT,
  HealthServer,
} from "../observe/health_server.ts";

const log = logger("cli");

/** Where health is served. */
export interface HealthAddress {
  readonly hostname: string;
  readonly port: number;
}

/**
 * Reads where health is served: `port` on loopback, `host:port`, `[IPv6 address]:port`, or an address
 * alone for port 9464; an empty text is `127.0.0.1:9464`.
 *
 * @throws {SyntaxError} If the text is none of these.
 */
export function parseHealthAddress(text: string): HealthAddress {
  if (text === "") return { hostname: DEFAULT_HEALTH_HOSTNAME, port: DEFAULT_HEALTH_PORT };
  const full = /^\d+$/.test(text) ? `${DEFAULT_HEALTH_HOSTNAME}:${text}` : text;
  const [, bracketed = "", name, portText] =
    /^(?:\[(.+)\]|([^:\s[\]/]+))(?::(\d{1,5}))?$/.exec(full) ?? [];
  const hostname = isIPv6(bracketed) ? bracketed : name;
  const port = portText === undefined ? DEFAULT_HEALTH_PORT : Number(portText);
  if (hostname === undefined || port > 65_535) {
    throw new SyntaxError("[HOST:]PORT or [IPV6]:PORT is required");
  }
  return { hostname, port };
}

/**
 * Serves health while a program runs.
 *
 * @throws {MetricQError} If the address cannot be listened on.
 */
export function serveHealth(address: HealthAddress): HealthServer {
  const server = HealthServer.start(address);
  log.info("Health is at {url}healthz, metrics are at {url}metrics", { url: server.url });
  return server;
}
