/**
 * Configurations as the network carries them.
 *
 * @module
 */

import type { JsonObject } from "./json.ts";

/** The function by which an agent is given its configuration. */
export const CONFIG_FUNCTION = "config";

/**
 * A configuration without what others keep in it: CouchDB's own fields, such as `_id` and a `_rev` that
 * changes whenever the document is saved, and `x-metricq`, which belongs to the MetricQ Wizard.
 */
export function ownConfiguration(config: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(config).filter(([name]) => !isOthers(name)));
}

/** What others keep in a configuration. */
export function othersInConfiguration(config: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(config).filter(([name]) => isOthers(name)));
}

function isOthers(name: string): boolean {
  return name.startsWith("_") || name === "x-metricq";
}
