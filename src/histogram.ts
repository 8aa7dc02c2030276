/**
 * How values are distributed, for a few nanoseconds a value.
 *
 * @module
 */

/** How many values there were, and how large they were. */
export interface Distribution {
  /** How many values. */
  readonly count: number;
  /** Their sum. */
  readonly sum: number;
  /** How many were at most `upTo`, by ascending bounds; those above the last are in `count` only. */
  readonly buckets: readonly { readonly upTo: number; readonly count: number }[];
}

/** Counts values between fixed bounds. Nothing is allocated for a value. */
export class Histogram {
  /** Called with each value, for other statistics. */
  onRecord: ((value: number) => void) | undefined;
  /** The bounds, in ascending order. */
  readonly bounds: readonly number[];
  readonly #counts: Float64Array;
  #count = 0;
  #sum = 0;
  #last: Distribution | undefined;

  /** Counts none yet. A value that is equal to a bound belongs below it. */
  constructor(ascendingBounds: readonly number[]) {
    this.bounds = ascendingBounds;
    this.#counts = new Float64Array(ascendingBounds.length);
  }

  /** Counts a value. */
  record(value: number): void {
    this.#count++;
    this.#sum += value;
    // Neither a binary search nor findIndex: the bounds are few, most values are below the first
    // ones, and a callback costs ten times as much as the whole loop.
    let at = 0;
    while (value > (this.bounds[at] ?? Infinity)) at++;
    if (at < this.#counts.length) this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.onRecord?.(value);
  }

  /** What has been counted so far: the same object until there is another value. */
  distribution(): Distribution {
    if (this.#last?.count === this.#count) return this.#last;
    let count = 0;
    const buckets = this.bounds.map((upTo, at) => {
      count += this.#counts[at] ?? 0;
      return Object.freeze({ upTo, count });
    });
    // Frozen, as it is given to others as well.
    return this.#last = Object.freeze({
      count: this.#count,
      sum: this.#sum,
      buckets: Object.freeze(buckets),
    });
  }
}
