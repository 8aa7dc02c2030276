/**
 * The metrics that a group lists, in what its device says.
 *
 * @module
 */

import { quote } from "../quote.ts";
import { didYouMean } from "../suggestion.ts";
import type { Values } from "./found_metrics.ts";
import type { CheckedGroup } from "./poll_group.ts";
import { problemOf, type Reading, type Readings } from "./readings.ts";

/** What is to be done with the metrics of a group in a reading. */
export interface Listed {
  /** What was read of each. */
  readonly values: Values;
  /** What is wrong with what else is there, by its name. */
  readonly refusals: ReadonlyMap<string, Error>;
}

/** Finds the metrics that a group lists in what was read, and what does not fit. */
export class ListedMetrics {
  readonly #name: string;
  readonly #names: readonly string[];
  readonly #takesOthers: boolean;
  // Those that were `undefined` in the reading before, as a rate is in the first.
  #unset: ReadonlySet<string> = new Set();
  #hasRead = false;
  #wasEmpty = false;

  /** Nothing was read yet. */
  constructor({ name, metrics, describe }: Pick<CheckedGroup, "name" | "metrics" | "describe">) {
    this.#name = name;
    this.#names = Object.keys(metrics);
    this.#takesOthers = describe !== undefined;
  }

  /** Their names. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** "No reading" of each, after a reading that has failed. */
  fail(): Values {
    return this.#names.map((name) => [name, undefined]);
  }

  /**
   * Takes what `read` has returned: nothing yet, if it is `undefined`; "no reading", if it is `null`.
   *
   * @throws {TypeError} If it is not an object with the names of metrics.
   */
  valuesOf(readings: Readings | null | undefined): Listed {
    if (readings === undefined) return { values: [], refusals: this.#refuseEmpty() };
    this.#hasRead = true;
    if (readings === null) return { values: this.#all(() => null), refusals: new Map() };
    this.#requireObject(readings);
    const before = this.#unset;
    const values = this.#all((name) => readingOf(name, readings, before));
    this.#unset = new Set(this.#names.filter((name) => readings[name] === undefined));
    return { values, refusals: this.#refuseOthers(readings) };
  }

  #all(readingOf: (name: string) => Reading): Values {
    return this.#names.map((name) => [name, readingOf(name)]);
  }

  // Once is "nothing yet", as of what is a difference between two readings.
  #refuseEmpty(): ReadonlyMap<string, Error> {
    const isTold = this.#wasEmpty && !this.#hasRead;
    this.#wasEmpty = true;
    if (!isTold) return new Map();
    return new Map([[
      "read",
      new TypeError("read has returned undefined each time, readings are required"),
    ]]);
  }

  #requireObject(readings: unknown): void {
    const isObject = typeof readings === "object" && readings !== null;
    const isList = Array.isArray(readings) || readings instanceof Map;
    if (isObject && !isList) return;
    throw new TypeError(
      `Cannot read ${this.#name}: ${
        quote(readings)
      } is given, an object with its metrics is required` +
        (isList ? ": Object.fromEntries makes one" : ""),
    );
  }

  #refuseOthers(readings: Readings): ReadonlyMap<string, Error> {
    const refusals = new Map<string, Error>();
    if (this.#takesOthers) return refusals;
    const names = new Set(this.#names);
    const missing = this.#names.filter((name) => !Object.hasOwn(readings, name));
    for (const name of Object.keys(readings)) {
      if (names.has(name)) continue;
      refusals.set(
        name,
        new RangeError(
          `${quote(name)} is read, and not one of the group's metrics${didYouMean(name, missing)}`,
        ),
      );
    }
    return refusals;
  }
}

function readingOf(name: string, readings: Readings, before: ReadonlySet<string>): Reading {
  if (!Object.hasOwn(readings, name)) {
    return new RangeError(`${name} is missing in what is read`);
  }
  const reading = readings[name];
  if (reading === undefined && before.has(name)) {
    return new TypeError(`${name}: undefined is given each time, a number is required`);
  }
  return problemOf(name, reading) ?? reading ?? null;
}
