/**
 * What the author of a source tests with.
 *
 * @module
 */

export { ManualClock } from "./manual_clock.ts";
export type { MonotonicClock } from "../time/clock.ts";
