/**
 * Settings in the environment and in `.metricq` files that no option has, but almost.
 *
 * @module
 */

import { similarName } from "../suggestion.ts";
import type { NamedOption } from "./options.ts";
import type { SettingSources } from "./settings.ts";

const PREFIX = "METRICQ_";

/** A setting that means nothing to the program. */
export interface MisspeltSetting {
  readonly name: string;
  /** Where it stands. */
  readonly label: string;
  /** The variable that it most likely means. */
  readonly meant: string;
}

/**
 * Finds misspelt settings. Others that are not known may be meant for other programs.
 *
 * Where the names of the environment may not be listed, variables are asked for that differ from a known
 * one in one place.
 */
export function misspeltSettings(
  options: readonly NamedOption[],
  { file: findFile, names = () => [] }: SettingSources,
): MisspeltSetting[] {
  const known = new Set(options.map(({ variable }) => variable));
  const suffixes = [...known].map((variable) => variable.slice(PREFIX.length));
  const file = findFile();
  const places = [
    { label: "the environment", found: names(PREFIX, () => slipsOf(suffixes)) },
    { label: file?.path ?? "", found: [...file?.settings.keys() ?? []] },
  ];
  return places.flatMap(({ label, found }) =>
    found.flatMap((name) => {
      if (!name.startsWith(PREFIX) || known.has(name)) return [];
      // Without the beginning that all have, by which short names would be similar to any other.
      const meant = similarName(name.slice(PREFIX.length), suffixes);
      return meant === undefined ? [] : [{ name, label, meant: PREFIX + meant }];
    })
  );
}

const LETTERS = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ_"];

/** All names with one letter missing, added or replaced, or with two neighbours swapped. */
function slipsOf(suffixes: readonly string[]): Iterable<string> {
  const slips = suffixes.flatMap((name) =>
    Array.from({ length: name.length + 1 }, (_, at) => {
      const [before, letter = "", next = "", after] = [
        name.slice(0, at),
        name[at],
        name[at + 1],
        name.slice(at + 1),
      ];
      return [
        before + after,
        before + next + letter + after.slice(1),
        ...LETTERS.flatMap((one) => [before + one + after, before + one + letter + after]),
      ];
    }).flat()
  );
  return new Set(slips.map((slip) => PREFIX + slip));
}
