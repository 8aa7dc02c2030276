/**
 * The outages of a source, by the points of one metric that came meanwhile.
 *
 * @module
 */

import { LATE_MS } from "./causes_of_loss.ts";

/** What has become of the points of a metric. */
export interface KnownPoints {
  readonly isReceived: (number: number) => boolean;
  /** Whether a point was taken, and has not arrived. */
  readonly isMissing: (number: number) => boolean;
}

interface Outage {
  /** The first point that came. */
  readonly from: number;
  readonly beganMs: number;
  until: number;
  /** `Infinity` until it is over. */
  endedMs: number;
  /** How many points were dropped by its end, as the outbox was full. */
  full: number;
}

/** Follows one outage after the other. */
export class Outages {
  readonly #outages: Outage[] = [];

  /** One begins, before a point. */
  begin(from: number, beganMs: number): void {
    this.#outages.push({ from, beganMs, until: from, endedMs: Infinity, full: 0 });
  }

  /**
   * One is over, before a point; as many were dropped so far, as the outbox was full. Returns the first
   * point that came in it; none if none had begun.
   */
  end(until: number, endedMs: number, full: number): number {
    const outage = this.#outages.at(-1);
    if (outage === undefined) return 0;
    Object.assign(outage, { until, endedMs, full });
    return outage.from;
  }

  /** What was dropped came before all that was kept; `full` points were, in the end. */
  findDropped(full: number, { isReceived, isMissing }: KnownPoints): string | undefined {
    for (const outage of this.#outages) {
      let kept = -1;
      let behind = 0;
      for (let number = outage.from; number < outage.until; number++) {
        if (isReceived(number)) kept = kept < 0 ? number : kept;
        else if (kept >= 0 && isMissing(number)) behind++;
      }
      // What was dropped later may have been behind what was on its way then.
      if (behind <= full - outage.full) continue;
      return `${behind} points behind point ${kept} were dropped as the oldest`;
    }
    return undefined;
  }

  /**
   * What came was kept until the end, and has arrived unless the next connection was lost as well. Returns
   * how many points have not.
   */
  countMissing({ isMissing }: Pick<KnownPoints, "isMissing">): number {
    let missing = 0;
    for (const [at, { from, until, endedMs }] of this.#outages.entries()) {
      const nextBeganMs = this.#outages[at + 1]?.beganMs ?? Infinity;
      if (endedMs === Infinity || nextBeganMs - endedMs <= LATE_MS) continue;
      for (let number = from; number < until; number++) if (isMissing(number)) missing++;
    }
    return missing;
  }
}
