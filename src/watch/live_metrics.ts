/**
 * The metrics of a network that is joined: any network, also the one in this process.
 *
 * @module
 */

import { logger } from "../log.ts";
import type { Sink } from "../sink/sink.ts";
import { clockOrSystem, type MonotonicClock, wallTimeOf } from "../time/clock.ts";
import { AgentList, agentViews, type KnownAgents } from "./agent_list.ts";
import { FollowedMetrics, MAX_FOLLOWED } from "./followed_metrics.ts";
import { MetricListing } from "./metric_listing.ts";
import { NetworkHealth } from "./network_health.ts";
import { startTimes } from "./view/agent_registry.ts";
import type { HealthView } from "./view/health_view.ts";
import { MAX_WINDOW, MetricList } from "./view/metric_list.ts";
import { MetricStore } from "./view/metric_store.ts";
import type {
  AgentView,
  ExactPoints,
  MetricQuery,
  MetricsView,
  MetricView,
  MetricWindow,
  SeriesView,
  Summary,
} from "./view/network_view.ts";

// What is shown twice a second on each page.
const SUMMARY_LASTS_MS = 400;
// Agents answer more seldom.
const LEFT_OUT_LASTS_MS = 5000;

/** What {@linkcode LiveMetrics} are made with. */
export interface LiveMetricsOptions {
  /** Joins the network: called once, when the first is asked for. */
  readonly join: () => Promise<Sink>;
  /**
   * Whether all metrics are followed as long as they are few (10 000), so that points are there before
   * somebody looks; and those that nobody has declared.
   * @default {false}
   */
  readonly followsAll?: boolean | undefined;
  /**
   * The agents of the network.
   * @default {those that answer when this asks them}
   */
  readonly agents?: KnownAgents | undefined;
  /**
   * The clock that waiting follows.
   * @default {systemClock}
   */
  readonly clock?: MonotonicClock | undefined;
}

/** What is there once the network is joined. */
interface Joined {
  readonly sink: Sink;
  readonly followed: FollowedMetrics;
  readonly listing: MetricListing;
  readonly agents: AgentList;
  readonly running: Promise<unknown>;
}

/**
 * Joins a network as a sink when it is first asked for something. It lists metrics by `get_metrics`, and
 * subscribes to those that are asked for.
 */
export class LiveMetrics implements MetricsView, AsyncDisposable {
  readonly #options: LiveMetricsOptions;
  readonly #clock: MonotonicClock;
  readonly #store: MetricStore;
  readonly #list: MetricList;
  readonly #ended = new AbortController();
  #joining: Promise<Joined> | undefined;
  #joined: Joined | undefined;
  readonly #health: NetworkHealth;
  #summary: Summary | undefined;
  #summaryUntilMs = 0;
  #leftOutUntilMs = 0;

  /** Does nothing yet. */
  constructor(options: LiveMetricsOptions) {
    this.#options = options;
    const clock = this.#clock = clockOrSystem(options.clock);
    const store = this.#store = new MetricStore({
      nowMs: () => clock.nowMs(),
      wallMs: () => wallTimeOf(clock).posixMs,
      maxMetrics: MAX_FOLLOWED,
    });
    this.#list = new MetricList({
      statistics: (name) => store.statistics(name),
      ratePerSecond: (name) =>
        this.#joined?.followed.has(name) ? store.ratePerSecond(name) ?? 0 : undefined,
      followed: () => this.#followedNames(),
      nowMs: () => clock.nowMs(),
    });
    this.#health = new NetworkHealth({
      join: () => this.#askForHealth(),
      sources: {
        list: this.#list,
        agents: () => this.#agents?.all() ?? new Map(),
        hasAskedAgents: () => this.#agents?.hasAskedAll ?? false,
        heardForMs: (name) => this.#heardForMs(name),
        heard: (name) => store.heard(name),
        clock,
      },
      forgetAgent: (token) => this.#agents?.forget(token),
      clock,
    });
  }

  /** Problems of metrics and agents. */
  get health(): HealthView {
    return this.#health;
  }

  /** Why metrics could not be listed the last time; `undefined` if they could. */
  get listFailure(): unknown {
    return this.#joined?.listing.failure;
  }

  /** Joins the network, if that has not been done. */
  async start(): Promise<void> {
    await this.#join();
  }

  async metrics(query: MetricQuery): Promise<MetricWindow> {
    const { listing, followed } = await this.#join();
    listing.ask();
    await listing.listed;
    let window = this.#list.window(query);
    const undescribed = this.#list.undescribed(namesOf(window.metrics));
    if (undescribed.length > 0) {
      await listing.describe(undescribed);
      window = this.#list.window(query);
    }
    followed.ask(namesOf(window.metrics));
    return window;
  }

  async named(names: readonly string[]): Promise<readonly MetricView[]> {
    const { listing, followed } = await this.#join();
    const wanted = names.slice(0, MAX_WINDOW);
    if (wanted.length > 0) {
      listing.ask();
      await listing.listed;
      await listing.describe(this.#list.undescribed(wanted));
      followed.ask(wanted);
    }
    return wanted.map((name) => this.#list.view(name));
  }

  series(metric: string, afterMs?: number): SeriesView {
    this.#joined?.followed.ask([metric]);
    return this.#store.series(metric, afterMs);
  }

  exactPoints(metric: string, startMs: number, endMs: number): ExactPoints {
    return this.#store.exactPoints(metric, startMs, endMs);
  }

  async summary(): Promise<Summary> {
    const { listing } = await this.#join();
    listing.ask();
    await listing.listed;
    const nowMs = this.#clock.nowMs();
    if (this.#summary === undefined || nowMs >= this.#summaryUntilMs) {
      this.#findLeftOut();
      this.#summary = this.#list.summary();
      this.#summaryUntilMs = nowMs + SUMMARY_LASTS_MS;
    }
    return this.#summary;
  }

  async agents(): Promise<readonly AgentView[]> {
    const { agents } = await this.#join();
    return agentViews(agents.all(), this.#list.countBySource());
  }

  /** Leaves the network. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    const joined = await this.#joining?.catch(() => undefined); // who has asked was told
    await this.#health.stop();
    await joined?.sink.stop();
    await joined?.running;
  }

  get #agents(): KnownAgents | undefined {
    return this.#options.agents ?? this.#joined?.agents;
  }

  async #askForHealth(): Promise<Sink> {
    const { listing, sink } = await this.#join();
    listing.ask();
    await listing.listed;
    this.#findLeftOut();
    return sink;
  }

  /** By what agents have answered, which are asked with this, too. */
  #findLeftOut(): void {
    const agents = this.#agents?.all() ?? new Map();
    const nowMs = this.#clock.nowMs();
    if (nowMs < this.#leftOutUntilMs) return;
    this.#leftOutUntilMs = nowMs + LEFT_OUT_LASTS_MS;
    this.#list.findLeftOut(startTimes(agents));
  }

  #heardForMs(name: string): number | undefined {
    const followed = this.#joined?.followed;
    const forMs = followed?.forMs(name);
    if (forMs === undefined || !followed?.isAll) return forMs;
    // All are followed, also those that were not there yet.
    const declaredMs = this.#list.get(name)?.declaredMs ?? -Infinity;
    return Math.min(forMs, wallTimeOf(this.#clock).posixMs - declaredMs);
  }

  #join(): Promise<Joined> {
    return this.#joining ??= this.#joinNow().catch((error) => {
      this.#joining = undefined; // the next may have better luck
      throw error;
    });
  }

  async #joinNow(): Promise<Joined> {
    this.#ended.signal.throwIfAborted();
    const { join, followsAll = false } = this.#options;
    const { signal } = this.#ended;
    const clock = this.#clock;
    const sink = await join();
    const followed: FollowedMetrics = new FollowedMetrics({
      sink,
      store: this.#store,
      clock,
      onPoints: (metric) => {
        if (followsAll) this.#list.hear(metric);
        if (this.#list.size > MAX_FOLLOWED) followed.followAll(false);
      },
    });
    const list = this.#list;
    const listing = new MetricListing({ agent: sink, list, clock, shown: () => followed.asked() });
    const agents = new AgentList({ agent: sink, clock });
    followed.followAll(followsAll);
    const running = Promise.all([followed, listing, agents].map((each) => each.run(signal)))
      .catch((error) => logger("watch").error("Cannot look at the network: {error}", { error }));
    return this.#joined = { sink, followed, listing, agents, running };
  }

  #followedNames(): Iterable<string> {
    const followed = this.#joined?.followed;
    if (followed === undefined) return [];
    return followed.isAll ? this.#list.names() : followed.names();
  }
}

function namesOf(metrics: readonly MetricView[]): string[] {
  return metrics.map(({ name }) => name);
}
