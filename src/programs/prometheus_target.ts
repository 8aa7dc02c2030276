/**
 * One exporter: what its samples are from one scrape to the next.
 *
 * @module
 */

import { errorText } from "../error_text.ts";
import { logger } from "../log.ts";
import type { Metadata } from "../source/metadata.ts";
import { type Rate, rateOf } from "../source/rate_of.ts";
import type { Readings, TimedValue } from "../source/readings.ts";
import type { Timestamp } from "../time/timestamp.ts";
import type { Chosen, Rules } from "./prometheus_rules.ts";
import type { Sample } from "./prometheus_text.ts";

const log = logger("programs");

/** Turns samples into the values of metrics. */
export class PrometheusTarget {
  readonly #name: string;
  readonly #rules: Rules;
  #metadata: ReadonlyMap<string, Metadata> = new Map();
  #rates: ReadonlyMap<string, Rate> = new Map();
  #told = "";

  /** Nothing is scraped yet. `name`: how the log calls the exporter. */
  constructor(name: string, rules: Rules) {
    this.#name = name;
    this.#rules = rules;
  }

  /** The metadata of a metric of the last scrape. */
  describe(metric: string): Metadata {
    return this.#metadata.get(metric) ?? {};
  }

  /**
   * The values of a scrape. A rate has none before the second scrape that has its sample.
   *
   * @param atMs When it was, on a clock that never goes back.
   */
  read(samples: readonly Sample[], atMs: number): Readings {
    const scrape = new Scrape(atMs, this.#rates);
    for (const sample of samples) {
      const chosen = this.#rules.choose(sample);
      if (typeof chosen === "string") scrape.refuse(chosen);
      else scrape.add(sample, chosen);
    }
    scrape.end();
    this.#metadata = scrape.metadata;
    this.#rates = scrape.rates;
    this.#tellRefusals(samples.length, scrape.refusals);
    return scrape.readings;
  }

  #tellRefusals(samples: number, refusals: ReadonlyMap<string, number>): void {
    // Told again when there are other reasons, not when there are a few more or less of them.
    const told = [...refusals.keys()].sort().join();
    if (told === this.#told) return;
    this.#told = told;
    log.info("{name} has {samples} samples, of which are left out: {reasons}", {
      name: this.#name,
      samples,
      reasons: [...refusals].map(([reason, count]) => `${count} (${reason})`).join(", ") || "none",
    });
  }
}

/** A histogram: its buckets by their upper bounds, as how many were added to each per second. */
interface Distribution {
  readonly chosen: Chosen;
  readonly buckets: [upTo: number, rate: number | undefined][];
}

// Enough for any exporter; a reason may hold a name, of which there may be as many as samples.
const MAX_REASONS = 20;

class Scrape {
  readonly readings: Record<string, number | TimedValue> = {};
  readonly metadata = new Map<string, Metadata>();
  readonly refusals = new Map<string, number>();
  /** The counters of this scrape, by their names and labels. */
  readonly rates = new Map<string, Rate>();
  readonly #atMs: number;
  readonly #known: ReadonlyMap<string, Rate>;
  readonly #distributions = new Map<string, Distribution>();

  constructor(atMs: number, known: ReadonlyMap<string, Rate>) {
    this.#atMs = atMs;
    this.#known = known;
  }

  refuse(reason: string): void {
    const known = this.refusals.has(reason) || this.refusals.size < MAX_REASONS;
    const shown = known ? reason : "other reasons";
    this.refusals.set(shown, (this.refusals.get(shown) ?? 0) + 1);
  }

  add(sample: Sample, chosen: Chosen): void {
    try {
      if (chosen.quantiles.length > 0) this.#addBucket(sample, chosen);
      else {
        const value = chosen.isRate ? this.#rateOf(sample) : sample.value;
        this.#set(chosen, chosen.nameOf(), value, sample.time);
      }
    } catch (error) {
      this.refuse(errorText(error));
    }
  }

  /** To be called behind the last sample. */
  end(): void {
    for (const { chosen, buckets } of this.#distributions.values()) {
      for (const quantile of chosen.quantiles) {
        try {
          this.#set(chosen, chosen.nameOf(quantile), quantileOf(quantile, buckets));
        } catch (error) {
          this.refuse(errorText(error));
        }
      }
    }
  }

  #set(
    { metadata, scale }: Chosen,
    name: string,
    value: number | undefined,
    time?: Timestamp,
  ): void {
    if (this.metadata.has(name)) throw new RangeError(`${name} is the name of another`);
    this.metadata.set(name, metadata);
    if (value === undefined) return;
    this.readings[name] = time ? { time, value: value * scale } : value * scale;
  }

  #rateOf({ name, labels, value, time }: Sample): number | undefined {
    const key = JSON.stringify([name, time !== undefined, ...[...labels].sort()]);
    const rate = this.#known.get(key) ?? rateOf();
    this.rates.set(key, rate);
    return rate(value, time ?? this.#atMs);
  }

  #addBucket(sample: Sample, chosen: Chosen): void {
    const { family, labels } = sample;
    const { le = "", ...others } = Object.fromEntries(labels);
    const key = JSON.stringify([family.name, ...Object.entries(others).sort()]);
    const distribution = this.#distributions.get(key) ?? { chosen, buckets: [] };
    this.#distributions.set(key, distribution);
    const upTo = le === "+Inf" ? Infinity : Number(le);
    distribution.buckets.push([upTo, this.#rateOf(sample)]);
  }
}

/**
 * Below what a share of a histogram lies: between the bounds of its bucket as far as its place among
 * those in there, as Prometheus has it.
 */
function quantileOf(quantile: number, buckets: Distribution["buckets"]): number | undefined {
  const sorted = buckets.toSorted(([a], [b]) => a - b);
  const total = sorted.at(-1)?.[1];
  if (total === undefined) return undefined;
  const rank = quantile * total;
  const index = sorted.findIndex(([, count = NaN]) => count >= rank);
  const [upTo, count = NaN] = sorted[index] ?? [NaN];
  const [from, below = NaN] = sorted[index - 1] ?? [Math.min(0, upTo), 0];
  if (total === 0) return NaN;
  if (upTo === Infinity) return index > 0 ? from : NaN;
  return from + (upTo - from) * (rank - below) / (count - below || 1);
}
