/**
 * Telling that a device fails, and that it is back.
 *
 * @module
 */

import { describeError } from "../error_text.ts";
import { logger } from "../log.ts";
import { counted } from "../quote.ts";

const log = logger("source");

// A line that nobody reads to its end tells nothing.
const MAX_REASONS = 4;

/** What has become of a reading. */
export interface Answer {
  /** The metrics that were not in it, and why. */
  readonly errors: ReadonlyMap<string, Error>;
  /** The metrics that were. */
  readonly read: readonly string[];
  /** What is wrong with what else was in it, by its name. */
  readonly refusals: ReadonlyMap<string, Error>;
}

/**
 * Tells the log once when a group of metrics can no longer be read, or some of them, and once when
 * that is over, but nothing in between. One of them that is never a number does not hide that all of
 * them are gone.
 */
export class Trouble {
  readonly #name: string;
  readonly #metrics: readonly string[];
  // By the metric: how often it has failed in a row.
  readonly #failing = new Map<string, number>();
  #refused: ReadonlySet<string> = new Set();
  #failures = 0;
  #isTold = false;

  /** Nothing has failed yet. */
  constructor(name: string, metrics: readonly string[]) {
    this.#name = name;
    this.#metrics = metrics;
  }

  /** How often all of it has failed in a row. */
  get failures(): number {
    return this.#failures;
  }

  /**
   * The whole reading has failed.
   *
   * @param isKnown Whether the same was told of another group of the device.
   */
  failed(error: unknown, isKnown: boolean): void {
    this.#fail([error], isKnown);
  }

  /** There was a reading; one without a single number is as good as none. */
  answered({ errors, read, refusals }: Answer): void {
    if (errors.size > 0 && errors.size === this.#metrics.length && read.length === 0) {
      return this.#fail([...errors.values(), ...refusals.values()], false);
    }
    if (this.#failures > 0 && this.#isTold) this.#back(this.#name, this.#failures);
    this.#failures = 0;
    this.#reportParts(errors, refusals);
    const back = read.filter((metric) => this.#failing.has(metric));
    const failures = Math.max(...back.map((metric) => this.#failing.get(metric) ?? 0));
    for (const metric of back) this.#failing.delete(metric);
    for (const metric of errors.keys()) {
      this.#failing.set(metric, (this.#failing.get(metric) ?? 0) + 1);
    }
    if (back.length === 0) return;
    const isAll = back.length === this.#metrics.length;
    this.#back(isAll ? this.#name : `${back.join(", ")} of ${this.#name}`, failures);
  }

  #fail(errors: readonly unknown[], isKnown: boolean): void {
    const isFirst = this.#failures++ === 0;
    if (isFirst) this.#isTold = !isKnown;
    for (const [metric, failures] of this.#failing) this.#failing.set(metric, failures + 1);
    this.#report(isFirst && !isKnown, errors);
  }

  #reportParts(errors: ReadonlyMap<string, Error>, refusals: ReadonlyMap<string, Error>): void {
    const fresh = [
      ...[...errors].filter(([metric]) => !this.#failing.has(metric)).map(([, error]) => error),
      ...[...refusals].filter(([name]) => !this.#refused.has(name)).map(([, error]) => error),
    ];
    this.#refused = new Set(refusals.keys());
    if (fresh.length > 0) this.#report(true, fresh);
    else if (errors.size > 0) this.#report(false, [...errors.values()]);
  }

  #report(isNew: boolean, errors: readonly unknown[]): void {
    const all = [...new Set(errors.map(describeError))];
    const more = all.length > MAX_REASONS ? `; and ${all.length - MAX_REASONS} more` : "";
    const reasons = all.slice(0, MAX_REASONS).join("; ") + more;
    log[isNew ? "warn" : "debug"]("No reading of {name}: {reasons}", { name: this.#name, reasons });
  }

  #back(name: string, failures: number): void {
    log.info("{name} is read again, after {what}", {
      name,
      what: counted(failures, "failure"),
      failures,
    });
  }
}
