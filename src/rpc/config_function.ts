/**
 * Configurations as the network carries them.
 *
 * @module
 */

import type { JsonObject } from "./json.ts";

/** The function by which an agent is given its configuration. */
export const CONFIG_FUNCTION = "config";

/** The function by which an agent tells what its configuration has to be, `{"schema": {…}}`. */
export const CONFIG_SCHEMA_FUNCTION = "config.schema";

/**
 * A configuration without what others keep in it: CouchDB's own fields, such as `_id` and a `_rev` that
 * changes whenever the document is saved, and `x-metricq`, which belongs to the MetricQ Wizard.
 */
export function ownConfiguration(config: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(config).filter(([name]) => !isOthers(name)));
}

/**
 * An edited configuration, with what others keep in the one that it replaces: that part is not shown,
 * so an edit must not remove it.
 */
export function withOthers(edited: JsonObject, replaced: JsonObject = {}): JsonObject {
  const others = Object.entries(replaced).filter(([name]) => isOthers(name));
  return { ...edited, ...Object.fromEntries(others) };
}

function isOthers(name: string): boolean {
  return name.startsWith("_") || name === "x-metricq";
}
