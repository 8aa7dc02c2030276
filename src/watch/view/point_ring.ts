/**
 * The newest points of a metric.
 *
 * @module
 */

import type { ExactPoints, SeriesView } from "./network_view.ts";

const FIRST_CAPACITY = 64;
const BYTES_PER_POINT = 18;
const NS_PER_US = 1000n;
const US_PER_MS = 1000;

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
  /** The nanoseconds that are left of a time in whole microseconds. */
  #restsNs = new Int16Array(FIRST_CAPACITY);
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
  push(timeNs: bigint, value: number): void {
    if (this.#size === this.#timesMs.length) this.#makeRoom();
    const at = (this.#start + this.#size) % this.#timesMs.length;
    this.#timesMs[at] = toMs(timeNs);
    this.#restsNs[at] = Number(timeNs % NS_PER_US);
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
    this.#restsNs = new Int16Array(FIRST_CAPACITY);
  }

  /** Copies the points that are newer than `afterMs`. */
  after(afterMs: number): SeriesView {
    const first = this.#firstAfter(afterMs);
    return {
      timesMs: this.#copy(this.#timesMs, new Float64Array(this.#size - first), first),
      values: this.#copy(this.#values, new Float64Array(this.#size - first), first),
    };
  }

  /** Copies the points from `startMs` to `endMs`, with their times as they were sent. */
  exact(startMs: number, endMs: number): ExactPoints {
    const first = this.#countBefore(startMs);
    const count = Math.max(0, this.#firstAfter(endMs) - first);
    const timesNs = new BigInt64Array(count);
    const values = new Float64Array(count);
    for (let index = 0; index < count; index++) {
      const at = (this.#start + first + index) % this.#timesMs.length;
      const timeUs = Math.round((this.#timesMs[at] ?? NaN) * US_PER_MS);
      timesNs[index] = BigInt(timeUs) * NS_PER_US + BigInt(this.#restsNs[at] ?? 0);
      values[index] = this.#values[at] ?? NaN;
    }
    return { timesNs, values };
  }

  #makeRoom(): void {
    const capacity = this.#timesMs.length;
    const larger = Math.min(2 * capacity, this.#maxPoints);
    if (larger > capacity && this.#budget.reserve(larger - capacity)) {
      this.#timesMs = this.#copy(this.#timesMs, new Float64Array(larger), 0);
      this.#values = this.#copy(this.#values, new Float64Array(larger), 0);
      this.#restsNs = this.#copy(this.#restsNs, new Int16Array(larger), 0);
      this.#start = 0;
    } else {
      this.#start = (this.#start + 1) % capacity;
      this.#size--;
    }
  }

  /** How many points are not newer than `afterMs`. */
  #firstAfter(afterMs: number): number {
    return this.#count((timeMs) => timeMs <= afterMs);
  }

  #countBefore(timeMs: number): number {
    return this.#count((each) => each < timeMs);
  }

  /** How many points there are at the beginning for whose times something holds. */
  #count(holds: (timeMs: number) => boolean): number {
    let low = 0;
    let high = this.#size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const timeMs = this.#timesMs[(this.#start + middle) % this.#timesMs.length] ?? NaN;
      if (holds(timeMs)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #copy<Numbers extends Float64Array | Int16Array>(
    source: Numbers,
    target: Numbers,
    first: number,
  ): Numbers {
    const count = this.#size - first;
    const from = (this.#start + first) % source.length;
    const beforeEnd = source.subarray(from, Math.min(from + count, source.length));
    target.set(beforeEnd);
    target.set(source.subarray(0, count - beforeEnd.length), beforeEnd.length);
    return target;
  }
}

/** By way of whole microseconds, which a number holds exactly; nanoseconds it would round to 256. */
export function toMs(timeNs: bigint): number {
  return Number(timeNs / NS_PER_US) / US_PER_MS;
}
