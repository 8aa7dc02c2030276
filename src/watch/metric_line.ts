/**
 * A metric as a line for people.
 *
 * @module
 */

import type { JsonObject } from "../rpc/json.ts";
import { harmless } from "./terminal/text_width.ts";

/** The name, and what is known of the metric if that is wanted. */
export function metricLine(name: string, metadata?: JsonObject): string {
  return harmless(metadata === undefined ? name : `${name} ${JSON.stringify(metadata)}`);
}
