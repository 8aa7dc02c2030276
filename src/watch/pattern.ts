/**
 * Which metrics to watch: names, and patterns in which `*` stands for any characters.
 *
 * @module
 */

import type { GetMetricsOptions } from "../agent/agent_options.ts";

/** How the manager is asked for the metrics of a pattern. */
export type PatternQuery = Pick<GetMetricsOptions, "prefix" | "selector">;

/**
 * What to ask the manager for; `undefined` for a name, for which it need not be asked. A pattern whose
 * only `*` is its last character is asked for as a prefix, which a database finds by its index; any other
 * as a regular expression, which it holds against every name.
 */
export function queryOf(pattern: string): PatternQuery | undefined {
  const parts = pattern.split("*");
  if (parts.length === 1) return undefined;
  const [prefix = "", rest] = parts;
  if (parts.length === 2 && rest === "") return prefix === "" ? {} : { prefix };
  return { selector: `^${parts.map(escaped).join(".*")}$` };
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
