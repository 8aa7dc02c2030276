/**
 * How long the broker takes to confirm.
 *
 * @module
 */

import { Histogram } from "../histogram.ts";
import type { MonotonicClock } from "../time/clock.ts";

const BOUNDS_SECONDS = [
  ...[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5],
  ...[1, 2.5, 5, 10],
];

/**
 * Times one chunk after another, from its sending to its ack or nack, and none of those that are
 * sent meanwhile: the clock is read twice in a round trip, and not twice for each of its thousands.
 */
export class ConfirmTimer {
  /** The times, in seconds. */
  readonly seconds: Histogram = new Histogram(BOUNDS_SECONDS);
  readonly #clock: MonotonicClock;
  #tag: number | undefined;
  #sentAtMs = 0;

  /** Times nothing yet. */
  constructor(clock: MonotonicClock) {
    this.#clock = clock;
  }

  /** When the chunk was sent that is being timed, if one is. */
  get sentAtMs(): number | undefined {
    return this.#tag === undefined ? undefined : this.#sentAtMs;
  }

  /** A chunk was sent. */
  begin(tag: number): void {
    if (this.#tag !== undefined) return;
    this.#tag = tag;
    this.#sentAtMs = this.#clock.nowMs();
  }

  /** The broker has acked or nacked the chunk with a tag, or with `multiple` all up to it. */
  end(tag: number, multiple: boolean): void {
    if (this.#tag === undefined || tag < this.#tag || (tag > this.#tag && !multiple)) return;
    this.#tag = undefined;
    this.seconds.record((this.#clock.nowMs() - this.#sentAtMs) / 1000);
  }

  /** Times that chunk no more, as the connection is gone. */
  cancel(): void {
    this.#tag = undefined;
  }
}
