/**
 * The metrics of a group that are not known before its device has told of them.
 *
 * @module
 */

import { toError } from "../error_text.ts";
import { checkMetricName } from "../chunk/metric_name.ts";
import type { CheckedGroup } from "./poll_group.ts";
import { problemOf, type Reading, type Readings } from "./readings.ts";

/** The most metrics that a group may find: each is remembered for as long as it is read. */
export const MAX_FOUND_METRICS = 20_000;

/** What was read of metrics; of those that were not read, nothing. */
export type Values = readonly (readonly [metric: string, reading: Reading])[];

/** What is to be done with what was found in a reading. */
export interface Found {
  /** Numbers to send. */
  readonly values: Values;
  /** Numbers to send when their metrics are declared. */
  readonly undeclared: Values;
  /** Why others are not sent, by their names. */
  readonly refusals: ReadonlyMap<string, Error>;
}

/**
 * The metrics of a group that its readings have beside those that it lists.
 *
 * Such a metric is declared, and then read. When it is missing in a reading it is gone, after one
 * last "no reading" (NaN), until it is there again.
 */
export class FoundMetrics {
  readonly #group: Pick<CheckedGroup, "metrics" | "describe">;
  readonly #taken: Set<string>;
  readonly #states = new Map<string, "found" | "declaring" | "read" | "gone">();
  #failure: Error | undefined;

  /** Nothing is found yet. `taken`: the metrics of all groups, which those found here join. */
  constructor(group: Pick<CheckedGroup, "metrics" | "describe">, taken: Set<string>) {
    this.#group = group;
    this.#taken = taken;
  }

  /** All that were declared. */
  get declared(): string[] {
    return [...this.#states].filter(([, state]) => state === "read" || state === "gone")
      .map(([name]) => name);
  }

  /** Takes a reading, if there is one. What it gives as undeclared is to be declared next. */
  sortOut(readings: Readings | null | undefined): Found {
    const undeclared: [string, Reading][] = [];
    const refusals = new Map<string, Error>();
    if (this.#failure) refusals.set("describe", this.#failure);
    if (!this.#group.describe || !readings) return { values: [], undeclared, refusals };
    const read = this.#readOf(readings, refusals);
    const values: [string, Reading][] = [];
    for (const [name, value] of read) {
      const state = this.#states.get(name);
      if (state === "found") {
        this.#states.set(name, "declaring");
        undeclared.push([name, value]);
      } else if (state !== "declaring") {
        this.#states.set(name, "read");
        values.push([name, value]);
      }
    }
    return { values: [...values, ...this.#leave(read)], undeclared, refusals };
  }

  /** "No reading" for all that are read, after a reading that has failed. */
  fail(): Found {
    const read = [...this.#states].filter(([, state]) => state === "read");
    return { values: read.map(([name]) => [name, NaN]), undeclared: [], refusals: new Map() };
  }

  /** Ends the declaring of metrics; they are found anew when it has failed. */
  endDeclaring(names: readonly string[], failure?: Error): void {
    for (const name of names) this.#states.set(name, failure ? "found" : "read");
    this.#failure = failure;
  }

  /** What was read of metrics that are not listed, and are admitted. */
  #readOf(readings: Readings, refusals: Map<string, Error>): ReadonlyMap<string, Reading> {
    const read = new Map<string, Reading>();
    for (const [name, value] of Object.entries(readings)) {
      if (value === null || value === undefined) continue;
      if (Object.hasOwn(this.#group.metrics, name)) continue;
      try {
        const problem = problemOf(name, value);
        if (problem !== undefined) throw problem;
        this.#admit(name);
        read.set(name, value);
      } catch (error) {
        refusals.set(name, toError(error));
      }
    }
    return read;
  }

  #leave(read: ReadonlyMap<string, Reading>): Values {
    const gone: [string, number][] = [];
    for (const [name, state] of this.#states) {
      if (state !== "read" || read.has(name)) continue;
      this.#states.set(name, "gone");
      gone.push([name, NaN]);
    }
    return gone;
  }

  #admit(name: string): void {
    if (this.#states.has(name)) return;
    checkMetricName(name);
    if (this.#taken.has(name)) {
      throw new RangeError(`Cannot use metric "${name}": it is there twice, once is required`);
    }
    if (this.#states.size >= MAX_FOUND_METRICS) {
      throw new RangeError(
        `Cannot use metric "${name}": ${MAX_FOUND_METRICS} are found already, no more are allowed`,
      );
    }
    this.#taken.add(name);
    this.#states.set(name, "found");
  }
}
