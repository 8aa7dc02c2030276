/**
 * What an agent answers to `discover`, by which operators see which agents are on the network.
 *
 * @module
 */

import { hostname } from "node:os";
import type { JsonObject } from "../rpc/json.ts";
import type { Timestamp } from "../time/timestamp.ts";
import { VERSION } from "../version.ts";

/** What an agent tells about itself. */
export interface Discovered {
  readonly currentTime: Timestamp;
  /** When the agent was made. */
  readonly startingTime: Timestamp;
  /** For how long it has been there, by the monotonic clock: the system's may have been set since. */
  readonly uptimeMs: number;
  /** The version of the program, if it has one. */
  readonly clientVersion: string | undefined;
  /** The function that tells the JSON Schema of its configuration, if it has one. */
  readonly configSchema: string | undefined;
}

/** The answer, as its readers expect it: times in ISO 8601, `uptime` in nanoseconds. */
export function discoverAnswer(
  { currentTime, startingTime, uptimeMs, clientVersion, configSchema }: Discovered,
): JsonObject {
  const host = hostnameIfAllowed();
  return {
    alive: true,
    currentTime: currentTime.toIso8601(),
    startingTime: startingTime.toIso8601(),
    uptime: Math.round(uptimeMs * 1e6),
    metricqVersion: `metricq-deno/${VERSION}`,
    denoVersion: globalThis.Deno?.version.deno ?? "none",
    ...host !== undefined && { hostname: host },
    ...clientVersion !== undefined && { version: clientVersion },
    ...configSchema !== undefined && { configSchema },
  };
}

// An agent that may not ask for the host's name (--allow-sys=hostname) still answers.
function hostnameIfAllowed(): string | undefined {
  try {
    return hostname();
  } catch {
    return undefined;
  }
}
