/**
 * Why points may be lost.
 *
 * @module
 */

import type { PointsLost } from "../../src/outbox/delivery_options.ts";
import type { Fault, FaultKind } from "./faults.ts";
import type { Plan, SourcePlan } from "./plan.ts";
import {
  forbiddenTopic,
  type Forgotten,
  isRemembered,
  largestMessageBytes,
} from "./restrictions.ts";

/** What a connection that has stalled, or a memory alarm, holds back is known so much later. */
export const LATE_MS = 150_000;
const NACKING: ReadonlySet<FaultKind> = new Set(["queue full", "second queue full"]);
// For how long a source stops.
const STOPPING_MS = 40_000;
/** Of a body: the distance of two times, and a value. */
export const LARGEST_POINT_BYTES = 20;
// What comes before them.
const HEAD_BYTES = 64;

/** Whether a source may have a chunk refused for what it is. */
export function mayBeRefused({ faults }: Plan, { token }: SourcePlan): boolean {
  return faults.some(({ kind, actor }) =>
    kind === "large messages refused" || kind === "topic forbidden" && actor === token
  );
}

/** Whether the broker may refuse chunks for their size. */
export function mayBeTooLarge({ faults }: Plan): boolean {
  return faults.some(({ kind }) => kind === "large messages refused");
}

/** Whether the broker may nack chunks. */
export function mayBeNacked({ faults }: Plan): boolean {
  return faults.some(({ kind }) => NACKING.has(kind));
}

/** Whether the broker may have nacked a chunk of which a source has not heard yet. */
export function mayHaveNacked({ faults }: Plan, nowMs: number): boolean {
  return faults.some(({ kind, atMs, forMs }) =>
    NACKING.has(kind) && nowMs >= atMs && nowMs <= atMs + forMs + LATE_MS
  );
}

/** Whether there is a cause for what a source loses now: at that source, and in time. */
export function hasCause(
  { faults }: Plan,
  source: SourcePlan,
  loss: PointsLost,
  nowMs: number,
  forgotten: Forgotten,
): boolean {
  const { onFull, outboxMaxBytes, hasSpool, onTime, workload } = source;
  if (loss.reason === "out-of-order") {
    return onTime === "drop" && ((workload.disorder ?? 0) > 0 || workload.mixes === true);
  }
  if (loss.reason === "full") {
    if (onFull !== "drop-oldest") return false;
    // Of what is to be sent nothing comes near to what a large outbox may hold, nor to a spool on a disk
    // that takes it.
    if (!hasSpool) return outboxMaxBytes < 2 ** 20;
  }
  return faults.some((fault) =>
    nowMs >= fault.atMs && causes(fault, source, loss, nowMs, forgotten)
  );
}

function causes(
  fault: Fault,
  { token, delivery }: SourcePlan,
  { reason, metric, points, words }: PointsLost,
  nowMs: number,
  forgotten: Forgotten,
): boolean {
  const { kind, atMs, forMs, actor } = fault;
  const isUnconfirmed = delivery === "at-most-once";
  // The broker has words for what it refuses for what it is, and not for what it nacks.
  const isForWhatItIs = reason === "refused" && words !== undefined &&
    isRemembered(fault, forgotten);
  switch (kind) {
    case "queue full":
    case "second queue full":
      return reason === "refused" && words === undefined && nowMs <= atMs + forMs + LATE_MS;
    case "large messages refused": {
      const mostBytes = HEAD_BYTES + LARGEST_POINT_BYTES * points;
      // Without confirms, small ones that are behind it go as well.
      return isForWhatItIs && (isUnconfirmed || mostBytes > largestMessageBytes(fault));
    }
    case "topic forbidden":
      return isForWhatItIs && actor === token &&
        (isUnconfirmed || metric === forbiddenTopic(fault));
    case "source stopped":
      return reason === "stopped" && actor === token && nowMs <= atMs + STOPPING_MS;
    case "disk full":
      return reason === "full" && nowMs <= atMs + forMs + LATE_MS;
    default:
      return false;
  }
}
