/**
 * Reading one group, tick by tick.
 *
 * @module
 */

import type { HangWatch } from "../observe/hang_watch.ts";
import { MissedDeadlines } from "../schedule/missed_deadlines.ts";
import { type Tick, ticks } from "../schedule/ticker.ts";
import { type MonotonicClock, wallTimeOf } from "../time/clock.ts";
import { TimeLimit } from "../time/time_limit.ts";
import type { Timestamp } from "../time/timestamp.ts";
import type { FoundMetrics, Values } from "./found_metrics.ts";
import { ListedMetrics } from "./listed_metrics.ts";
import type { Metadata } from "./metadata.ts";
import { type Point, PointFilter } from "./point_filter.ts";
import type { PollDevice } from "./poll_device.ts";
import type { CheckedGroup } from "./poll_group.ts";
import type { Readings } from "./readings.ts";

// Why a deadline was missed by a reading that is shorter than the period.
const LATENESS = {
  coarse: 'a coarse wait comes too late for this period, precision "fine" meets it',
  fine: "the process had no time for it",
} as const;

// Readings that ignore their signal must not pile up.
const MAX_UNFINISHED = 100;

/** What a reader needs of its source. */
export interface ReaderHost {
  /** The clock it waits on. */
  readonly clock: MonotonicClock;
  /** Tells of calls that do not come back. */
  watch(activity: string, periodMs: () => number): HangWatch;
  /** Sends points, one after the other. */
  send(points: readonly Point[]): Promise<void>;
  /** Declares metrics that were found. */
  declare(metrics: Readonly<Record<string, Metadata>>, signal: AbortSignal): Promise<void>;
}

/** Reads one group. */
export class GroupReader {
  readonly #group: CheckedGroup;
  readonly #device: PollDevice;
  readonly #listed: ListedMetrics;
  readonly #found: FoundMetrics;
  readonly #host: ReaderHost;
  readonly #filter: PointFilter;
  readonly #watch: HangWatch;
  // Those included that were given up, and go on.
  #unfinished = 0;
  #declaring: Promise<void> = Promise.resolve();

  /** Nothing is read before `run`. */
  constructor(group: CheckedGroup, device: PollDevice, found: FoundMetrics, host: ReaderHost) {
    this.#group = group;
    this.#device = device;
    this.#listed = new ListedMetrics(group);
    this.#found = found;
    this.#host = host;
    this.#filter = new PointFilter(group);
    this.#watch = host.watch(`reading of ${group.name}`, () => group.period.ms);
  }

  /** All metrics that were declared. */
  get metrics(): string[] {
    return [...this.#listed.names, ...this.#found.declared];
  }

  /** Reads at every tick until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { name, period, align, offset, precision } = this.#group;
    const { clock } = this.#host;
    const missed = new MissedDeadlines({ name, activity: "reading", isToldOnce: true });
    let tookMs = 0;
    for await (const tick of ticks({ period, align, offset, precision, signal, clock })) {
      // Of one that fails is told already, and it may fail by being slow.
      if (!this.#device.isFailing(this.#group)) {
        missed.report(tick, tookMs < period.ms ? LATENESS[precision] : undefined);
      }
      const beganMs = clock.nowMs();
      await this.#host.send(await this.#readPoints(tick, signal));
      tookMs = clock.nowMs() - beganMs;
    }
    this.#watch.close();
    await this.#declaring;
  }

  /** Reads once, when no other group of the device is being read; sending is not part of that. */
  async #readPoints(tick: Tick, signal: AbortSignal): Promise<readonly Point[]> {
    const group = this.#group;
    const { clock } = this.#host;
    using _turn = await this.#device.takeTurn();
    if (signal.aborted) return [];
    const asked = group.align ? tick.time : wallTimeOf(clock);
    if (this.#device.isPaused(group, tick.deadlineMs)) return this.#noReading(asked);
    const timeOf = () => group.time === "asked" ? asked : wallTimeOf(clock);
    try {
      const readings = await this.#read(signal);
      return signal.aborted ? [] : this.#accept(readings, timeOf(), signal);
    } catch (error) {
      if (signal.aborted) return [];
      this.#device.failed(group, tick.deadlineMs, error);
      return this.#noReading(timeOf());
    }
  }

  async #read(signal: AbortSignal): Promise<Readings | null | undefined> {
    const { name, device = name, timeout, read } = this.#group;
    if (this.#unfinished >= MAX_UNFINISHED) {
      throw new Error(`Cannot read ${device}: ${MAX_UNFINISHED} earlier readings have not ended`);
    }
    using limit = new TimeLimit({
      clock: this.#host.clock,
      timeoutSeconds: timeout.s,
      signal,
      onTimeout: () => new Error(`Cannot read ${device}: no answer within ${timeout}`),
    });
    return await limit.race(this.#watch.run(async () => {
      this.#unfinished++;
      try {
        return await read(limit.signal);
      } finally {
        this.#unfinished--;
      }
    }));
  }

  #accept(
    readings: Readings | null | undefined,
    time: Timestamp,
    signal: AbortSignal,
  ): readonly Point[] {
    const listed = this.#listed.valuesOf(readings);
    const { values, undeclared, refusals: refused } = this.#found.sortOut(readings);
    const { points, errors, read } = this.#filter.pointsOf([...listed.values, ...values], time);
    const refusals = new Map([...listed.refusals, ...refused]);
    this.#device.answered(this.#group, { errors, read, refusals });
    if (undeclared.length > 0) this.#declareLater(undeclared, time, signal);
    return points;
  }

  #noReading(time: Timestamp): readonly Point[] {
    const { values } = this.#found.fail();
    return this.#filter.pointsOf([...this.#listed.fail(), ...values], time).points;
  }

  /** Declares in the background: what is declared already does not wait for a manager that is away. */
  #declareLater(values: Values, time: Timestamp, signal: AbortSignal): void {
    // What the group says of them is asked now, while it knows the reading.
    const metadata = Object.fromEntries(
      values.map(([metric]) => [metric, this.#group.describe?.(metric) ?? {}]),
    );
    const declare = async () => {
      await this.#host.declare(metadata, signal);
      // Their next points are not taken before: they would come ahead of these if there is no room.
      await this.#host.send(this.#filter.pointsOf(values, time).points);
    };
    const end = (failure?: Error) => this.#found.endDeclaring(Object.keys(metadata), failure);
    this.#declaring = this.#declaring.then(declare).then(
      () => end(),
      (cause) => end(new Error(`Cannot declare metrics of ${this.#group.name}`, { cause })),
    );
  }
}
