/**
 * Which options of `watch` go together: one that would do nothing is refused instead of being ignored.
 *
 * @module
 */

import { UsageError } from "../cli/usage_error.ts";

/** What the command line asks for, as far as it can contradict itself; `undefined` and `false`: not given. */
export interface GivenOptions {
  readonly list: boolean;
  readonly agents: boolean;
  readonly dashboard: boolean;
  readonly problems: boolean;
  readonly metadata: boolean;
  readonly plain: boolean;
  readonly format: unknown;
  readonly count: unknown;
  readonly for: unknown;
}

type Name = keyof GivenOptions;

/** What is shown; without any of them the values of metrics. */
const WHAT = ["list", "agents", "dashboard", "problems"] as const satisfies readonly Name[];

/** The options that each of them has a use for. */
const USED: Readonly<Record<typeof WHAT[number] | "values", readonly Name[]>> = {
  values: ["metadata", "plain", "format", "count", "for"],
  list: ["metadata", "format"],
  agents: [],
  dashboard: [],
  problems: ["format"],
};

const HOW = USED.values;

/**
 * Refuses options that contradict each other.
 *
 * @throws {UsageError} If one of them would do nothing.
 */
export function checkTogether(given: GivenOptions): void {
  const isGiven = (name: Name) => given[name] !== undefined && given[name] !== false;
  const [what = "values", other] = WHAT.filter(isGiven);
  if (other !== undefined) throw refusal(what, other);
  const unused = HOW.find((name) => isGiven(name) && !USED[what].includes(name));
  if (unused !== undefined) throw refusal(what, unused);
  if (isGiven("plain") && isGiven("format")) throw refusal("plain", "format");
}

function refusal(one: string, other: string): UsageError {
  return new UsageError(`Cannot use both --${one} and --${other}: one of them is required`);
}
