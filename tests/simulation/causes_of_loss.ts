/**
 * Why points may be lost.
 *
 * @module
 */

import type { PointsLost } from "../../src/outbox/delivery_options.ts";
import { kindOf } from "./faults.ts";
import type { Plan, SourcePlan } from "./plan.ts";

/** The reasons for which a source of a plan may lose points. */
export function causesOfLoss(
  { faults }: Plan,
  { onFull, outboxMaxBytes, hasSpool }: SourcePlan,
): Set<PointsLost["reason"]> {
  const causes = new Set<PointsLost["reason"]>();
  for (const fault of faults) {
    const { mayLose } = kindOf(fault);
    if (mayLose !== undefined) causes.add(mayLose);
  }
  if (onFull === "drop-oldest" && (outboxMaxBytes < 2 ** 20 || hasSpool)) causes.add("full");
  return causes;
}
