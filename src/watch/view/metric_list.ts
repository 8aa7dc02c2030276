/**
 * The metrics that a network has, in the order and selection that somebody wants to see.
 *
 * @module
 */

import type { JsonObject } from "../../rpc/json.ts";
import { boundedMetadata } from "./bounded_metadata.ts";
import { filteredMetric, type ListedMetric, listedMetric, undeclaredOf } from "./listed_metric.ts";
import { markLeftOut } from "./left_out.ts";
import { type MetricFilter, readFilter } from "./metric_filter.ts";
import type { MetricStatistics } from "./metric_store.ts";
import { metricView } from "./metric_view.ts";
import type { MetricQuery, MetricSort, MetricView, MetricWindow, Summary } from "./network_view.ts";
import { sortedBy } from "./sorted_by.ts";
import { isGone, rateState, summarize } from "./summary.ts";

/** The most metrics that a query or a list of names gets: more than any screen has rows. */
export const MAX_WINDOW = 1000;

const MAX_LISTED = 100_000;
// Of those that are no longer declared; somebody has to look at them.
const MAX_REMOVED = 10_000;
// What depends on points changes all the time; nobody can read a list that does.
const ORDER_LASTS_MS = 1000;
// Pages, each with its own filter.
const MAX_ORDERS = 16;

/** What has come of the metrics. */
export interface Numbers {
  /** All that is known of a metric's points; `undefined` before the first. */
  statistics(metric: string): MetricStatistics | undefined;
  /** Its rate alone, which costs less; `undefined` if it is not followed. */
  ratePerSecond(metric: string): number | undefined;
  /** The metrics that are followed. */
  followed(): Iterable<string>;
  /** What a monotonic clock reads. */
  nowMs(): number;
}

/** The names that a query finds, in its order. */
interface Order {
  readonly names: readonly string[];
  readonly revision: number;
  /** When it is to be made anew though the list is the same. */
  readonly untilMs: number;
}

/** The metrics of a network, at most 100 000 of them. */
export class MetricList {
  readonly #numbers: Numbers;
  readonly #metrics = new Map<string, ListedMetric>();
  /** Those that are no longer declared, the first that went first. */
  readonly #removed = new Set<string>();
  #forgotten = 0;
  #undescribed = 0;
  readonly #orders = new Map<string, Order>();
  #sorted: readonly string[] | undefined;
  #revision = 0;
  #isComplete = true;
  /** How many are declared. */
  #declared = 0;
  /** How many were declared and are not any more, as of a revision. */
  #gone = { revision: 0, count: 0 };

  /** Begins without metrics. */
  constructor(numbers: Numbers) {
    this.#numbers = numbers;
  }

  /** How many metrics there are. */
  get size(): number {
    return this.#metrics.size - this.#forgotten;
  }

  /** Another number when something has changed. */
  get revision(): number {
    return this.#revision;
  }

  /** How many are listed at most. */
  static readonly maxSize: number = MAX_LISTED;

  /** The names of all, sorted. */
  names(): readonly string[] {
    if (this.#sorted !== undefined) return this.#sorted;
    const names = this.#forgotten === 0
      ? [...this.#metrics.keys()]
      : [...this.#metrics].filter(([, metric]) => !metric.isForgotten).map(([name]) => name);
    return this.#sorted = names.sort();
  }

  /** What is known of a metric that is listed. */
  get(name: string): Readonly<ListedMetric> | undefined {
    return this.#metrics.get(name);
  }

  /** Those of which nobody has asked to forget them, and those of which somebody has. */
  known(): Iterable<string> {
    return this.#metrics.keys();
  }

  /**
   * Takes the names that are declared on the network. What was declared before and is not any more stays
   * as such, if these are all: otherwise it may have been left out for its place.
   *
   * @param isComplete Whether these are all.
   * @param atMs When, in ms since the Unix epoch.
   */
  declare(names: ReadonlySet<string>, isComplete: boolean, atMs: number = Date.now()): void {
    this.#isComplete = isComplete;
    // Mostly nothing has gone, which a count tells.
    let known = 0;
    for (const name of names) if (this.#metrics.get(name)?.isDeclared) known++;
    if (known < this.#declared) {
      for (const [name, metric] of this.#metrics) {
        if (!metric.isDeclared || names.has(name)) continue;
        if (isComplete) this.#remove(name, metric, atMs);
        else this.#delete(name);
      }
    }
    if (known === names.size) return;
    for (const name of names) {
      const metric = this.#metrics.get(name);
      if (metric?.isDeclared) continue;
      if (metric === undefined && this.#isFull()) return;
      this.#set(name, listedMetric(name, metric?.metadata, true));
    }
  }

  /** Those that are no longer declared are not listed any more, until they are declared again. */
  forget(names: Iterable<string>): void {
    for (const name of names) {
      const metric = this.#metrics.get(name);
      if (metric === undefined || metric.isForgotten || !isGone(undeclaredOf(metric))) continue;
      if (metric.removedMs !== undefined) this.#delete(name);
      else {
        metric.isForgotten = true;
        this.#forgotten++;
        this.#sorted = undefined;
        this.#revision++;
      }
    }
  }

  /**
   * Finds the metrics whose sources have started anew and declared others since.
   *
   * @param startedMs When sources have started, in ms since the Unix epoch.
   */
  findLeftOut(startedMs: ReadonlyMap<string, number>): void {
    if (markLeftOut(this.#metrics.values(), startedMs)) this.#revision++;
  }

  /** Takes a name of which points have come. */
  hear(name: string): void {
    if (!this.#metrics.has(name) && !this.#isFull()) {
      this.#set(name, listedMetric(name, {}, false));
    }
  }

  /** Takes what is known of a metric, if it is listed. */
  describe(name: string, declared: JsonObject): void {
    const known = this.#metrics.get(name);
    if (known === undefined) return;
    const metadata = boundedMetadata(declared);
    if (known.metadata !== undefined && isSame(known.metadata, metadata)) return;
    // What its source no longer says, the manager may still have.
    if (known.removedMs !== undefined) return;
    const isDeclaredAgain = known.metadata?.["date"] !== metadata["date"];
    const metric = listedMetric(name, metadata, known.isDeclared);
    metric.isForgotten = known.isForgotten && !isDeclaredAgain;
    metric.leftOutMs = isDeclaredAgain ? undefined : known.leftOutMs;
    this.#set(name, metric);
  }

  /** Those of the names, or of all, whose metadata has not been asked for yet. */
  undescribed(names: Iterable<string> = this.#metrics.keys(), limit: number = Infinity): string[] {
    const found: string[] = [];
    for (const name of names) {
      if (found.length >= limit) break;
      const known = this.#metrics.get(name);
      if (known !== undefined && known.metadata === undefined) found.push(name);
    }
    return found;
  }

  /** Of how many metrics the metadata has not come yet. */
  get undescribedCount(): number {
    return this.#undescribed;
  }

  /** Whether a filter lets a metric through, but for its states. */
  matches(name: string, filter: MetricFilter): boolean {
    const metric = this.#metrics.get(name);
    return metric !== undefined &&
      (filter.isEmpty ||
        filter.matches(metric.filtered ??= filteredMetric(name, metric.metadata ?? {})));
  }

  /** The names that a filter lets through, sorted. */
  find(filter: string): readonly string[] {
    return this.#matching(readFilter(filter));
  }

  /** The part of the list that a query asks for. */
  window(query: MetricQuery): MetricWindow {
    const names = this.#order(query);
    const first = Math.min(wholeNumber(query.first ?? 0), names.length);
    const part = names.slice(first, first + Math.min(wholeNumber(query.count), MAX_WINDOW));
    return {
      total: this.size,
      isComplete: this.#isComplete,
      matching: names.length,
      first,
      metrics: part.map((name) => this.view(name)),
    };
  }

  /** A metric, which need not be listed. */
  view(name: string): MetricView {
    const metric = this.#metrics.get(name);
    const view = metricView(name, metric?.metadata ?? {}, this.#numbers.statistics(name));
    return { ...view, undeclared: metric && undeclaredOf(metric) };
  }

  /** Sums up the metrics. */
  summary(): Summary {
    const rates = [...this.#numbers.followed()].map((name) => {
      const metric = this.#metrics.get(name);
      return {
        ratePerSecond: this.#numbers.ratePerSecond(name) ?? 0,
        declaredRatePerSecond: metric?.declaredRatePerSecond,
        undeclared: metric && undeclaredOf(metric),
      };
    });
    return summarize(this.size, this.#countGone(), rates);
  }

  #countGone(): number {
    if (this.#gone.revision === this.#revision) return this.#gone.count;
    let count = 0;
    for (const metric of this.#metrics.values()) {
      if (!metric.isForgotten && isGone(undeclaredOf(metric))) count++;
    }
    this.#gone = { revision: this.#revision, count };
    return count;
  }

  /** How many metrics each source has declared. */
  countBySource(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { metadata } of this.#metrics.values()) {
      const source = metadata?.["source"];
      if (typeof source === "string") counts.set(source, (counts.get(source) ?? 0) + 1);
    }
    return counts;
  }

  #order({ filter = "", sort = "name", isDescending = false }: MetricQuery): readonly string[] {
    const key = JSON.stringify([filter, sort, isDescending]);
    const nowMs = this.#numbers.nowMs();
    const known = this.#orders.get(key);
    if (known?.revision === this.#revision && nowMs < known.untilMs) return known.names;
    const wanted = readFilter(filter);
    const isSteady = wanted.states.length === 0 && (sort === "name" || sort === "source");
    const matching = this.#matching(wanted);
    const names = sort === "name"
      ? isDescending ? matching.toReversed() : matching
      : sortedBy(matching, (name) => this.#keyOf(name, sort), isDescending);
    const untilMs = isSteady ? Infinity : nowMs + ORDER_LASTS_MS;
    this.#orders.delete(key);
    this.#orders.set(key, { names, revision: this.#revision, untilMs });
    const [oldest] = this.#orders.keys();
    if (this.#orders.size > MAX_ORDERS && oldest !== undefined) this.#orders.delete(oldest);
    return names;
  }

  #matching(filter: MetricFilter): readonly string[] {
    const names = this.names();
    if (filter.isEmpty) return names;
    return names.filter((name) => {
      const metric = this.#metrics.get(name);
      if (metric === undefined) return false;
      return this.#isInState(name, metric, filter) && this.matches(name, filter);
    });
  }

  #isInState(name: string, metric: ListedMetric, { states }: MetricFilter): boolean {
    if (states.length === 0) return true;
    const undeclared = undeclaredOf(metric);
    if (states.includes("gone") && isGone(undeclared)) return true;
    // Of what is not followed nobody knows whether it is silent.
    const ratePerSecond = this.#numbers.ratePerSecond(name);
    if (ratePerSecond === undefined) return false;
    const { declaredRatePerSecond } = metric;
    return states.includes(
      rateState({ ratePerSecond, declaredRatePerSecond, undeclared }),
    );
  }

  #keyOf(name: string, sort: Exclude<MetricSort, "name">): string | number | undefined {
    if (sort !== "source") return numberOf(sort, this.#numbers, name);
    const source = this.#metrics.get(name)?.metadata?.["source"];
    return typeof source === "string" ? source : undefined;
  }

  #isFull(): boolean {
    if (this.#metrics.size < MAX_LISTED) return false;
    const [removed] = this.#removed;
    if (removed !== undefined) {
      this.#delete(removed);
      return false;
    }
    this.#isComplete = false;
    return true;
  }

  #remove(name: string, metric: ListedMetric, atMs: number): void {
    this.#set(name, listedMetric(name, metric.metadata ?? {}, false, atMs));
    const [first] = this.#removed;
    if (this.#removed.size > MAX_REMOVED && first !== undefined) this.#delete(first);
  }

  #set(name: string, metric: ListedMetric): void {
    const known = this.#metrics.get(name);
    if (known === undefined || known.isForgotten !== metric.isForgotten) this.#sorted = undefined;
    this.#declared += Number(metric.isDeclared) - Number(known?.isDeclared ?? false);
    this.#forgotten += Number(metric.isForgotten) - Number(known?.isForgotten ?? false);
    this.#undescribed += Number(metric.metadata === undefined) - Number(isUndescribed(known));
    this.#metrics.set(name, metric);
    if (metric.removedMs === undefined) this.#removed.delete(name);
    else this.#removed.add(name);
    this.#revision++;
  }

  #delete(name: string): void {
    const known = this.#metrics.get(name);
    this.#declared -= Number(known?.isDeclared ?? false);
    this.#forgotten -= Number(known?.isForgotten ?? false);
    this.#undescribed -= Number(isUndescribed(known));
    this.#metrics.delete(name);
    this.#removed.delete(name);
    this.#sorted = undefined;
    this.#revision++;
  }
}

function isUndescribed(metric: ListedMetric | undefined): boolean {
  return metric !== undefined && metric.metadata === undefined;
}

function numberOf(
  sort: Exclude<MetricSort, "name" | "source">,
  numbers: Numbers,
  name: string,
): number | undefined {
  if (sort === "rate") return numbers.ratePerSecond(name);
  const statistics = numbers.statistics(name);
  if (statistics === undefined) return undefined;
  if (sort === "value") return statistics.last?.value;
  return sort === "delay" ? statistics.delayMs : statistics.gaps;
}

function isSame(a: JsonObject, b: JsonObject): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Wrong numbers come from a page only, and do no harm. */
function wholeNumber(value: number): number {
  return value > 0 ? Math.floor(value) : 0;
}
