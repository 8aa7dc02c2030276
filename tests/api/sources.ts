/**
 * Sources that are given options.
 *
 * @module
 */

import { IntervalSource, PollingSource, Source } from "../../mod.ts";

/** Does nothing. */
export class Meter extends Source {
  task() {}
}

/** Updates nothing. */
export class Clock extends IntervalSource {
  update() {}
}

/** Polls a group with further options. */
export class Rack extends PollingSource {
  pollWith(given: object): Promise<void> {
    return this.poll([{ period: 1, metrics: { "a.b": {} }, read: () => null, ...given }]);
  }
}
