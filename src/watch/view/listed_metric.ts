/**
 * A metric of a list.
 *
 * @module
 */

import type { JsonObject } from "../../rpc/json.ts";
import { archivedMs, declaredMs, metadataProblems } from "./metadata_problems.ts";
import type { FilteredMetric } from "./metric_filter.ts";
import { declaredRate } from "./metric_view.ts";
import type { Undeclared } from "./network_view.ts";

/** What is known of a metric. */
export interface ListedMetric {
  /** Whether the network knows it; points may come of one that nobody has declared. */
  readonly isDeclared: boolean;
  /** Since when the network knows it no longer, in ms since the Unix epoch. */
  readonly removedMs: number | undefined;
  /** `undefined` until it was asked for. */
  readonly metadata: JsonObject | undefined;
  readonly declaredRatePerSecond: number | undefined;
  /** When it was declared last, as far as that is known. */
  readonly declaredMs: number | undefined;
  /** When it was archived; `NaN` for some time. */
  readonly archivedMs: number | undefined;
  /** As `metadataProblems` has them. */
  readonly problems: number;
  /** Whether it is not to be seen, until it is declared again. */
  isForgotten: boolean;
  /** Since when its source, which has started anew, has not declared it. */
  leftOutMs: number | undefined;
  /** Made when it is first filtered. */
  filtered: FilteredMetric | undefined;
}

/** Puts together what is known of a metric. */
export function listedMetric(
  name: string,
  metadata: JsonObject | undefined,
  isDeclared: boolean,
  removedMs?: number,
): ListedMetric {
  return {
    isDeclared,
    removedMs,
    metadata,
    declaredRatePerSecond: metadata && declaredRate(metadata),
    declaredMs: metadata && declaredMs(metadata),
    archivedMs: metadata && archivedMs(metadata),
    problems: metadata === undefined ? 0 : metadataProblems(name, metadata),
    isForgotten: false,
    leftOutMs: undefined,
    filtered: undefined,
  };
}

/** Why a metric does not count as declared; `undefined` if it does. */
export function undeclaredOf(metric: ListedMetric): Undeclared | undefined {
  const { isDeclared, removedMs, archivedMs, leftOutMs } = metric;
  if (removedMs !== undefined) return { reason: "removed", sinceMs: removedMs };
  if (!isDeclared) return { reason: "never", sinceMs: undefined };
  if (archivedMs !== undefined) {
    return { reason: "archived", sinceMs: Number.isNaN(archivedMs) ? undefined : archivedMs };
  }
  return leftOutMs === undefined ? undefined : { reason: "left out", sinceMs: leftOutMs };
}

/** What a filter is held against. */
export function filteredMetric(name: string, metadata: JsonObject): FilteredMetric {
  const { source, unit, description } = metadata;
  const texts = [name, source, unit, description].map((text) =>
    typeof text === "string" ? text : ""
  );
  return {
    text: texts.join("\n").toLowerCase(),
    source: typeof source === "string" ? source.toLowerCase() : "",
    unit: typeof unit === "string" ? unit : "",
  };
}
