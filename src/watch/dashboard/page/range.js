// @ts-check

/**
 * The time that the charts show: up to now, or a part of it that stands still.
 *
 * @module
 */

/** The spans that can be chosen, in ms. */
export const SPANS_MS = /** @type {const} */ ([10_000, 60_000, 300_000, 900_000, 3_600_000]);

/** The span at first. */
export const FIRST_SPAN_MS = 60_000;

const SHORTEST_MS = 20;
const LONGEST_MS = 3_600_000;

/**
 * @typedef {object} TimeRange
 * @property {number} spanMs
 * @property {number | undefined} endMs In ms since the Unix epoch; `undefined` follows the time.
 */

/** @type {TimeRange} */
export const FIRST_RANGE = { spanMs: FIRST_SPAN_MS, endMs: undefined };

/**
 * Start and end of a range.
 *
 * @param {TimeRange} range
 * @param {number} nowMs
 * @returns {[startMs: number, endMs: number]}
 */
export function edges({ spanMs, endMs = NaN }, nowMs) {
  const end = Number.isNaN(endMs) ? nowMs : endMs;
  return [end - spanMs, end];
}

/**
 * The part between two times, in either order.
 *
 * @param {number} oneMs
 * @param {number} otherMs
 * @param {number} nowMs
 * @returns {TimeRange}
 */
export function between(oneMs, otherMs, nowMs) {
  const endMs = Math.max(oneMs, otherMs);
  return held(Math.abs(oneMs - otherMs), endMs, nowMs);
}

/**
 * A part that is `factor` times as long, in which a time stays where it is.
 *
 * @param {TimeRange} range
 * @param {number} factor
 * @param {number} atMs
 * @param {number} nowMs
 * @returns {TimeRange}
 */
export function zoomed(range, factor, atMs, nowMs) {
  const [startMs, endMs] = edges(range, nowMs);
  const spanMs = clamp(range.spanMs * factor, SHORTEST_MS, LONGEST_MS);
  const part = (atMs - startMs) / (endMs - startMs);
  // What follows the time goes on with it, unless one looks into it.
  if (range.endMs === undefined && (factor >= 1 || part > 0.95)) {
    return { spanMs, endMs: undefined };
  }
  return held(spanMs, atMs + (1 - part) * spanMs, nowMs);
}

/**
 * The same span, later or earlier by a part of it. One that comes to now follows the time again.
 *
 * @param {TimeRange} range
 * @param {number} part
 * @param {number} nowMs
 * @returns {TimeRange}
 */
export function panned(range, part, nowMs) {
  const [, endMs] = edges(range, nowMs);
  const movedMs = endMs + part * range.spanMs;
  if (part > 0 && movedMs >= nowMs) return { spanMs: range.spanMs, endMs: undefined };
  return held(range.spanMs, movedMs, nowMs);
}

/**
 * @param {number} spanMs
 * @param {number} endMs
 * @param {number} nowMs
 * @returns {TimeRange}
 */
function held(spanMs, endMs, nowMs) {
  return { spanMs: clamp(spanMs, SHORTEST_MS, LONGEST_MS), endMs: Math.min(endMs, nowMs) };
}

/**
 * @param {number} value
 * @param {number} lowest
 * @param {number} highest
 */
function clamp(value, lowest, highest) {
  return Math.min(Math.max(value, lowest), highest);
}
