/**
 * What is wrong with the points of a metric.
 *
 * @module
 */

/** How often something was the case, and when first, in ms since the Unix epoch. */
export interface Occurrence {
  readonly count: number;
  readonly sinceMs: number;
}

/** What may be wrong with points. */
export interface StreamFaults {
  /** Values that are infinite. */
  readonly infinite: Occurrence | undefined;
  /** Times that are not after the one before. */
  readonly disordered: Occurrence | undefined;
  /** Times that are clearly later than now. */
  readonly future: Occurrence | undefined;
  /** The values from the newest one back that are NaN. */
  readonly noReading: Occurrence | undefined;
}

/** How far ahead a time may be: clocks differ a little. */
export const FUTURE_TOLERANCE_MS = 500;

/** Counts what is wrong, at little cost for points that are right. */
export class FaultCounter implements StreamFaults {
  infinite: Occurrence | undefined;
  disordered: Occurrence | undefined;
  future: Occurrence | undefined;
  noReading: Occurrence | undefined;

  /** Adds a point that is newer than the one before, or not, and came at a time of day. */
  add(timeMs: number, value: number, isNewer: boolean, wallMs: number): void {
    if (!Number.isFinite(value)) this.#addNoNumber(value, wallMs);
    else if (this.noReading !== undefined) this.noReading = undefined;
    if (!isNewer) this.disordered = once(this.disordered, wallMs);
    if (timeMs > wallMs + FUTURE_TOLERANCE_MS) this.future = once(this.future, wallMs);
  }

  #addNoNumber(value: number, wallMs: number): void {
    if (Number.isNaN(value)) this.noReading = once(this.noReading, wallMs);
    else {
      this.noReading = undefined;
      this.infinite = once(this.infinite, wallMs);
    }
  }
}

function once(known: Occurrence | undefined, wallMs: number): Occurrence {
  return { count: (known?.count ?? 0) + 1, sinceMs: known?.sinceMs ?? wallMs };
}
