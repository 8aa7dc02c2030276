/**
 * Points that are missing.
 *
 * @module
 */

const LONG = 2; // times the usual distance
const SMOOTHING = 1 / 16;
// This many long distances in a row are the metric's new pace, not gaps.
const NEW_PACE = 4;

/**
 * Counts distances between points that are over twice the usual one. They count as soon as a usual
 * one follows: until then it may as well be that the source has become slower.
 */
export class GapCounter {
  #usualMs = NaN;
  #longInARow = 0;
  #gaps = 0;

  /** How many gaps there have been. */
  get gaps(): number {
    return this.#gaps;
  }

  /** Adds the distance between two points. */
  add(distanceMs: number): void {
    if (distanceMs > LONG * this.#usualMs) {
      if (++this.#longInARow < NEW_PACE) return;
      this.#usualMs = distanceMs;
    } else {
      this.#gaps += this.#longInARow;
      this.#usualMs = Number.isNaN(this.#usualMs)
        ? distanceMs
        : this.#usualMs + (distanceMs - this.#usualMs) * SMOOTHING;
    }
    this.#longInARow = 0;
  }
}
