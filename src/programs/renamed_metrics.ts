/**
 * Other names for what a program measures, as of a source that it takes the place of.
 *
 * @module
 */

import * as v from "valibot";
import type { Metadata } from "../source/metadata.ts";
import type { Reading, Readings } from "../source/readings.ts";
import { about, SCALE } from "./told_schema.ts";

const RenamedConfig = v.looseObject({
  name: about("The new name; other fields are metadata", v.string()),
  scale: v.optional(SCALE, 1),
});

/** Names behind the prefix, in which `*` is a part of the name, and what is in their place. */
export const RenameConfig = v.optional(
  about(
    "Other names behind prefix, by the old ones; * stands for a part of the name",
    v.record(
      v.string(),
      v.union([v.pipe(v.string(), v.transform((name) => ({ name, scale: 1 }))), RenamedConfig]),
    ),
  ),
  {},
);

type RenameConfig = v.InferOutput<typeof RenameConfig>;

/** Metrics with their new names. */
export interface RenamedMetrics {
  readonly metadata: Record<string, Metadata>;
  /** Gives readings their new names, and scales them. */
  readonly readings: (readings: Readings) => Record<string, Reading>;
}

/**
 * Renames metrics; the first pattern that matches counts.
 *
 * @param fullName Puts the prefix before a name.
 * @throws {RangeError} If two metrics have the same name then.
 */
export function renamer(
  metrics: Readonly<Record<string, Metadata>>,
  rename: RenameConfig,
  fullName: (name: string) => string,
): RenamedMetrics {
  const names = new Map(
    Object.keys(metrics).map((key) => {
      const { name, ...others } = renamed(key, rename);
      return [key, { name: fullName(name), ...others }];
    }),
  );
  const all = [...names.values()].map(({ name }) => name);
  const twice = all.find((name, at) => all.indexOf(name) !== at);
  if (twice !== undefined) {
    throw new RangeError(
      `Cannot rename metrics: two are "${twice}" then, different names are required`,
    );
  }
  return {
    metadata: Object.fromEntries(
      [...names].map(([key, { name, metadata }]) => [name, { ...metrics[key], ...metadata }]),
    ),
    readings: (readings) => {
      const result: Record<string, Reading> = {};
      for (const [key, reading] of Object.entries(readings)) {
        const { name, scale } = names.get(key) ?? {};
        if (name === undefined || scale === undefined) continue;
        result[name] = typeof reading === "number" ? reading * scale : reading;
      }
      return result;
    },
  };
}

interface Renamed {
  readonly name: string;
  readonly scale: number;
  readonly metadata: Metadata;
}

function renamed(key: string, rename: RenameConfig): Renamed {
  for (const [pattern, { name, scale, ...metadata }] of Object.entries(rename)) {
    const stars = starsOf(pattern, key);
    if (stars === undefined) continue;
    return { name: name.replaceAll("*", () => stars.shift() ?? ""), scale, metadata };
  }
  return { name: key, scale: 1, metadata: {} };
}

/** What the stars of a pattern stand for in a name, one star for a part or less; or that it is another. */
function starsOf(pattern: string, name: string): string[] | undefined {
  const [patterns, parts] = [pattern.split("."), name.split(".")];
  if (patterns.length !== parts.length) return undefined;
  const stars: string[] = [];
  for (const [at, part] of parts.entries()) {
    const [begin = "", end] = (patterns[at] ?? "").split("*");
    if (end === undefined && part === begin) continue;
    const isLike = end !== undefined && part.length >= begin.length + end.length &&
      part.startsWith(begin) && part.endsWith(end);
    if (!isLike) return undefined;
    stars.push(part.slice(begin.length, part.length - end.length));
  }
  return stars;
}
