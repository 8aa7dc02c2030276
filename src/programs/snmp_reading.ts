/**
 * What SNMP devices tell, as readings of metrics.
 *
 * @module
 */

import { errorText } from "../error_text.ts";
import type { Metadata } from "../source/metadata.ts";
import { type Rate, rateOf } from "../source/rate_of.ts";
import type { Reading } from "../source/readings.ts";
import { numberOf } from "./number_text.ts";
import type { SnmpValue } from "./snmp_config.ts";
import type { Varbind } from "./snmp_library.d.ts";
import { describeValue, plainValue, wrapOf } from "./snmp_value.ts";

/** One reading of a device, after another. */
export class SnmpReading {
  readonly readings: Record<string, Reading> = {};
  /** Of the metrics that were found in tables. */
  readonly metadata = new Map<string, Metadata>();
  /** Whether there are counters that begin again at 0 often. */
  hasNarrowCounters = false;
  readonly #known: ReadonlyMap<string, Rate>;
  // By metric: a counter that is missing once begins anew.
  readonly #rates = new Map<string, Rate>();
  #upTime: number | undefined;
  #hasRestarted = false;

  /** Goes on with the counters of the reading before. */
  constructor(before?: SnmpReading) {
    this.#known = before ? before.#rates : new Map();
    if (before) this.#upTime = before.#upTime;
  }

  /** Takes how long the device is up: less than before, if its counters have begun anew. */
  takeUpTime(found: Varbind | Error | undefined): void {
    const upTime = found instanceof Error || found === undefined ? undefined : plainValue(found);
    if (typeof upTime !== "number") return;
    this.#hasRestarted = this.#upTime !== undefined && upTime < this.#upTime;
    this.#upTime = upTime;
  }

  /** A metric of a table is there. */
  find(metric: string, metadata: Metadata): void {
    if (this.metadata.has(metric) || Object.hasOwn(this.readings, metric)) {
      throw new RangeError(`${metric} is the name of another`);
    }
    this.metadata.set(metric, metadata);
  }

  /** Something of a table cannot be read. */
  refuse(key: string, reason: string): void {
    this.readings[key] = new Error(`${key}: ${reason}`);
  }

  /** What was found of a metric becomes its reading. */
  take(
    metric: string,
    found: Varbind | Error | undefined,
    config: SnmpValue,
    atMs: number,
  ): void {
    try {
      if (found instanceof Error) throw found;
      if (found === undefined) throw new Error("the device has not told it");
      this.readings[metric] = this.#readingOf(metric, found, config, atMs);
    } catch (error) {
      this.readings[metric] = new Error(`${metric}: ${errorText(error)}`);
    }
  }

  #readingOf(metric: string, found: Varbind, config: SnmpValue, atMs: number): Reading {
    const value = plainValue(found);
    if (value === undefined) throw new Error(describeValue(found));
    const wrapsAt = wrapOf(found);
    const counter = config.counter ?? (wrapsAt === undefined ? "total" : "rate");
    const { scale, unit } = config;
    if (counter === "total") return numberOf(value, { scale, unit });
    if (wrapsAt !== undefined && wrapsAt <= 2 ** 32) this.hasNarrowCounters = true;
    const key = `${metric} ${wrapsAt}`;
    const known = this.#known.get(key);
    const rate = known && !this.#hasRestarted ? known : rateOf({ wrapsAt });
    this.#rates.set(key, rate);
    const perSecond = rate(numberOf(value, { scale: 1 }), atMs);
    // Nothing yet of a counter that is new; "no reading" of one that has begun again.
    if (perSecond === undefined) return known ? NaN : [];
    return perSecond * (scale ?? 1);
  }
}
