/**
 * Whether an interval source is updated as it promises: each in time, one after the other.
 *
 * @module
 */

import type { Tick } from "../../src/schedule/ticker.ts";
import type { IntervalSource } from "../../src/source/interval_source.ts";
import type { Timestamp } from "../../src/time/timestamp.ts";
import { Beat } from "./beat.ts";

/** What an {@linkcode UpdateWatch} is made with. */
export interface UpdateWatchOptions {
  readonly source: IntervalSource;
  readonly aligns: boolean;
  /** How long an update may take; `Infinity` for as long as it takes. */
  readonly timeoutMs: number;
  readonly nowMs: () => number;
  readonly wallTime: () => Timestamp | undefined;
  readonly violate: (text: string) => void;
}

/** An update that goes on. */
interface Running {
  readonly sinceMs: number;
  readonly signal: AbortSignal;
}

// Of sums of numbers that are not whole.
const ROUNDING_MS = 0.01;
const NS_PER_MS = 1_000_000n;
// What was given up and goes on; with more, updates are left out.
const MOST_UNFINISHED = 100;
// After so long an update hangs, as the log and `health` tell.
const PATIENCE_MS = 10_000;
const PATIENCE_PERIODS = 3;
const GRACE_MS = 50;

/** Follows the updates of one run. */
export class UpdateWatch {
  readonly #options: UpdateWatchOptions;
  readonly #beat: Beat;
  // By number, in the order in which they began.
  readonly #running = new Map<number, Running>();
  // Those of them that none has come back after that began later.
  readonly #awaited = new Map<number, number>();
  #begun = 0;
  #periodMs = 0;
  // When it was set last.
  #periodSinceMs = -Infinity;
  // Whether that was since the last update began.
  #isOtherPeriod = false;
  #last: Tick | undefined;
  #lastBeganMs = 0;
  #lastEndedMs = Infinity;
  // How much the time of day is before virtual time.
  #wallOffsetMs = 0;
  // Whether updates may have been left out since the last.
  #mayLeaveOut = false;
  #missed = 0;
  // Whether deadlines were missed that no update was told of.
  #mayMissMore: boolean;

  /** Nothing was updated yet. */
  constructor(options: UpdateWatchOptions) {
    this.#options = options;
    this.#beat = new Beat(options.nowMs, options.violate);
    this.#mayMissMore = options.aligns;
  }

  /** The source has set its period. */
  usePeriod(periodMs: number): void {
    if (periodMs === this.#periodMs) return;
    this.#periodMs = periodMs;
    this.#isOtherPeriod = true;
    this.#periodSinceMs = this.#options.nowMs();
    this.#mayMissMore = true;
  }

  /** An update begins. Returns its number, for `end`. */
  begin(tick: Tick, signal: AbortSignal): number {
    const nowMs = this.#options.nowMs();
    this.#requireAlone(nowMs);
    const endedMs = Math.min(this.#lastEndedMs, this.#lastBeganMs + this.#options.timeoutMs);
    if (this.#lastEndedMs > endedMs && endedMs < Infinity) this.#beat.end(endedMs);
    const wasStepped = this.#wasStepped(nowMs);
    // What is set in this moment is in force for the next tick.
    const isChanging = this.#periodSinceMs === nowMs;
    if (!wasStepped && !this.#mayLeaveOut && !isChanging) this.#checkTick(tick, endedMs);
    if (wasStepped || this.#mayLeaveOut || this.#isOtherPeriod) this.#beat.reset();
    if (!isChanging) this.#checkMissed(tick);
    this.#beat.begin(this.#periodMs);
    const update = this.#begun++;
    this.#running.set(update, { sinceMs: nowMs, signal });
    this.#awaited.set(update, nowMs);
    this.#mayLeaveOut = this.#running.size >= MOST_UNFINISHED;
    if (this.#mayLeaveOut) this.#mayMissMore = true;
    this.#isOtherPeriod = false;
    this.#last = tick;
    this.#lastBeganMs = nowMs;
    this.#lastEndedMs = Infinity;
    return update;
  }

  /** It has ended, however. */
  end(update: number): void {
    const running = this.#running.get(update);
    if (running !== undefined) this.#requireSignal(running);
    this.#running.delete(update);
    for (const begun of this.#awaited.keys()) if (begun <= update) this.#awaited.delete(begun);
    const nowMs = this.#options.nowMs();
    const wasGivenUp = nowMs >= this.#lastBeganMs + this.#options.timeoutMs;
    if (update !== this.#begun - 1 || wasGivenUp) return;
    this.#lastEndedMs = nowMs;
    this.#beat.end();
  }

  /** Looks at what goes on; `isTold` if events say that updates hang. */
  look(isTold: boolean): void {
    const { source, violate, nowMs } = this.#options;
    if (source.health.status === "stopping") return;
    for (const running of this.#running.values()) this.#requireSignal(running);
    const [sinceMs = Infinity] = this.#awaited.values();
    const hangingMs = nowMs() - sinceMs;
    const patienceMs = Math.max(PATIENCE_MS, PATIENCE_PERIODS * this.#periodMs) + GRACE_MS;
    // With another period, another time has to be over; what was told before stays told.
    const isOtherPeriod = this.#periodSinceMs >= sinceMs;
    const leastMs = isOtherPeriod ? PATIENCE_MS : patienceMs;
    if (isTold && hangingMs < leastMs) violate("updates hang, it says, and do not");
    if (isOtherPeriod || hangingMs <= patienceMs + ROUNDING_MS) return;
    const isKnown = source.stats.hangingSeconds > 0 && source.health.status !== "connected";
    if (isTold && isKnown) return;
    violate(`no update has come back for ${hangingMs} ms, and it does not say so`);
  }

  /** Whether an update takes so long that the source may say that it hangs. */
  get mayHang(): boolean {
    const [sinceMs = Infinity] = this.#awaited.values();
    return this.#options.nowMs() - sinceMs >= PATIENCE_MS;
  }

  /** Another one goes on only if it has been given up. */
  #requireAlone(nowMs: number): void {
    const { timeoutMs, violate } = this.#options;
    if (this.#running.size >= MOST_UNFINISHED) {
      violate(`an update begins beside ${this.#running.size} others`);
    }
    const [last] = this.#running.size === 0 ? [] : [...this.#running.values()].slice(-1);
    if (last === undefined || nowMs - last.sinceMs >= timeoutMs - ROUNDING_MS) return;
    violate(`an update begins ${nowMs - last.sinceMs} ms after one that goes on`);
  }

  /** The signal of an update is aborted when it is given up, and at a stop. */
  #requireSignal({ sinceMs, signal }: Running): void {
    const { source, timeoutMs, nowMs, violate } = this.#options;
    const tookMs = nowMs() - sinceMs;
    if (tookMs > timeoutMs + ROUNDING_MS && !signal.aborted) {
      violate(`an update goes on for ${tookMs} ms, and its signal is not aborted`);
    }
    if (tookMs >= timeoutMs - ROUNDING_MS || !signal.aborted) return;
    if (source.health.status !== "connected") return;
    violate(`the signal of an update is aborted after ${tookMs} ms`);
  }

  #wasStepped(nowMs: number): boolean {
    const wallTime = this.#options.wallTime();
    if (!this.#options.aligns || wallTime === undefined) return false;
    const offsetMs = Number(wallTime.posixNs) / 1e6 - nowMs;
    const wasStepped = Math.abs(offsetMs - this.#wallOffsetMs) > 1;
    this.#wallOffsetMs = offsetMs;
    return wasStepped;
  }

  /** The deadlines keep their phase, and those that were not over are not missed. */
  #checkTick(tick: Tick, endedMs: number): void {
    const { aligns, violate, nowMs } = this.#options;
    const last = this.#last;
    const lateMs = nowMs() - tick.deadlineMs;
    if (Math.abs(lateMs - tick.latenessMs) > ROUNDING_MS || lateMs > 1) {
      violate(`a tick is ${lateMs} ms late, and ${tick.latenessMs} ms, it says`);
    }
    if (aligns) this.#checkAligned(tick);
    if (last === undefined) return;
    const periodMs = this.#periodMs;
    const isOther = this.#isOtherPeriod;
    if (isOther && aligns) return;
    const dueMs = isOther
      ? Math.max(last.deadlineMs + periodMs, this.#periodSinceMs, endedMs)
      : last.deadlineMs + (1 + tick.missed) * periodMs;
    if (Math.abs(tick.deadlineMs - dueMs) > ROUNDING_MS) {
      violate(`a tick is due at ${tick.deadlineMs}, ${tick.missed} missed, and not at ${dueMs}`);
    }
    const wasOver = tick.deadlineMs - periodMs <= endedMs + ROUNDING_MS;
    // What was missed before the period was changed is told as well.
    const mayBeMissed = isOther ? this.#periodSinceMs >= endedMs : wasOver;
    if (tick.missed > 0 && !mayBeMissed) {
      violate(`${tick.missed} deadlines are missed, it says, by ${tick.deadlineMs}`);
    }
  }

  /** The time of day is a round one, has come, and the next has not. */
  #checkAligned({ time }: Tick): void {
    const { violate, wallTime } = this.#options;
    const periodNs = BigInt(this.#periodMs) * NS_PER_MS;
    const sinceNs = (wallTime()?.posixNs ?? 0n) - time.posixNs;
    if (time.posixNs % periodNs !== 0n || sinceNs < 0n || sinceNs >= periodNs) {
      violate(`a tick comes at ${time}, ${sinceNs} ns late, with a period of ${this.#periodMs} ms`);
    }
    if (this.#last === undefined || time.isAfter(this.#last.time)) return;
    violate(`a tick comes at ${time}, after one at ${this.#last.time}`);
  }

  /** What ticks tell is counted as well. */
  #checkMissed({ missed }: Tick): void {
    if (missed === 0) return;
    this.#missed += missed;
    const { missedDeadlines } = this.#options.source.stats;
    const isCounted = this.#mayMissMore
      ? missedDeadlines >= this.#missed
      : missedDeadlines === this.#missed;
    if (isCounted) return;
    this.#options.violate(`${missedDeadlines} missed deadlines are counted of ${this.#missed}`);
  }
}
