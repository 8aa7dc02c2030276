/**
 * The metrics whose points are received now: those that somebody looks at.
 *
 * @module
 */

import { isSubscribable } from "../chunk/metric_name.ts";
import { errorText } from "../error_text.ts";
import { logger } from "../log.ts";
import type { Sink } from "../sink/sink.ts";
import type { Subscription } from "../sink/subscription.ts";
import { orAborted } from "../time/aborted.ts";
import { type MonotonicClock, sleep } from "../time/clock.ts";
import type { MetricStore } from "./view/metric_store.ts";

const log = logger("watch");

/** The most metrics that are followed; of more, those that were asked for last. */
export const MAX_FOLLOWED = 10_000;

const HOLD_MS = 10_000;
// Who scrolls passes many rows that he does not look at.
const PACE_MS = 100;
const RETRY_MS = 5000;
// So that the manager answers others in between.
const NAMES_PER_CALL = 1000;
const PREFETCH_CHUNKS = 2000;
/** Of a topic exchange: all that is sent. */
const EVERYTHING = "#";

/** What a {@linkcode FollowedMetrics} is made with. */
export interface FollowedMetricsOptions {
  /** Receives the points; it must be connected. */
  readonly sink: Sink;
  /** Takes the points. */
  readonly store: MetricStore;
  readonly clock: MonotonicClock;
  /** Points of a metric have come. */
  readonly onPoints: (metric: string) => void;
}

/**
 * Subscribes to metrics when they are asked for, and lets them go when nobody has asked for a while. One
 * queue serves them all.
 */
export class FollowedMetrics {
  readonly #options: FollowedMetricsOptions;
  /** When each was asked for last, oldest first. */
  readonly #asked = new Map<string, number>();
  /** What is subscribed to, and since when. */
  readonly #followed = new Map<string, number>();
  #subscription: Subscription | undefined;
  #reading: Promise<void> = Promise.resolve();
  #wantsAll = false;
  #changed = Promise.withResolvers<void>();

  /** Begins with none. */
  constructor(options: FollowedMetricsOptions) {
    this.#options = options;
  }

  /** Whether all that is sent is followed. */
  get isAll(): boolean {
    return this.#followed.has(EVERYTHING);
  }

  /** Whether a metric is followed. */
  has(name: string): boolean {
    return this.isAll || this.#followed.has(name);
  }

  /** The names that are followed, one by one. */
  names(): Iterable<string> {
    return this.#followed.keys();
  }

  /** For how long a metric has been followed; `undefined` if it is not. */
  forMs(name: string): number | undefined {
    const sinceMs = this.#followed.get(name) ?? this.#followed.get(EVERYTHING);
    return sinceMs === undefined ? undefined : this.#options.clock.nowMs() - sinceMs;
  }

  /** The names that were asked for of late. */
  asked(): Iterable<string> {
    return this.#asked.keys();
  }

  /** Follows these from now on. */
  ask(names: Iterable<string>): void {
    const nowMs = this.#options.clock.nowMs();
    let hasNew = false;
    for (const name of names) {
      // The manager refuses it with all that are asked for together, or sends all that it stands for.
      if (!isSubscribable(name)) continue;
      hasNew = !this.#asked.delete(name) || hasNew;
      this.#asked.set(name, nowMs);
    }
    for (const name of this.#asked.keys()) {
      if (this.#asked.size <= MAX_FOLLOWED) break;
      this.#asked.delete(name);
    }
    if (hasNew) this.#wake();
  }

  /** Follows all that is sent, or no longer. */
  followAll(wantsAll: boolean): void {
    if (wantsAll === this.#wantsAll) return;
    this.#wantsAll = wantsAll;
    this.#wake();
  }

  /** Subscribes and unsubscribes until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      const isDone = await this.#bringUpToDate(signal);
      await sleep(clock, isDone ? PACE_MS : RETRY_MS, signal);
      const isIdle = this.#asked.size === 0 && this.#followed.size === 0 && !this.#wantsAll;
      if (isIdle) await orAborted(this.#changed.promise, signal);
    }
    await this.#subscription?.return();
    await this.#reading;
  }

  async #bringUpToDate(signal: AbortSignal): Promise<boolean> {
    try {
      const wanted = this.#wanted();
      const gone = [...this.#followed.keys()].filter((name) => !wanted.has(name));
      const added = [...wanted].filter((name) => !this.#followed.has(name));
      for (const names of partsOf(added)) await this.#add(names);
      for (const names of partsOf(gone)) await this.#remove(names);
      return true;
    } catch (error) {
      if (!signal.aborted) log.warn("Cannot follow metrics: {error}", { error: errorText(error) });
      return false;
    }
  }

  #wanted(): ReadonlySet<string> {
    const oldestMs = this.#options.clock.nowMs() - HOLD_MS;
    for (const [name, askedMs] of this.#asked) {
      if (askedMs >= oldestMs) break;
      this.#asked.delete(name);
    }
    return this.#wantsAll ? new Set([EVERYTHING]) : new Set(this.#asked.keys());
  }

  async #add(names: readonly string[]): Promise<void> {
    if (this.#subscription === undefined) {
      const subscription = this.#options.sink.subscribe(names, { prefetch: PREFETCH_CHUNKS });
      this.#subscription = subscription;
      this.#reading = this.#read(subscription);
      await subscription.metadata;
    } else await this.#subscription.add(names);
    const nowMs = this.#options.clock.nowMs();
    for (const name of names) this.#followed.set(name, nowMs);
  }

  async #remove(names: readonly string[]): Promise<void> {
    // Not followed any more from here on, even if the manager does not answer.
    for (const name of names) this.#followed.delete(name);
    this.#forget(names);
    if (this.#followed.size > 0) await this.#subscription?.remove(names);
    else {
      await this.#subscription?.return();
      await this.#reading;
    }
  }

  /** Otherwise the pause would be counted as a gap when somebody looks again. */
  #forget(gone: readonly string[]): void {
    const { store } = this.#options;
    const names = gone.includes(EVERYTHING) ? [...store.names()] : gone;
    for (const name of names) if (!this.has(name)) store.forget(name);
  }

  async #read(subscription: Subscription): Promise<void> {
    const { store, onPoints } = this.#options;
    try {
      for await (const chunk of subscription) {
        // What was let go and is still on its way is not looked at.
        if (!this.isAll && !this.#asked.has(chunk.metric)) continue;
        store.add(chunk.metric, chunk);
        onPoints(chunk.metric);
      }
    } catch (error) {
      log.warn("Cannot receive points: {error}", { error: errorText(error) });
    }
    this.#subscription = undefined;
    this.#followed.clear();
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

function* partsOf(names: readonly string[]): Generator<readonly string[]> {
  for (let first = 0; first < names.length; first += NAMES_PER_CALL) {
    yield names.slice(first, first + NAMES_PER_CALL);
  }
}
