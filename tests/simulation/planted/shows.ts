/**
 * Whether a plan has what a planted fault is about.
 *
 * @module
 */

import type { OnFull } from "../../../src/outbox/delivery_options.ts";
import type { OnTime } from "../../../src/source/time_order.ts";
import { type FaultKind, OUTAGES } from "../faults.ts";
import type { Plan, UpdatesPlan } from "../plan.ts";

/** Whether a source keeps what it has to send on disk. */
export function hasSpool({ sources }: Plan): boolean {
  return sources.some((source) => source.hasSpool);
}

/** Whether a source has several addresses of the broker. */
export function hasAddresses({ sources }: Plan): boolean {
  return sources.some(({ addresses }) => addresses !== undefined);
}

/** Whether a plan has faults of all these kinds. */
export function hasFaults(...kinds: readonly FaultKind[]): (plan: Plan) => boolean {
  return ({ faults }) => kinds.every((kind) => faults.some((fault) => fault.kind === kind));
}

/** Whether there is a source that may run out of room. */
export function fills(onFull: OnFull): (plan: Plan) => boolean {
  return ({ sources }) =>
    sources.some((source) => {
      return source.onFull === onFull && source.outboxMaxBytes < 2 ** 20 && !source.hasSpool;
    });
}

/** Whether some interval source is updated so. */
export function updates(are: (plan: UpdatesPlan) => boolean): (plan: Plan) => boolean {
  return ({ sources }) => sources.some((source) => source.updates && are(source.updates));
}

/** Whether some times do not increase, and a source has been told what to do then. */
export function isDisordered(onTime: OnTime | undefined): (plan: Plan) => boolean {
  return ({ sources }) =>
    sources.some((source) => source.onTime === onTime && (source.workload.disorder ?? 0) > 0);
}

/** Whether what is refused is taken again before something may cut off a source. */
export function liftsThenCuts(restriction: FaultKind): (plan: Plan) => boolean {
  return ({ faults }) =>
    faults.some(({ kind, atMs, forMs }) =>
      kind === restriction && forMs > 0 &&
      faults.some((other) => OUTAGES.has(other.kind) && other.atMs > atMs + forMs)
    );
}

/** Whether a source with confirms flushes one of its metrics now and then. */
export function flushesOne({ sources }: Plan): boolean {
  return sources.some(({ kind, delivery, workload: { metricFlushing = 0 } }) => {
    return kind !== "polling" && delivery === "confirmed" && metricFlushing > 0;
  });
}

/** Some source sends without confirms. */
export function isUnconfirmed({ sources }: Plan): boolean {
  return sources.some(({ delivery }) => delivery === "at-most-once");
}
