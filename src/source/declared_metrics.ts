/**
 * Which metrics a source has declared, and what replaces them.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { RpcError } from "../errors.ts";
import type { JsonObject } from "../rpc/json.ts";

/** The function by which metrics are declared. */
export const DECLARE_METRICS = "source.declare_metrics";

/** A metric's name and metadata. */
export type Declaration = readonly [name: string, metadata: JsonObject];

/** Metrics that are replaced together. */
export class MetricSet {
  /** Their names. */
  readonly names: Set<string> = new Set();
  /** Whether they were replaced, or are of a configuration that was refused. */
  isGone = false;
}

/** The metrics of a poll, and what is done when they replace those of the poll before. */
interface Poll {
  readonly metrics: MetricSet;
  readonly onReplaced: () => void;
}

/** A configuration whose handlers run, or have run. */
class DeclarationTrial {
  readonly metrics = new MetricSet();
  readonly polls: Poll[] = [];
  readonly settled = Promise.withResolvers<void>();
  state: "running" | "accepted" | "refused" = "running";
  hasDeclared = false;

  requireNotRefused(): void {
    if (this.state !== "refused") return;
    throw new RpcError(DECLARE_METRICS, "the configuration that declares them was refused");
  }
}

/** What code belongs to that declares metrics. */
interface Context {
  /** The configuration whose handler has called it, or has started what calls it. */
  readonly trial: DeclarationTrial | undefined;
  /** Set within `replacing` and `adding`. */
  readonly polled?: MetricSet;
}

/**
 * The metrics that a source has declared. Those of its configurations are replaced by the next
 * configuration whose handlers declare any, when all of them have accepted it. Those of a poll are
 * replaced by the next poll, and within a configuration also not before that is accepted. What is
 * declared otherwise stays.
 */
export class DeclaredMetrics {
  // By name. Of a metric that several sets have, the last one counts.
  readonly #metrics = new Map<string, readonly { set: MetricSet; metadata: JsonObject }[]>();
  readonly #context = new AsyncLocalStorage<Context>();
  readonly #restore: (metrics: readonly Declaration[]) => Promise<void>;
  readonly #others = new MetricSet();
  #configured = new MetricSet();
  #polled = new MetricSet();
  // The latest configuration that was accepted, and the latest whose handlers have begun.
  #accepted: DeclarationTrial | undefined;
  #inTurn: DeclarationTrial | undefined;

  /**
   * Begins with none.
   *
   * @param restore Declares metrics once more, after others have been declared under their names that
   * were then refused. Must not throw.
   */
  constructor(restore: (metrics: readonly Declaration[]) => Promise<void>) {
    this.#restore = restore;
  }

  /** How many there are. */
  get size(): number {
    return this.#metrics.size;
  }

  /** All of them, in the order in which they were declared first. */
  get all(): Declaration[] {
    return this.of(this.#metrics.keys());
  }

  /** Those of some names that are declared. */
  of(names: Iterable<string>): Declaration[] {
    return [...names].flatMap((name) => {
      const declared = this.#metrics.get(name)?.at(-1);
      return declared ? [[name, declared.metadata] as const] : [];
    });
  }

  /** Whether a metric is one of them. */
  has(name: string): boolean {
    return this.#metrics.has(name);
  }

  /**
   * The set that metrics belong to which the calling code declares.
   *
   * @throws {RpcError} If that is the set of a configuration that was refused.
   */
  get current(): MetricSet {
    const { trial, polled } = this.#context.getStore() ?? {};
    trial?.requireNotRefused();
    if (trial?.state === "running") trial.hasDeclared = true;
    if (polled !== undefined) return polled;
    if (trial === undefined) return this.#others;
    if (trial.state === "running") return trial.metrics;
    // A handler has started what declares these, such as a timer, and has ended since. They are the
    // first of the latest configuration, or come to those of the one that is in force.
    if (trial === this.#accepted && !trial.hasDeclared) this.#replaceConfigured(trial);
    return this.#configured;
  }

  /** Remembers metrics of a set, unless that is gone. */
  note(set: MetricSet, metrics: readonly Declaration[]): void {
    if (set.isGone) return;
    for (const [name, metadata] of metrics) {
      const others = this.#metrics.get(name)?.filter((declared) => declared.set !== set) ?? [];
      this.#metrics.set(name, [...others, { set, metadata }]);
      set.names.add(name);
    }
  }

  /** Runs the handlers of a configuration; when they throw, what they have declared is withdrawn. */
  async configuring<Result>(run: () => Promise<Result>): Promise<Result> {
    const trial = new DeclarationTrial();
    try {
      const result = await this.#context.run({ trial }, run);
      trial.state = "accepted";
      this.#accepted = trial;
      if (trial.hasDeclared) this.#replaceConfigured(trial);
      for (const poll of trial.polls) this.#replacePolled(poll);
      return result;
    } catch (error) {
      trial.state = "refused";
      await this.#withdraw(trial.metrics, ...trial.polls.map(({ metrics }) => metrics));
      throw error;
    } finally {
      trial.settled.resolve();
    }
  }

  /**
   * To be called in the turn of a configuration, before its handlers: waits until the one before is
   * accepted or withdrawn.
   */
  async takeTurn(): Promise<void> {
    const before = this.#inTurn;
    this.#inTurn = this.#context.getStore()?.trial;
    await before?.settled.promise;
  }

  /**
   * Runs what declares metrics instead of those of the last such run; when it throws, they are
   * withdrawn, and those stay.
   *
   * @param onReplaced Called when they have replaced those: within a configuration, when that is accepted.
   */
  async replacing(declare: () => Promise<void>, onReplaced: () => void): Promise<void> {
    const trial = this.#context.getStore()?.trial;
    const metrics = new MetricSet();
    try {
      await this.#context.run({ trial, polled: metrics }, declare);
      trial?.requireNotRefused();
    } catch (error) {
      await this.#withdraw(metrics);
      throw error;
    }
    const poll = { metrics, onReplaced };
    if (trial?.state === "running") trial.polls.push(poll);
    else this.#replacePolled(poll);
  }

  /** Runs what declares metrics beside those of the last `replacing`. */
  async adding(declare: () => Promise<void>): Promise<void> {
    await this.#context.run({ trial: undefined, polled: this.#polled }, declare);
  }

  #replaceConfigured(trial: DeclarationTrial): void {
    trial.hasDeclared = true;
    this.#drop(this.#configured);
    this.#configured = trial.metrics;
  }

  #replacePolled({ metrics, onReplaced }: Poll): void {
    this.#drop(this.#polled);
    this.#polled = metrics;
    onReplaced();
  }

  #drop(set: MetricSet): void {
    set.isGone = true;
    for (const name of set.names) {
      const others = this.#metrics.get(name)?.filter((declared) => declared.set !== set) ?? [];
      if (others.length > 0) this.#metrics.set(name, others);
      else this.#metrics.delete(name);
    }
  }

  async #withdraw(...sets: readonly MetricSet[]): Promise<void> {
    for (const set of sets) this.#drop(set);
    const metrics = this.of(new Set(sets.flatMap(({ names }) => [...names])));
    if (metrics.length > 0) await this.#restore(metrics);
  }
}
