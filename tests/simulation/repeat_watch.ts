/**
 * Whether a source counts what it sends again, and sends nothing again without a cause.
 *
 * @module
 */

import type { SourceStats } from "../../src/observe/stats.ts";
import type { MetricAccount } from "./account.ts";

/** What a {@linkcode RepeatWatch} is made with. */
export interface RepeatWatchOptions {
  readonly metrics: () => readonly MetricAccount[];
  /** Whether a chunk may be refused for what it is, after which those behind it are sent again. */
  readonly mayBeRefused: boolean;
  readonly violate: (text: string) => void;
}

/** Looks at all runs of one source. */
export class RepeatWatch {
  readonly #options: RepeatWatchOptions;
  // What earlier runs have sent again, their own and what others had left to them.
  #earlier = 0;
  #resentBeforeCalm: number | undefined;

  /** There was no run yet. */
  constructor(options: RepeatWatchOptions) {
    this.#options = options;
  }

  /** Looks at the run; `isCalm` if nothing was wrong for a while. */
  look({ pointsResent, pointsRecovered }: SourceStats, isCalm: boolean): void {
    const { metrics, mayBeRefused, violate } = this.#options;
    let repeated = 0;
    for (const account of metrics()) repeated += account.repeated;
    const most = this.#earlier + pointsResent + pointsRecovered;
    if (repeated > most) {
      violate(`${repeated} points came again, ${most} were sent again, it says`);
    }
    if (!isCalm || mayBeRefused) this.#resentBeforeCalm = undefined;
    else if (pointsResent > (this.#resentBeforeCalm ??= pointsResent)) {
      violate(`${pointsResent} points were sent again, it says, while nothing is wrong`);
    }
  }

  /** The run is over. */
  ended({ pointsResent, pointsRecovered }: SourceStats): void {
    this.#earlier += pointsResent + pointsRecovered;
    this.#resentBeforeCalm = undefined;
  }
}
