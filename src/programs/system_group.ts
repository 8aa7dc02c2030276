/**
 * What a group of measurements of a host is.
 *
 * @module
 */

import type { Metadata } from "../source/metadata.ts";
import type { Readings } from "../source/readings.ts";

/** Metrics that are read together. */
export interface SystemGroup {
  /** Their metadata, by the name behind the prefix. */
  readonly metrics: Readonly<Record<string, Metadata>>;
  /** Reads them; nothing at first where a value is the difference between two readings. */
  readonly read: (signal: AbortSignal) => Promise<Readings | undefined>;
}

/** A group is not there on this host. */
export class NotMeasured extends Error {}

/** A name of the system's as a part of the name of a metric. */
export function part(name: string): string {
  return name.replaceAll(/\W+/g, "_");
}
