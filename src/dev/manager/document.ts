/**
 * Configurations as CouchDB keeps them.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { JsonObject } from "../../rpc/json.ts";

/**
 * A token's configuration with what the database of a real network adds to it: `_id`, the token, and
 * `_rev`, which counts up with every change and ends in a digest. A schema that does not expect them
 * would pass here otherwise, and fail there.
 */
export function documentOf(token: string, config: JsonObject, revision: number): JsonObject {
  const digest = createHash("md5").update(JSON.stringify(config)).digest("hex");
  return { ...config, _id: token, _rev: `${revision}-${digest}` };
}
