/**
 * Whether points are refused without need.
 *
 * @module
 */

import type { SourceHealth } from "../../src/observe/health.ts";
import type { DeliveryOptions } from "../../src/outbox/delivery_options.ts";
import type { Source } from "../../src/source/source.ts";
import type { Oracle } from "./oracle.ts";

const ENDING = new Set<SourceHealth["status"]>(["stopping", "stopped", "failed"]);

/**
 * Whether a source had room for the point that it was given just now: if it refuses that, it has not
 * changed since.
 */
export function hasRoomFor(
  source: Source,
  { onFull, outboxMaxBytes = 0 }: DeliveryOptions,
): boolean {
  if (onFull === "drop-oldest") return true;
  // One that lets callers wait takes twice as much from those that do not.
  const limitBytes = onFull === "wait" ? 2 * outboxMaxBytes : outboxMaxBytes;
  return source.stats.bufferedBytes <= limitBytes;
}

/** A source with room has refused a point: only one that stops may do so. */
export function requireStopped(source: Source, oracle: Oracle, error: unknown): void {
  if (ENDING.has(source.health.status)) return;
  oracle.violate(`${source.token}: there was room, and send has failed with ${error}`);
}
