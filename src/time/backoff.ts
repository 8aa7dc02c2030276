/**
 * How long to wait before the next attempt: to connect, to register, or to send what was nacked.
 *
 * @module
 */

import type { Randomness } from "../randomness.ts";
import { type MonotonicClock, sleep } from "./clock.ts";

const FIRST_MS = 100;
const LONGEST_MS = 800;

/** What the waits between attempts are made of. */
export interface Pace {
  readonly clock: MonotonicClock;
  /** The jitter between attempts. */
  readonly randomness: Randomness;
}

/** Waits before attempt `attempt`, as `backoffMs` says, or until `signal` is aborted. Never rejects. */
export function pause(
  { clock, randomness }: Pace,
  attempt: number,
  signal: AbortSignal,
  longestMs?: number,
): Promise<void> {
  return sleep(clock, backoffMs(attempt, randomness.fraction(), longestMs), signal);
}

/**
 * Milliseconds to wait before attempt `attempt` (from 0): up to 0.1, 0.2, 0.4, then 0.8 s, of which
 * a random half is taken off, so that a computing centre's sources do not all return in the same
 * instant. The ceiling is low because a broker that is back should have its data within a second.
 *
 * @param random A number from 0 to below 1.
 * @param longestMs The ceiling, where what is waited for is less urgent.
 */
export function backoffMs(
  attempt: number,
  random: number,
  longestMs: number = LONGEST_MS,
): number {
  const ceilingMs = Math.min(longestMs, FIRST_MS * 2 ** attempt);
  return ceilingMs * (1 - random / 2);
}
