/**
 * What the broker refuses for what it is, and takes again later: large messages, and the first metric of a
 * source.
 *
 * @module
 */

import type { Fault, FaultKind } from "./faults.ts";
import { Random } from "./random.ts";

/** Until when what the broker had refused is forgotten by a source, in virtual ms. */
export interface Forgotten {
  readonly sizesUntilMs: number;
  readonly topicsUntilMs: number;
}

/** Something that is sent. */
export interface Sent {
  readonly metric: string;
  readonly bytes: number;
}

const KINDS: ReadonlySet<FaultKind> = new Set(["large messages refused", "topic forbidden"]);
// The part of all restrictions that are lifted, and of those the part behind which the source loses a
// connection, so that it asks again.
const LIFTED = 0.6;
const CUT_BEHIND = 0.7;
const SHORTEST_MS = 1000;
const LONGEST_MS = 90_000;

/** Draws which restrictions are lifted; the others stay until the end. */
export function drawLiftings(seed: number, untilMs: number, faults: readonly Fault[]): Fault[] {
  const random = new Random(seed, "liftings");
  return faults.flatMap((fault) =>
    KINDS.has(fault.kind) ? drawLifting(random, untilMs, fault) : fault
  );
}

function drawLifting(random: Random, untilMs: number, fault: Fault): Fault[] {
  const isLifted = random.chance(LIFTED);
  const longestMs = random.logarithmic(SHORTEST_MS, LONGEST_MS);
  const isCut = random.chance(CUT_BEHIND);
  const [behind, choice] = [random.fraction(), random.fraction()];
  if (!isLifted) return [fault];
  const forMs = Math.min(longestMs, untilMs - fault.atMs);
  const lifted = { ...fault, forMs };
  if (!isCut) return [lifted];
  const liftedMs = liftedAtMs(lifted);
  const atMs = liftedMs + behind * (untilMs - liftedMs);
  return [lifted, { kind: "cut connection", atMs, forMs: 0, actor: fault.actor, choice }];
}

/** The sources that may be cut off when large messages are taken again. */
export function tokensWithLifting(faults: readonly Fault[]): ReadonlySet<string> {
  return new Set(
    faults.filter((fault) => fault.kind === "large messages refused" && !isEndless(fault))
      .map(({ actor }) => actor),
  );
}

/** Whether it is a restriction that is there until the end, as it has no length. */
export function isEndless({ kind, forMs }: Fault): boolean {
  return KINDS.has(kind) && forMs === 0;
}

/** When a restriction is over, in virtual ms. */
function liftedAtMs(fault: Fault): number {
  return isEndless(fault) ? Infinity : fault.atMs + fault.forMs;
}

/** The restrictions that are in force at a time. */
export function restrictionsAt(faults: readonly Fault[], nowMs: number): readonly Fault[] {
  return faults.filter((fault) => {
    return KINDS.has(fault.kind) && fault.atMs <= nowMs && nowMs < liftedAtMs(fault);
  });
}

/** The largest message that the broker takes then. */
export function largestMessageBytes(fault: Fault): number {
  const { choice } = fault;
  return isEndless(fault)
    ? Math.floor(20_000 * choice ** 2) + 2000
    : Math.floor(20_000 * choice ** 4) + 600;
}

/** The metric that is forbidden then. */
export function forbiddenTopic({ actor }: Fault): string {
  return `${actor}.m0`;
}

/** Whether a source may hold a restriction to be in force, as it is, or as it does not know better. */
export function isRemembered(fault: Fault, { sizesUntilMs, topicsUntilMs }: Forgotten): boolean {
  const untilMs = fault.kind === "topic forbidden" ? topicsUntilMs : sizesUntilMs;
  return KINDS.has(fault.kind) && untilMs < liftedAtMs(fault);
}

/** Whether a source may give up what it is about to send for what that is. */
export function mayGiveUp(
  faults: readonly Fault[],
  forgotten: Forgotten,
  { metric, bytes }: Sent,
): boolean {
  return faults.filter((fault) => isRemembered(fault, forgotten)).some((fault) =>
    fault.kind === "topic forbidden"
      ? metric === forbiddenTopic(fault)
      : bytes > largestMessageBytes(fault)
  );
}
