/**
 * What a source is given as its configuration, and what follows from that.
 *
 * @module
 */

import type { SourceConfig } from "./plan.ts";

/** What a source is given as its configuration. */
export type GivenConfig = { readonly [Key in keyof SourceConfig]?: SourceConfig[Key] };

// By configuration, and then by token: they are asked for with each tick.
const named = new WeakMap<SourceConfig, Map<string, readonly string[]>>();

/** The metrics of a configuration. */
export function metricsOf(token: string, config: SourceConfig): readonly string[] {
  const byToken = named.get(config) ?? new Map<string, readonly string[]>();
  named.set(config, byToken);
  let names = byToken.get(token);
  if (names === undefined) {
    const prefix = config.renames ? `${token}.g${config.generation}` : token;
    names = Array.from({ length: config.metrics }, (_, at) => `${prefix}.m${at}`);
    byToken.set(token, names);
  }
  return names;
}

/** Reads a configuration, unless it is one that cannot be used. */
export function requireConfig(given: GivenConfig): SourceConfig {
  const { generation, renames, metrics, periodMs, chunkSize } = given;
  if (
    generation === undefined || renames === undefined || metrics === undefined ||
    periodMs === undefined || chunkSize === undefined || periodMs <= 0
  ) {
    throw new RangeError(`Cannot use configuration: periodMs ${periodMs} is given`);
  }
  return { generation, renames, metrics, periodMs, chunkSize };
}
