/**
 * How long to wait before the next attempt to connect.
 *
 * @module
 */

const FIRST_MS = 100;
const LONGEST_MS = 800;

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
