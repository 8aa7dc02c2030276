/**
 * The newest points of a metric.
 *
 * @module
 */

const FIRST_CAPACITY = 64;
const BYTES_PER_POINT = 16;

/**
 * The memory that all rings together may take. Once it is used up a ring does not grow, and keeps
 * fewer points.
 */
export class PointBudget {
  #leftBytes: number;

  /** Allows `bytes` in all. */
  constructor(bytes: number) {
    this.#leftBytes = bytes;
  }

  /** Reserves room for points; `false` if too little is left. */
  reserve(points: number): boolean {
    const bytes = points * BYTES_PER_POINT;
    if (bytes > this.#leftBytes) return false;
    this.#leftBytes -= bytes;
    return true;
  }

  /** Gives back what was reserved. */
  release(points: number): void {
    this.#leftBytes += points * BYTES_PER_POINT;
  }
}

/** Points in the order of their times; in a full ring a new one replaces the oldest. */
export class PointRing {
  readonly #maxPoints: number;
  readonly #budget: PointBudget;
  #timesMs = new Float64Array(FIRST_CAPACITY);
  #values = new Float64Array(FIRST_CAPACITY);
  #start = 0;
  #size = 0;

  /** Makes an empty ring, which grows to `maxPoints` while the budget lasts. */
  constructor(maxPoints: number, budget: PointBudget) {
    this.#maxPoints = maxPoints;
    this.#budget = budget;
  }

  /** How many points it holds. */
  get size(): number {
    return this.#size;
  }

  /** The time of the oldest point, in ms since the Unix epoch; NaN if there is none. */
  get oldestMs(): number {
    return this.#size > 0 ? this.#timesMs[this.#start] ?? NaN : NaN;
  }

  /** Adds a point; its time must be after those of all others. */
  push(timeMs: number, value: number): void {
    if (this.#size === this.#timesMs.length) this.#makeRoom();
    const at = (this.#start + this.#size) % this.#timesMs.length;
    this.#timesMs[at] = timeMs;
    this.#values[at] = value;
    this.#size++;
  }

  /** Forgets all points. */
  clear(): void {
    this.#start = 0;
    this.#size = 0;
  }

  /** Forgets all points, and gives their room back to the budget. */
  release(): void {
    this.clear();
    this.#budget.release(this.#timesMs.length - FIRST_CAPACITY);
    this.#timesMs = new Float64Array(FIRST_CAPACITY);
    this.#values = new Float64Array(FIRST_CAPACITY);
  }

  /** Copies the points that are newer than `afterMs`. */
  after(afterMs: number): { timesMs: Float64Array; values: Float64Array } {
    const first = this.#firstAfter(afterMs);
    return {
      timesMs: this.#copy(this.#timesMs, first),
      values: this.#copy(this.#values, first),
    };
  }

  #makeRoom(): void {
    const capacity = this.#timesMs.length;
    const larger = Math.min(2 * capacity, this.#maxPoints);
    if (larger > capacity && this.#budget.reserve(larger - capacity)) {
      const { timesMs, values } = this.after(-Infinity);
      this.#timesMs = new Float64Array(larger);
      this.#values = new Float64Array(larger);
      this.#timesMs.set(timesMs);
      this.#values.set(values);
      this.#start = 0;
    } else {
      this.#start = (this.#start + 1) % capacity;
      this.#size--;
    }
  }

  /** How many points are not newer than `afterMs`. */
  #firstAfter(afterMs: number): number {
    let low = 0;
    let high = this.#size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const timeMs = this.#timesMs[(this.#start + middle) % this.#timesMs.length] ?? NaN;
      if (timeMs > afterMs) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #copy(source: Float64Array, first: number): Float64Array {
    const copy = new Float64Array(this.#size - first);
    const from = (this.#start + first) % source.length;
    const beforeEnd = source.subarray(from, Math.min(from + copy.length, source.length));
    copy.set(beforeEnd);
    copy.set(source.subarray(0, copy.length - beforeEnd.length), beforeEnd.length);
    return copy;
  }
}
