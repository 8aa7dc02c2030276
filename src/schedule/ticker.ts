/**
 * The scheduler: ticks at a period, on a clock that no change of the system's time touches, or at
 * round times of day.
 *
 * @module
 */

import { type OptionNames, refuseMisspelt } from "../option_names.ts";
import { quote } from "../quote.ts";
import { clockOrSystem, isFine, type MonotonicClock, type Precision } from "../time/clock.ts";
import { readDuration, requireDuration } from "../time/require_duration.ts";
import { type Duration, Timedelta } from "../time/timedelta.ts";
import type { Timestamp } from "../time/timestamp.ts";
import type { Grid } from "./grid.ts";
import { PhaseGrid } from "./phase_grid.ts";
import { tickMeter } from "./tick_meter.ts";
import { WallGrid } from "./wall_grid.ts";

const ZERO = new Timedelta(0);

/** One tick of a {@linkcode Ticker}. */
export interface Tick {
  /** When the tick was due, in milliseconds of the ticker's clock (`performance.now()` unless set). */
  readonly deadlineMs: number;
  /** How much later than that it came, in milliseconds, 0 or more. */
  readonly latenessMs: number;
  /**
   * How many deadlines were skipped since the previous tick, because the body took too long. Of
   * aligned ticks also those that were given up for being late by a period or more.
   */
  readonly missed: number;
  /**
   * The time of day, to send values with. Of aligned ticks the round time at which the tick was due,
   * otherwise the time at which it came. Later with each tick, as `Timestamp.now()` is.
   */
  readonly time: Timestamp;
}

/** Options of {@linkcode ticks}. */
export interface TicksOptions {
  /** The time from tick to tick: seconds, a text such as `"500ms"`, or a Timedelta. */
  period: Duration;
  /**
   * Whether ticks fall on whole multiples of the period since 1970-01-01T00:00:00 UTC: with a period
   * of 10 s on hh:mm:00, :10, :20 …, with one of a day on midnight UTC. The first one waits for such
   * a time as well.
   *
   * No tick comes before its time by the system's clock. That clock is read at every tick, and
   * twice a second in between: while NTP adjusts it, ticks are up to 0.5 ms late. A tick that would
   * be late by a period or more, as the process had no time, gives way to the latest that is due.
   * When the clock is set,
   *
   * - forward by more than a period, the times that it leaps over get no tick, and do not count as
   *   missed; by less, a tick that it leaps over comes late;
   * - back by no more than a period, or a second if that is longer, ticks pause until it is past the
   *   last tick's time: no time gets two ticks;
   * - back by more, ticks go on at once, and with the clock their times go back.
   * @default {false}
   */
  align?: boolean | undefined;
  /**
   * How much later than that aligned ticks are, so that a thousand hosts do not ask together at :00:
   * with a period of 10 s and an offset of `"2s"` they fall on hh:mm:02, :12, :22 … It must be from 0
   * to below the period.
   * @default {0}
   */
  offset?: Duration | undefined;
  /** Ends the ticks when it is aborted. */
  signal?: AbortSignal | undefined;
  /**
   * How exactly ticks meet their deadlines. `"fine"`: 3 to 18 microseconds late at the median, the
   * more the longer the period. A tick that sends a point takes 0.1 ms of CPU time at a period of 1 ms,
   * 0.5 ms at 10 ms and 1 ms at 100 ms. `"coarse"`: 0.5 to 2 ms
   * late, for as little as possible.
   *
   * With the permission to use the network at `127.0.0.1` (as `--allow-net` without a list gives it)
   * fine ticks have two sockets of the process's own, connected to each other, for as long as they
   * are iterated over. They save a third to a half of the CPU time at a period of 1 ms.
   *
   * Beside a fine wait other work goes on as ever, but what arrives from outside in the last 3 ms
   * before a deadline, or the last 6 ms after a wait of 80 ms and more, may wait for up to 1.6 ms. At
   * a period of 1 ms that is so.
   *
   * In the first minute or two of a program one tick in thirty may be up to 3 ms late, as V8 still
   * compiles on threads of its own, which take the processor from the one that waits.
   * @default {"fine"}
   */
  precision?: Precision | undefined;
  /**
   * The clock to tick on.
   * @default {systemClock}
   */
  clock?: MonotonicClock | undefined;
}

/** The names of {@linkcode TicksOptions}. */
export const TICKS_OPTIONS: OptionNames<TicksOptions> = {
  period: true,
  align: "boolean",
  offset: true,
  signal: true,
  precision: true,
  clock: true,
};

/**
 * Ticks at a period, the first one at once, or at round times of day: see
 * {@linkcode TicksOptions.align}.
 *
 * Deadlines are the start plus whole multiples of the period: lateness of one tick never moves the
 * next, and nothing adds up. A body that runs past the next deadline makes the ticks continue at the
 * first deadline that is not over yet; how many were skipped is told in {@linkcode Tick.missed}.
 *
 * The loop ends, without an error, when the signal is aborted: at once if it is waiting, otherwise when
 * the body has run to its end. Other work of the event loop gets its turn before every tick.
 *
 * @throws {TypeError} If the period is of another type, or there is an offset and `align` is not set.
 * @throws {RangeError} If the period is not above 0, or the offset not from 0 to below it.
 * @throws {SyntaxError} If the period, or the offset, is a text that cannot be parsed.
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
 *
 * @example At round times of day
 * ```ts
 * import assert from "node:assert/strict";
 * import { ticks, Timestamp } from "@metricq/source";
 *
 * for await (const tick of ticks({ period: "20 ms", align: true })) {
 *   assert.equal(tick.time.posixNs % 20_000_000n, 0n);
 *   assert(tick.time <= Timestamp.now());
 *   break;
 * }
 * ```
 */
export function ticks(options: TicksOptions): Ticker {
  refuseMisspelt("tick", options, TICKS_OPTIONS);
  return new Ticker(options);
}

/**
 * What {@linkcode ticks} returns: iterate over it. Each iteration starts anew, with a tick at once
 * unless ticks are aligned.
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
  readonly #isAligned: boolean;
  readonly #offset: Timedelta;
  readonly #signal: AbortSignal | undefined;
  readonly #precision: Precision;
  readonly #clock: MonotonicClock;
  // Ends the waits that are under way, of all iterations: each looks what has changed.
  #changed = new AbortController();

  /** @ignore Made by `ticks`. */
  constructor(options: TicksOptions) {
    const { period, align = false, offset, signal, precision = "fine" } = options;
    this.#period = requireDuration("Cannot set period", period);
    this.#isAligned = align;
    this.#offset = checkOffset(offset, this.#period, align);
    this.#precision = requirePrecision(precision);
    this.#signal = signal;
    this.#clock = clockOrSystem(options.clock);
  }

  /** The time from tick to tick. */
  get period(): Timedelta {
    return this.#period;
  }

  /**
   * Changes the period, also while a wait is under way. The next tick then comes one new period
   * after the last deadline, or at once if that is over already, and the deadlines after it are
   * counted from there; aligned ticks go on at the next multiple of it. What the body overruns when
   * it changes the period does not count as missed.
   * Setting the period that is in force changes nothing.
   *
   * @throws {TypeError} If the period is of another type.
   * @throws {RangeError} If the period is not above 0, or not above the offset.
   * @throws {SyntaxError} If the period is a text that cannot be parsed.
   */
  set period(period: Duration) {
    const next = requireDuration("Cannot set period", period);
    if (next.equals(this.#period)) return;
    checkOffset(this.#offset, next, this.#isAligned);
    this.#period = next;
    this.#endWaits();
  }

  /** Starts the ticks. Its `return` ends them at once, also while a tick is waited for. */
  [Symbol.asyncIterator](): AsyncGenerator<Tick, void, void> {
    let isReturned = false;
    const iterator = this.#tickUnless(() => isReturned);
    // A generator's own waits for the tick.
    const end = iterator.return.bind(iterator);
    iterator.return = (value) => {
      isReturned = true;
      this.#endWaits();
      return end(value);
    };
    return iterator;
  }

  async *#tickUnless(isReturned: () => boolean): AsyncGenerator<Tick, void, void> {
    const clock = this.#clock;
    const signal = this.#signal;
    const isOver = () => signal?.aborted || isReturned();
    const meter = tickMeter.getStore();
    let grid = this.#gridAfter(undefined);
    let missed = 0;
    let last: Tick | undefined;

    const endWaits = () => this.#endWaits();
    signal?.addEventListener("abort", endWaits);
    const prepared = this.#precision === "fine" && isFine(clock) ? clock.prepare?.() : undefined;
    try {
      while (!isOver()) {
        const { signal: changed } = this.#changed;
        await this.#sleepUntilLook(grid, changed);
        if (isOver()) break;
        if (grid.period !== this.#period) grid = this.#gridAfter(last);
        if (changed.aborted) continue;
        const givenUp = grid.look();
        if (givenUp === undefined) continue;
        missed += givenUp;
        const { deadlineMs, time, period } = grid;
        const latenessMs = clock.nowMs() - deadlineMs;
        meter?.note(latenessMs, missed);
        last = { deadlineMs, latenessMs, missed, time };
        const end = meter?.begin(() => overdueAt(clock.nowMs(), deadlineMs, period.ms));
        try {
          yield last;
        } finally {
          end?.();
        }

        if (grid.period === this.#period) {
          missed = grid.skip();
        } else {
          grid = this.#gridAfter(last);
          missed = 0;
        }
      }
    } finally {
      signal?.removeEventListener("abort", endWaits);
      await prepared?.[Symbol.asyncDispose]();
    }
  }

  #endWaits(): void {
    this.#changed.abort();
    this.#changed = new AbortController();
  }

  async #sleepUntilLook(grid: Grid, signal: AbortSignal): Promise<void> {
    const clock = this.#clock;
    const hasToBeFine = this.#precision === "fine" && grid.lookMs >= grid.deadlineMs;
    if (!hasToBeFine || !isFine(clock)) return await clock.sleepUntil(grid.lookMs, signal);
    const arrive = await clock.approach(grid.lookMs, signal);
    grid.rehearse();
    arrive();
  }

  #gridAfter(last: Tick | undefined): Grid {
    const clock = this.#clock;
    const period = this.#period;
    if (this.#isAligned) return new WallGrid(clock, period, this.#offset, last?.time);
    const nextMs = last === undefined ? -Infinity : last.deadlineMs + period.ms;
    return new PhaseGrid(clock, period, Math.max(nextMs, clock.nowMs()));
  }
}

/** How many deadlines are over since the last one, as far as the monotonic clock knows. */
function overdueAt(nowMs: number, lastMs: number, periodMs: number): number {
  return Math.max(0, Math.ceil((nowMs - lastMs) / periodMs) - 1);
}

/**
 * Refuses what is not a precision.
 *
 * @throws {TypeError} If it is none.
 */
export function requirePrecision(precision: Precision): Precision {
  if (precision === "fine" || precision === "coarse") return precision;
  throw new TypeError(
    `Cannot set precision: ${quote(precision)} is given, "fine" or "coarse" is required`,
  );
}

/**
 * Refuses what cannot be the offset of aligned ticks.
 *
 * @throws {TypeError} If it is of another type, or ticks are not aligned.
 * @throws {RangeError} If it is not from 0 to below the period.
 * @throws {SyntaxError} If it is a text that cannot be parsed.
 */
export function checkOffset(
  offset: Duration | undefined,
  period: Timedelta,
  isAligned: boolean,
): Timedelta {
  const checked = offset === undefined ? ZERO : readDuration("Cannot set offset", offset);
  if (!isAligned && !checked.equals(ZERO)) {
    throw new TypeError("Cannot set offset: align is not set, it is required");
  }
  if (checked.compare(ZERO) >= 0 && checked.compare(period) < 0) return checked;
  throw new RangeError(
    `Cannot set offset: ${checked.preciseString} is given, ` +
      `a duration from 0 to below the period of ${period.preciseString} is required`,
  );
}
