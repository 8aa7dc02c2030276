/**
 * The metrics that a network has, as far as they are asked for.
 *
 * @module
 */

import type { Agent } from "../agent/agent.ts";
import type { JsonObject } from "../rpc/json.ts";
import { queryOf } from "./pattern.ts";

/** Metrics, and what is known of them. */
export interface MatchingMetrics {
  /** Metadata by name, sorted by it; `{}` for a name that was given and is not declared. */
  readonly metrics: ReadonlyMap<string, JsonObject>;
  /** The patterns that more metrics match than were asked for. */
  readonly cut: readonly string[];
  /** The patterns that no metric matches, and the names that are not declared. */
  readonly unmatched: readonly string[];
}

/**
 * Finds metrics by names and patterns.
 *
 * @param limit How many to find at most; what a network has beyond that is not sent here.
 * @throws {RpcError} If the manager refuses, or does not answer.
 */
export async function findMetrics(
  agent: Agent,
  patterns: readonly string[],
  limit: number,
): Promise<MatchingMetrics> {
  const found = new Map<string, JsonObject>();
  const cut: string[] = [];
  const unmatched: string[] = [];
  const queries = patterns.map((pattern) => ({ pattern, query: queryOf(pattern) }));
  const names = queries.flatMap(({ pattern, query }) => query === undefined ? [pattern] : []);
  const declared = names.length === 0 ? {} : await agent.getMetrics({ selector: names });
  for (const name of names.slice(0, limit)) {
    // Of its own: "constructor" may be the name of a metric.
    const isDeclared = Object.hasOwn(declared, name);
    found.set(name, isDeclared ? declared[name] ?? {} : {});
    if (!isDeclared) unmatched.push(name);
  }
  if (names.length > limit) cut.push(...names.slice(limit));
  for (const { pattern, query } of queries) {
    if (query === undefined) continue;
    // One more than wanted tells that there are more.
    const matching = Object.entries(await agent.getMetrics({ ...query, limit: limit + 1 }));
    if (matching.length === 0) unmatched.push(pattern);
    matching.sort(byName);
    for (const [name, metadata] of matching) {
      if (found.size < limit || found.has(name)) found.set(name, metadata);
      else if (cut.at(-1) !== pattern) cut.push(pattern);
    }
  }
  return { metrics: new Map([...found].sort(byName)), cut, unmatched };
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
