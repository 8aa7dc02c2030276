/**
 * Whether each metric of a source still gets points.
 *
 * @module
 */

import type { MetricAccount } from "./account.ts";
import { LARGEST_POINT_BYTES } from "./causes_of_loss.ts";
import { chunkAgeMsOf, isSizeless, type SourceConfig, type SourcePlan } from "./plan.ts";
import { SLOW_UPDATE_MS } from "./simulated_interval_source.ts";
import { longestPeriodMs } from "./simulated_polling_source.ts";
import { metricsOf } from "./given_config.ts";
import type { Sent } from "./restrictions.ts";
import type { SourceActor } from "./source_actor.ts";

// Beside the age of a chunk: for the way, and for a reading that takes until its timeout.
const ON_ITS_WAY_MS = 11_000;
// Where each point waits for room, one round through all metrics takes as long as the way of all of them.
const ROUND_WITH_WAITS_MS = 150_000;
const SMALL_OUTBOX_BYTES = 2 ** 20;
// What begins a chunk.
const MOST_BYTES_BESIDE = 40;
// More than is sent in a simulation; a broker that has not been told otherwise takes it.
const LARGEST_SIZELESS_BYTES = 2 ** 20;

/** What {@linkcode FreshPoints} look at. */
export interface FreshPointsOptions {
  readonly actor: SourceActor;
  /** The account of a metric, if it was ever sent. */
  readonly accountOf: (metric: string) => MetricAccount | undefined;
  readonly nowMs: () => number;
  /** Nothing is late before this. */
  readonly calmMs: number;
  /** Whether the source may give up a chunk for what it is. */
  readonly mayGiveUp: (chunk: Sent) => boolean;
}

/** What a metric had when the watch began. */
interface Before {
  readonly sent: number;
  readonly givenUp: number;
}

/** Waits for a point of each metric that a source is configured to have. */
export class FreshPoints {
  readonly #options: FreshPointsOptions;
  #config: SourceConfig | undefined;
  #source: unknown;
  #sinceMs = 0;
  readonly #before = new Map<string, Before>();

  /** Begins now. */
  constructor(options: FreshPointsOptions) {
    this.#options = options;
    this.#beginIfOther();
  }

  /** A metric that has no new point, or `undefined`. */
  get missing(): string | undefined {
    if (this.#beginIfOther()) return "a configuration";
    for (const [metric, before] of this.#before) {
      if (this.#isFresh(metric, before)) this.#before.delete(metric);
      else return metric;
    }
    return undefined;
  }

  /** Until when each is to have one, in virtual ms. */
  get limitMs(): number {
    const { calmMs, actor: { plan } } = this.#options;
    const fromMs = Math.max(calmMs, this.#sinceMs);
    if (this.#config === undefined) return fromMs;
    const waitsMs = plan.onFull === "wait" && isSmall(plan) ? ROUND_WITH_WAITS_MS : 0;
    // An update that has begun with the configuration before goes on.
    const slowMs = plan.updates === undefined ? 0 : SLOW_UPDATE_MS;
    return fromMs + 2 * periodMsOf(plan, this.#config) + waitsMs + slowMs +
      chunkAgeMsOf(plan) + ON_ITS_WAY_MS;
  }

  /** Begins anew if it runs anew, or has another configuration. */
  #beginIfOther(): boolean {
    const { actor, accountOf, nowMs } = this.#options;
    const { current } = actor;
    const config = current?.sender.config;
    if (config !== undefined && config === this.#config && current === this.#source) return false;
    this.#source = current;
    this.#config = config;
    this.#sinceMs = nowMs();
    this.#before.clear();
    for (const metric of config === undefined ? [] : metricsOf(actor.plan.token, config)) {
      const account = accountOf(metric);
      this.#before.set(metric, { sent: account?.sent ?? 0, givenUp: account?.givenUp ?? 0 });
    }
    return true;
  }

  #isFresh(metric: string, { sent, givenUp }: Before): boolean {
    const { accountOf, actor: { plan } } = this.#options;
    const account = accountOf(metric);
    if (account === undefined || account.sent === sent) return false;
    if (account.leaves === "by flush") return true; // which may come much later
    if (account.lastReceived >= sent || this.#isRefused(metric)) return true;
    // Where there is never room for all, it may be the same ones each time for which there is none.
    return isSmall(plan) && account.givenUp > givenUp;
  }

  #isRefused(metric: string): boolean {
    const { mayGiveUp, actor: { plan } } = this.#options;
    const { chunkSize } = plan.kind !== "polling"
      ? this.#config ?? plan.config
      : { chunkSize: 100 };
    const bytes = isSizeless(plan)
      ? LARGEST_SIZELESS_BYTES
      : chunkSize * LARGEST_POINT_BYTES + MOST_BYTES_BESIDE;
    return mayGiveUp({ metric, bytes });
  }
}

function isSmall({ outboxMaxBytes, hasSpool }: SourcePlan): boolean {
  return outboxMaxBytes < SMALL_OUTBOX_BYTES && !hasSpool;
}

function periodMsOf({ kind }: SourcePlan, { periodMs }: SourceConfig): number {
  return kind === "polling" ? longestPeriodMs(periodMs) : periodMs;
}
