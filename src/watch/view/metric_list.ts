/**
 * The metrics that a network has, in the order and selection that somebody wants to see.
 *
 * @module
 */

import type { JsonObject } from "../../rpc/json.ts";
import { type FilteredMetric, type MetricFilter, readFilter } from "./metric_filter.ts";
import type { MetricStatistics } from "./metric_store.ts";
import { declaredRate, metricView } from "./metric_view.ts";
import type { MetricQuery, MetricSort, MetricView, MetricWindow, Summary } from "./network_view.ts";
import { rateState, summarize } from "./summary.ts";

/** The most metrics that a query or a list of names gets: more than any screen has rows. */
export const MAX_WINDOW = 1000;

const MAX_LISTED = 100_000;
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

/** A metric of the list. */
interface Listed {
  /** Whether the network knows it; points may come of one that nobody has declared. */
  readonly isDeclared: boolean;
  /** `undefined` until it was asked for. */
  readonly metadata: JsonObject | undefined;
  readonly declaredRatePerSecond: number | undefined;
  /** Made when it is first filtered. */
  filtered: FilteredMetric | undefined;
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
  readonly #metrics = new Map<string, Listed>();
  readonly #orders = new Map<string, Order>();
  #sorted: readonly string[] | undefined;
  #revision = 0;
  #isComplete = true;
  /** How many are declared. */
  #declared = 0;

  /** Begins without metrics. */
  constructor(numbers: Numbers) {
    this.#numbers = numbers;
  }

  /** How many metrics there are. */
  get size(): number {
    return this.#metrics.size;
  }

  /** How many are listed at most. */
  static readonly maxSize: number = MAX_LISTED;

  /** The names of all, sorted. */
  names(): readonly string[] {
    return this.#sorted ??= [...this.#metrics.keys()].sort();
  }

  /**
   * Takes the names that are declared on the network; what was declared before and is not any more goes.
   *
   * @param isComplete Whether these are all.
   */
  declare(names: ReadonlySet<string>, isComplete: boolean): void {
    this.#isComplete = isComplete;
    // Mostly nothing has gone, which a count tells.
    let known = 0;
    for (const name of names) if (this.#metrics.get(name)?.isDeclared) known++;
    if (known < this.#declared) {
      for (const [name, { isDeclared }] of this.#metrics) {
        if (isDeclared && !names.has(name)) this.#delete(name);
      }
    }
    if (known === names.size) return;
    for (const name of names) {
      const metric = this.#metrics.get(name);
      if (metric?.isDeclared) continue;
      if (metric === undefined && this.#isFull()) return;
      this.#set(name, listed(true, metric?.metadata));
    }
  }

  /** Takes a name of which points have come. */
  hear(name: string): void {
    if (!this.#metrics.has(name) && !this.#isFull()) this.#set(name, listed(false, {}));
  }

  /** Takes what is known of a metric, if it is listed. */
  describe(name: string, metadata: JsonObject): void {
    const known = this.#metrics.get(name);
    if (known === undefined) return;
    if (known.metadata !== undefined && isSame(known.metadata, metadata)) return;
    this.#set(name, listed(known.isDeclared, metadata));
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

  /** The part of the list that a query asks for. */
  window(query: MetricQuery): MetricWindow {
    const names = this.#order(query);
    const first = Math.min(wholeNumber(query.first ?? 0), names.length);
    const part = names.slice(first, first + Math.min(wholeNumber(query.count), MAX_WINDOW));
    return {
      total: this.#metrics.size,
      isComplete: this.#isComplete,
      matching: names.length,
      first,
      metrics: part.map((name) => this.view(name)),
    };
  }

  /** A metric, which need not be listed. */
  view(name: string): MetricView {
    const metadata = this.#metrics.get(name)?.metadata ?? {};
    return metricView(name, metadata, this.#numbers.statistics(name));
  }

  /** Sums up the metrics. */
  summary(): Summary {
    const rates = [...this.#numbers.followed()].map((name) => ({
      ratePerSecond: this.#numbers.ratePerSecond(name) ?? 0,
      declaredRatePerSecond: this.#metrics.get(name)?.declaredRatePerSecond,
    }));
    return summarize(this.#metrics.size, rates);
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
    const names = this.#sort(this.#matching(wanted), sort, isDescending);
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
      return this.#isInState(name, metric, filter) &&
        filter.matches(metric.filtered ??= filteredMetric(name, metric.metadata ?? {}));
    });
  }

  #isInState(name: string, metric: Listed, { states }: MetricFilter): boolean {
    if (states.length === 0) return true;
    // Of what is not followed nobody knows whether it is silent.
    const ratePerSecond = this.#numbers.ratePerSecond(name);
    if (ratePerSecond === undefined) return false;
    const { declaredRatePerSecond } = metric;
    return states.includes(rateState({ ratePerSecond, declaredRatePerSecond }));
  }

  #sort(names: readonly string[], sort: MetricSort, isDescending: boolean): readonly string[] {
    if (sort === "name") return isDescending ? names.toReversed() : names;
    const key = sort === "source"
      ? (name: string) => this.#sourceOf(name)
      : (name: string) => numberOf(sort, this.#numbers, name);
    const withKey: { name: string; key: string | number }[] = [];
    const without: string[] = [];
    for (const name of names) {
      const value = key(name);
      if (value === undefined || Number.isNaN(value)) without.push(name);
      else withKey.push({ name, key: value });
    }
    const sign = isDescending ? -1 : 1;
    // Sorting is stable, so that equal ones stay sorted by name.
    withKey.sort((a, b) => a.key < b.key ? -sign : a.key > b.key ? sign : 0);
    return [...withKey.map(({ name }) => name), ...without];
  }

  #sourceOf(name: string): string | undefined {
    const source = this.#metrics.get(name)?.metadata?.["source"];
    return typeof source === "string" ? source : undefined;
  }

  #isFull(): boolean {
    if (this.#metrics.size < MAX_LISTED) return false;
    this.#isComplete = false;
    return true;
  }

  #set(name: string, metric: Listed): void {
    const known = this.#metrics.get(name);
    if (known === undefined) this.#sorted = undefined;
    this.#declared += Number(metric.isDeclared) - Number(known?.isDeclared ?? false);
    this.#metrics.set(name, metric);
    this.#revision++;
  }

  #delete(name: string): void {
    this.#declared -= Number(this.#metrics.get(name)?.isDeclared ?? false);
    this.#metrics.delete(name);
    this.#sorted = undefined;
    this.#revision++;
  }
}

function listed(isDeclared: boolean, metadata: JsonObject | undefined): Listed {
  return {
    isDeclared,
    metadata,
    declaredRatePerSecond: metadata && declaredRate(metadata),
    filtered: undefined,
  };
}

function filteredMetric(name: string, metadata: JsonObject): FilteredMetric {
  const { source, unit, description } = metadata;
  const texts = [name, source, unit, description].map((text) =>
    typeof text === "string" ? text : ""
  );
  return {
    text: texts.join("\n").toLowerCase(),
    source: typeof source === "string" ? source.toLowerCase() : "",
    unit: typeof unit === "string" ? unit : "",
  };
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
