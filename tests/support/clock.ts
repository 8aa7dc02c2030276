/**
 * Waiting for programs that wait on a manual clock and do real input and output in between.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { ManualClock } from "../../src/testing/manual_clock.ts";

const LONGEST_BACKOFF_MS = 1000;

/** Lets the event loop run until `condition` holds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!await condition()) await new Promise((resolve) => setImmediate(resolve));
}

/** Waits until an attempt to connect has failed, or the connection is lost, and the next is due. */
export async function untilBackoff(clock: ManualClock): Promise<void> {
  await until(() => isBackingOff(clock));
}

/** Moves the clock on to each next attempt to connect until `done` is. */
export async function retryUntil(done: Promise<unknown>, clock: ManualClock): Promise<void> {
  let isDone = false;
  void done.finally(() => isDone = true);
  while (!isDone) {
    await until(() => isDone || isBackingOff(clock));
    if (!isDone) await clock.advance(LONGEST_BACKOFF_MS / 1000);
  }
  await done;
}

function isBackingOff(clock: ManualClock): boolean {
  return (clock.nextDeadlineMs ?? Infinity) - clock.nowMs() <= LONGEST_BACKOFF_MS;
}
