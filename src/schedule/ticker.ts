/**
 * The scheduler: ticks at a period, on a clock that no change of the system's time touches.
 *
 * @module
 */

import { type MonotonicClock, type Precision, systemClock } from "../time/clock.ts";
import { quote } from "../time/nanoseconds.ts";
import { Timedelta } from "../time/timedelta.ts";
import { tickMeter } from "./tick_meter.ts";

/** One tick of a {@linkcode Ticker}. */
export interface Tick {
  /** When the tick was due, in milliseconds of the ticker's clock (`performance.now()` unless set). */
  readonly deadlineMs: number;
  /** How much later than that it came, in milliseconds, 0 or more. */
  readonly latenessMs: number;
  /** How many deadlines were skipped since the previous tick, because the body took too long. */
  readonly missed: number;
}

/** What {@linkcode ticks} can be told. */
export interface TicksOptions {
  /** The time from tick to tick: seconds, a text such as `"500ms"`, or a Timedelta. */
  period: number | string | Timedelta;
  /** Ends the ticks when it is aborted. */
  signal?: AbortSignal;
  /**
   * How exactly ticks meet their deadlines. `"fine"`: some 10 microseconds late at the median, for
   * 0.2 to 0.4 ms of CPU time per tick. `"coarse"`: 1 to 2 ms late, for as little as possible.
   *
   * Beside a fine wait other work goes on as ever; only what arrives from outside in the last 3 ms
   * before a deadline may wait for about 1.2 ms. At a period of 1 ms that is always so.
   * @default {"fine"}
   */
  precision?: Precision;
  /**
   * The clock to tick on.
   * @default {systemClock}
   */
  clock?: MonotonicClock;
}

/**
 * Ticks at a period, the first one at once.
 *
 * Deadlines are the start plus whole multiples of the period: lateness of one tick never moves the
 * next, and nothing adds up. A body that runs past the next deadline makes the ticks continue at the
 * first deadline that is not over yet; how many were skipped is told in {@linkcode Tick.missed}.
 *
 * The loop ends, without an error, when the signal is aborted: at once if it is waiting, otherwise when
 * the body has run to its end. Other work of the event loop gets its turn before every tick.
 *
 * @throws {TypeError} If the period is of another type.
 * @throws {RangeError} If the period is not above 0.
 * @throws {SyntaxError} If the period is a text that cannot be parsed.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { ticks } from "@metricq/source";
 *
 * let count = 0;
 * for await (const tick of ticks({ period: "5 ms" })) {
 *   assert(tick.latenessMs >= 0);
 *   if (++count === 3) break;
 * }
 * ```
 */
export function ticks(options: TicksOptions): Ticker {
  return new Ticker(options);
}

/**
 * What {@linkcode ticks} returns: iterate over it. Each iteration starts anew with a tick at once.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { ticks } from "@metricq/source";
 *
 * const ticker = ticks({ period: 3600 });
 * setTimeout(() => ticker.period = "2 ms", 0); // Ends the wait of an hour.
 * let count = 0;
 * for await (const _ of ticker) {
 *   if (++count === 2) break;
 * }
 * assert.equal(ticker.period.s, 0.002);
 * ```
 */
export class Ticker implements AsyncIterable<Tick> {
  #period: Timedelta;
  readonly #signal: AbortSignal | undefined;
  readonly #precision: Precision;
  readonly #clock: MonotonicClock;
  // Ends the wait that is under way, and is replaced by every change of the period.
  #changed = new AbortController();

  /** Makes a ticker; {@linkcode ticks} is for everyday use. */
  constructor({ period, signal, precision = "fine", clock = systemClock }: TicksOptions) {
    this.#period = requirePeriod(period);
    this.#precision = requirePrecision(precision);
    this.#signal = signal;
    this.#clock = clock;
  }

  /** The time from tick to tick. */
  get period(): Timedelta {
    return this.#period;
  }

  /**
   * Changes the period, also while a wait is under way. The next tick then comes one new period
   * after the last deadline, or at once if that is over already, and the deadlines after it are
   * counted from there. What the body overruns when it changes the period does not count as missed.
   * Setting the period that is in force changes nothing.
   *
   * @throws {TypeError} If the period is of another type.
   * @throws {RangeError} If the period is not above 0.
   * @throws {SyntaxError} If the period is a text that cannot be parsed.
   */
  set period(period: number | string | Timedelta) {
    const next = requirePeriod(period);
    if (next.equals(this.#period)) return;
    this.#period = next;
    this.#changed.abort();
    this.#changed = new AbortController();
  }

  /** Starts the ticks. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Tick, void, void> {
    const clock = this.#clock;
    const signal = this.#signal;
    const meter = tickMeter.getStore();
    let grid = new Grid(clock.nowMs(), this.#period);
    let lastMs = -Infinity;
    let missed = 0;

    const endWait = () => this.#changed.abort();
    signal?.addEventListener("abort", endWait);
    try {
      while (!signal?.aborted) {
        await clock.sleepUntil(grid.deadlineMs, this.#changed.signal, this.#precision);
        if (signal?.aborted) break;
        if (grid.period !== this.#period) {
          grid = this.#gridAfter(lastMs);
          continue;
        }
        lastMs = grid.deadlineMs;
        const latenessMs = clock.nowMs() - lastMs;
        meter?.note(latenessMs, missed);
        yield { deadlineMs: lastMs, latenessMs, missed };

        if (grid.period === this.#period) {
          missed = grid.skipTo(clock.nowMs());
        } else {
          grid = this.#gridAfter(lastMs);
          missed = 0;
        }
      }
    } finally {
      signal?.removeEventListener("abort", endWait);
    }
  }

  #gridAfter(lastMs: number): Grid {
    return new Grid(Math.max(lastMs + this.#period.ms, this.#clock.nowMs()), this.#period);
  }
}

/** The deadlines of one period, each computed from the start, so that no error adds up. */
class Grid {
  readonly period: Timedelta;
  readonly #startMs: number;
  readonly #periodNs: number;
  #slot = 0;

  constructor(startMs: number, period: Timedelta) {
    this.period = period;
    this.#startMs = startMs;
    this.#periodNs = period.seconds * 1e9 + period.nanoseconds;
  }

  get deadlineMs(): number {
    return this.#deadlineMsOf(this.#slot);
  }

  /** Goes on to the first deadline after this one that is not before `nowMs`, and counts those between. */
  skipTo(nowMs: number): number {
    const first = this.#slot + 1;
    const estimate = Math.ceil((nowMs - this.#startMs) * 1e6 / this.#periodNs);
    this.#slot = Math.max(first, estimate);
    // The estimate is rounded, and may be one off either way.
    if (this.#deadlineMsOf(this.#slot) < nowMs) this.#slot++;
    else if (this.#slot > first && this.#deadlineMsOf(this.#slot - 1) >= nowMs) this.#slot--;
    return this.#slot - first;
  }

  #deadlineMsOf(slot: number): number {
    return this.#startMs + slot * this.#periodNs / 1e6;
  }
}

function requirePeriod(value: number | string | Timedelta): Timedelta {
  const period = Timedelta.from(value);
  if (period.seconds >= 0 && !period.equals(ZERO)) return period;
  throw new RangeError(
    `Cannot set period: ${quote(value)} is given, a duration above 0 is required`,
  );
}

function requirePrecision(precision: Precision): Precision {
  if (precision === "fine" || precision === "coarse") return precision;
  throw new TypeError(
    `Cannot set precision: ${quote(precision)} is given, "fine" or "coarse" is required`,
  );
}

const ZERO = new Timedelta(0);
