/**
 * Which metrics of a list are shown.
 *
 * @module
 */

import type { RateState } from "./summary.ts";

/** What a filter is held against. */
export interface FilteredMetric {
  /** The name, source, unit and description in lower case, a line each. */
  readonly text: string;
  /** In lower case. */
  readonly source: string;
  /** As it is: mW is not MW. */
  readonly unit: string;
}

/** A filter that has been read. */
export interface MetricFilter {
  /** Whether it lets all through. */
  readonly isEmpty: boolean;
  /** The states of which a metric must have one; empty where any will do. They change with time. */
  readonly states: readonly RateState[];
  /** Whether a metric is let through, as far as its texts say. */
  matches(metric: FilteredMetric): boolean;
}

const STATES: ReadonlyMap<string, readonly RateState[]> = new Map([
  ["silent", ["silent"]],
  ["off-rate", ["low", "high"]],
  ["not-declared", ["gone"]],
]);

const MAX_CHARACTERS = 1000;

/**
 * Reads the text of a filter: words that occur in the name, source, unit or description; `source:` with
 * how the source's token begins; `unit:` with the unit; `silent`, `off-rate` and `not-declared`, of which one
 * must hold if several are there.
 */
export function readFilter(text: string): MetricFilter {
  const words = text.slice(0, MAX_CHARACTERS).split(/\s+/).filter(Boolean);
  const states = words.flatMap((word) => STATES.get(word) ?? []);
  const tests = words.filter((word) => !STATES.has(word)).map(testOf);
  return {
    isEmpty: words.length === 0,
    states,
    matches: (metric) => tests.every((test) => test(metric)),
  };
}

function testOf(word: string): (metric: FilteredMetric) => boolean {
  const [, field, wanted = ""] = /^(source|unit):(.*)$/.exec(word) ?? [];
  const lower = wanted.toLowerCase();
  if (field === "source") return ({ source }) => source.startsWith(lower);
  if (field === "unit") return ({ unit }) => unit === wanted;
  const part = word.toLowerCase();
  return ({ text }) => text.includes(part);
}
