/**
 * Metadata of bounded length: sources say in it what they like.
 *
 * @module
 */

import type { JsonObject, JsonValue } from "../../rpc/json.ts";

// A page shows up to 1000 metrics, and is sent the metadata of each.
const MAX_CHARACTERS = 16 * 1024;
const MAX_TEXT_CHARACTERS = 1000;
/** What is read here comes first, so that it is not what is left out. */
const READ = ["source", "rate", "interval", "date", "archived", "unit", "description"];

/** Metadata as it is if it is short, as most is; otherwise what of it has room, with long texts cut. */
export function boundedMetadata(metadata: JsonObject): JsonObject {
  if (JSON.stringify(metadata).length <= MAX_CHARACTERS) return metadata;
  const read = READ.filter((name) => Object.hasOwn(metadata, name));
  const others = Object.keys(metadata).filter((name) => !READ.includes(name));
  const kept: [string, JsonValue][] = [];
  let left = MAX_CHARACTERS;
  for (const name of [...read, ...others]) {
    const value = shortened(metadata[name] ?? null);
    left -= JSON.stringify([name, value]).length;
    if (left < 0) break;
    kept.push([name, value]);
  }
  return Object.fromEntries(kept);
}

function shortened(value: JsonValue): JsonValue {
  if (typeof value === "string") {
    return value.length <= MAX_TEXT_CHARACTERS ? value : `${value.slice(0, MAX_TEXT_CHARACTERS)}…`;
  }
  return JSON.stringify(value).length <= MAX_TEXT_CHARACTERS ? value : "too long to be shown";
}
