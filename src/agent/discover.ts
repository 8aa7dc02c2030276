/**
 * What an agent answers to `discover`, by which an operator sees who is on the network.
 *
 * @module
 */

import { hostname } from "node:os";
import type { JsonObject } from "../rpc/json.ts";
import { Timestamp } from "../time/timestamp.ts";
import { VERSION } from "../version.ts";

/**
 * The answer, as its readers expect it: times in ISO 8601, `uptime` in nanoseconds.
 *
 * @param startingTime When the agent was made.
 * @param uptimeMs For how long, by the monotonic clock: the system's may have been set since.
 * @param clientVersion The version of the program, if it has told one.
 */
export function discoverAnswer(
  startingTime: Timestamp,
  uptimeMs: number,
  clientVersion: string | undefined,
): JsonObject {
  const host = hostnameIfAllowed();
  return {
    alive: true,
    currentTime: Timestamp.now().toIso8601(),
    startingTime: startingTime.toIso8601(),
    uptime: Math.round(uptimeMs * 1e6),
    metricqVersion: `metricq-deno/${VERSION}`,
    denoVersion: globalThis.Deno?.version.deno ?? "none",
    ...host !== undefined && { hostname: host },
    ...clientVersion !== undefined && { version: clientVersion },
  };
}

// A source that may not ask for the host's name (--allow-sys=hostname) still answers.
function hostnameIfAllowed(): string | undefined {
  try {
    return hostname();
  } catch {
    return undefined;
  }
}
