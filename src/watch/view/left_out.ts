/**
 * Metrics that their sources do not declare any more, though the manager still has them: it forgets none.
 *
 * @module
 */

import type { ListedMetric } from "./listed_metric.ts";

/**
 * Marks the metrics whose sources have started anew and have declared others since, but not these.
 *
 * @param startedMs When sources have started, in ms since the Unix epoch.
 * @returns Whether something has changed.
 */
export function markLeftOut(
  metrics: Iterable<ListedMetric>,
  startedMs: ReadonlyMap<string, number>,
): boolean {
  const ofStarted = [...metrics].flatMap((metric) => {
    const source = metric.metadata?.["source"];
    const startMs = typeof source === "string" ? startedMs.get(source) : undefined;
    return typeof source === "string" && (startMs !== undefined || metric.leftOutMs !== undefined)
      ? [{ metric, source, startMs }]
      : [];
  });
  const declaring = new Set<string>();
  for (const { metric, source, startMs = Infinity } of ofStarted) {
    if ((metric.declaredMs ?? -Infinity) >= startMs) declaring.add(source);
  }
  let hasChanged = false;
  for (const { metric, source, startMs = -Infinity } of ofStarted) {
    const isLeftOut = declaring.has(source) && (metric.declaredMs ?? Infinity) < startMs;
    const leftOutMs = isLeftOut ? startMs : undefined;
    hasChanged ||= metric.leftOutMs !== leftOutMs;
    metric.leftOutMs = leftOutMs;
  }
  return hasChanged;
}
