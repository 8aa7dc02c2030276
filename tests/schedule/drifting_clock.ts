/**
 * Aligned ticks on a clock whose time of day is slewed and set.
 *
 * @module
 */

import { type Tick, ticks } from "../../src/schedule/ticker.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { type Duration, Timedelta } from "../../src/time/timedelta.ts";
import { Timestamp } from "../../src/time/timestamp.ts";

/** A manual clock whose time of day can run at another rate. */
export class DriftingClock extends ManualClock {
  #time: Timestamp;
  #atMs = this.nowMs();
  #rate = 1;

  constructor(time: string) {
    super(5_000_000);
    this.#time = Timestamp.fromIso8601(time);
  }

  override wallTime(): Timestamp {
    return this.#time.add(Timedelta.fromMs((this.nowMs() - this.#atMs) * this.#rate));
  }

  override setWallTime(time: Timestamp): void {
    this.#time = time;
    this.#atMs = this.nowMs();
  }

  slew(ppm: number): void {
    this.setWallTime(this.wallTime());
    this.#rate = 1 + ppm / 1e6;
  }

  step(delta: Duration): void {
    this.setWallTime(this.wallTime().add(Timedelta.from(delta)));
  }
}

/** A tick, and when it came. */
export interface SeenTick extends Tick {
  /** The time of day when the tick came. */
  readonly cameAt: Timestamp;
}

/** An aligned ticker, with a body whose duration each tick is given in turn. */
export function setup(
  period: Duration,
  time: string,
  bodyMs: number[] = [],
  offset: Duration = new Timedelta(0),
) {
  const clock = new DriftingClock(time);
  const controller = new AbortController();
  const ticker = ticks({ period, align: true, offset, clock, signal: controller.signal });
  const seen: SeenTick[] = [];
  const ended = (async () => {
    for await (const tick of ticker) {
      seen.push({ ...tick, cameAt: clock.wallTime() });
      const durationMs = bodyMs.shift();
      if (durationMs !== undefined) await clock.sleepUntil(clock.nowMs() + durationMs);
    }
  })();
  const stop = async () => {
    controller.abort();
    await clock.advance(1e6); // A body may still run.
    await ended;
  };
  return { clock, ticker, seen, stop, times: () => seen.map(({ time }) => timeOfDay(time)) };
}

/** The time without the date, such as `12:00:00.5`. */
export function timeOfDay(time: Timestamp): string {
  return time.toIso8601().slice("2026-01-01T".length).replace(/\.?0*Z$/, "");
}
