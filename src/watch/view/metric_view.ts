/**
 * A metric as it is shown: what is known of it, and what has come.
 *
 * @module
 */

import type { JsonObject } from "../../rpc/json.ts";
import { Timedelta } from "../../time/timedelta.ts";
import type { MetricStatistics } from "./metric_store.ts";
import type { MetricView } from "./network_view.ts";

const NOTHING_YET: MetricStatistics = {
  points: 0,
  last: undefined,
  ratePerSecond: 0,
  delayMs: undefined,
  gaps: 0,
  disordered: 0,
};

/** Puts together what is known of a metric; `statistics` are missing if nothing has come. */
export function metricView(
  name: string,
  metadata: JsonObject,
  statistics: MetricStatistics = NOTHING_YET,
): MetricView {
  const { source } = metadata;
  const { disordered: _, ...shown } = statistics;
  return {
    name,
    source: typeof source === "string" ? source : undefined,
    metadata,
    declaredRatePerSecond: declaredRate(metadata),
    ...shown,
  };
}

/** The declared rate in Hz, from the metadata's `rate` or `interval`, if there is one. */
export function declaredRate({ rate, interval }: JsonObject): number | undefined {
  if (typeof rate === "number" && rate > 0) return rate;
  if (typeof interval !== "string") return undefined;
  try {
    const { s } = Timedelta.fromString(interval);
    return s > 0 ? 1 / s : undefined;
  } catch {
    return undefined; // any text may be declared
  }
}
