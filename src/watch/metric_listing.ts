/**
 * Keeps a list of a network's metrics up to date while somebody looks at it.
 *
 * @module
 */

import type { Agent } from "../agent/agent.ts";
import { errorText } from "../error_text.ts";
import { MessageError } from "../errors.ts";
import { logger } from "../log.ts";
import { type JsonValue, kindOf } from "../rpc/json.ts";
import { orAborted } from "../time/aborted.ts";
import { type MonotonicClock, sleep, wallTimeOf } from "../time/clock.ts";
import { MAX_WINDOW, MetricList } from "./view/metric_list.ts";

const log = logger("watch");

const HOLD_MS = 10_000;
const MIN_PAUSE_MS = 500;
const MAX_PAUSE_MS = 30_000;
// A manager with many metrics is busy with us for at most one twentieth of its time.
const PAUSE_PER_TIME = 20;
const TIMEOUT = "10s";
// How long the metadata of others is asked for before the names are asked for again.
const ROUND_MS = 2000;
const NAMES_PER_CALL = 2000;

/** What a {@linkcode MetricListing} is made with. */
export interface MetricListingOptions {
  /** Asks the manager; it must be connected. */
  readonly agent: Agent;
  readonly list: MetricList;
  readonly clock: MonotonicClock;
  /** The metrics that somebody looks at, whose metadata is asked for first. */
  readonly shown: () => Iterable<string>;
}

/** Asks the manager for names, and in portions for metadata, as long as somebody asks for the list. */
export class MetricListing {
  readonly #options: MetricListingOptions;
  readonly #first = Promise.withResolvers<void>();
  #askedMs = -Infinity;
  #asked = Promise.withResolvers<void>();
  /** Where the next portion begins that is asked for again. */
  #recheckFrom = 0;
  #failure: unknown;

  /** Begins with an empty list. */
  constructor(options: MetricListingOptions) {
    this.#options = options;
  }

  /** Settles when the names have been asked for once. */
  get listed(): Promise<void> {
    return this.#first.promise;
  }

  /** Why the manager could not be asked the last time; `undefined` if it could. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Somebody looks at the list. */
  ask(): void {
    this.#askedMs = this.#options.clock.nowMs();
    this.#asked.resolve();
  }

  /** Asks for the metadata of these metrics now. */
  async describe(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    const { agent, list } = this.#options;
    try {
      const metrics = await agent.getMetrics({ selector: names, timeout: TIMEOUT });
      // Those that the manager says nothing of are known by their names.
      for (const name of names) {
        // Of its own: "constructor" may be the name of a metric.
        list.describe(name, Object.hasOwn(metrics, name) ? metrics[name] ?? {} : {});
      }
      this.#failure = undefined;
    } catch (error) {
      this.#tellOnce(error);
    }
  }

  /** Lists until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      if (clock.nowMs() - this.#askedMs > HOLD_MS) {
        this.#asked = Promise.withResolvers();
        await orAborted(this.#asked.promise, signal);
      }
      const tookMs = await this.#list();
      this.#first.resolve();
      await this.#describeAll(signal);
      const pauseMs = Math.min(Math.max(MIN_PAUSE_MS, PAUSE_PER_TIME * tookMs), MAX_PAUSE_MS);
      await sleep(clock, pauseMs, signal);
    }
    this.#first.resolve();
  }

  async #list(): Promise<number> {
    const { agent, list, clock } = this.#options;
    const startMs = clock.nowMs();
    try {
      // One more than is listed tells that there are more.
      const limit = MetricList.maxSize + 1;
      // Not by getMetrics, which makes an object of them: of 100 000 names that takes 0.4 s.
      const args = { format: "array", limit };
      const { metrics } = await agent.rpc("get_metrics", args, { timeout: TIMEOUT });
      const names = namesIn(metrics);
      const listed = new Set(names.slice(0, MetricList.maxSize));
      list.declare(listed, names.length < limit, wallTimeOf(clock).posixMs);
      this.#failure = undefined;
    } catch (error) {
      this.#tellOnce(error);
    }
    return clock.nowMs() - startMs;
  }

  async #describeAll(signal: AbortSignal): Promise<void> {
    const { clock, list, shown } = this.#options;
    const endMs = clock.nowMs() + ROUND_MS;
    await this.describe(this.#toRecheck([...shown()]));
    while (!signal.aborted && this.#failure === undefined && clock.nowMs() < endMs) {
      const startMs = clock.nowMs();
      const names = list.undescribed(undefined, NAMES_PER_CALL);
      if (names.length === 0) return;
      await this.describe(names);
      await sleep(clock, clock.nowMs() - startMs, signal);
    }
  }

  /** What is shown, and a portion of the rest, which comes round in time. */
  #toRecheck(shown: readonly string[]): string[] {
    const all = [...this.#options.list.known()];
    const from = this.#recheckFrom < all.length ? this.#recheckFrom : 0;
    const portion = all.slice(from, from + MAX_WINDOW);
    this.#recheckFrom = from + portion.length;
    return [...new Set([...shown.slice(-MAX_WINDOW), ...portion])];
  }

  #tellOnce(error: unknown): void {
    if (this.#failure === undefined) {
      log.warn("Cannot list metrics: {error}", { error: errorText(error) });
    }
    this.#failure = error;
  }
}

function namesIn(metrics: JsonValue | undefined): readonly string[] {
  if (Array.isArray(metrics) && metrics.every((name) => typeof name === "string")) return metrics;
  throw new MessageError(
    `Cannot read the answer to get_metrics: "metrics" is ${
      kindOf(metrics)
    }, a list of names is required`,
  );
}
