/**
 * Chunks of one metric that were lost as the broker had nacked them and acked a later one.
 *
 * @module
 */

import type { KnownPoints } from "./outages.ts";

/** When such a loss was told of. */
interface NackedLoss {
  /** How many points were sent by then. */
  readonly sent: number;
  /** How many points were lost so, this time included. */
  readonly points: number;
}

/** Holds such losses against what has arrived. */
export class NackedLosses {
  readonly #losses: NackedLoss[] = [];
  #points = 0;

  /** Points are lost, of so many that were sent. */
  add(points: number, sent: number): void {
    this.#points += points;
    this.#losses.push({ sent, points: this.#points });
  }

  /**
   * Nothing is to come any more. A later chunk that was acked has arrived, so what was lost is before it;
   * what is missing behind the last that has arrived of those that were sent by then has another reason.
   *
   * @param told How many points are lost for any reason.
   * @returns How many points are lost too much.
   */
  excess(told: number, { isReceived, isMissing }: KnownPoints): number {
    let number = 0;
    let missingBehind = 0;
    let excess = 0;
    for (const { sent, points } of this.#losses) {
      for (; number < sent; number++) {
        if (isReceived(number)) missingBehind = 0;
        else if (isMissing(number)) missingBehind++;
      }
      excess = Math.max(excess, missingBehind - (told - points));
    }
    return excess;
  }
}
