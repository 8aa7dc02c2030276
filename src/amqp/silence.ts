/**
 * Finding that a peer is silent.
 *
 * @module
 */

import type { MonotonicClock } from "../time/clock.ts";

const BUSY_MS = 100; // late timers mean that sockets are read late, too

/**
 * Waits until the last sign of life is `longestMs` ago.
 *
 * @param lastSignMs When that was, by the clock.
 * @returns Whether it is so; `false` if `signal` was aborted before.
 */
export async function untilSilent(
  clock: MonotonicClock,
  longestMs: number,
  lastSignMs: () => number,
  signal: AbortSignal,
): Promise<boolean> {
  let deadlineMs = lastSignMs() + longestMs;
  while (true) {
    await clock.sleepUntil(deadlineMs, signal);
    if (signal.aborted) return false;
    const proofEndsMs = lastSignMs() + longestMs;
    const lateMs = clock.nowMs() - deadlineMs;
    if (proofEndsMs > deadlineMs) deadlineMs = proofEndsMs;
    // This program was suspended or busy: what has arrived meanwhile is to be read first.
    else if (lateMs > BUSY_MS) deadlineMs = clock.nowMs() + BUSY_MS;
    else return true;
  }
}
