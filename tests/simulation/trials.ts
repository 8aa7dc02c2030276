/**
 * The configurations that a source was given, by what its handler makes of them.
 *
 * @module
 */

import type { RpcContext } from "../../src/rpc/rpc_handler.ts";

/** What {@linkcode Trials} are made with. */
export interface TrialsOptions {
  readonly nowMs: () => number;
  readonly violate: (text: string) => void;
}

/** A configuration, and how it has come. */
export interface Trial {
  readonly generation: number | undefined;
  /** No token has sent it if a registration has brought it. */
  readonly context: Pick<RpcContext, "fromToken" | "signal">;
}

/** Counts them. */
export class Trials {
  readonly #options: TrialsOptions;
  readonly #running = new Set<Trial>();
  // By generation: how often it was given.
  readonly #times = new Map<number | undefined, number>();
  #latest: Trial | undefined;
  // The one that was accepted, unless one that was refused or given up came behind it.
  #inForce: number | undefined;
  #sinceMs: number | undefined;
  /** How many the handler has refused. */
  refused = 0;

  /** There was none yet. */
  constructor(options: TrialsOptions) {
    this.#options = options;
  }

  /** How many the handler has not done with. */
  get running(): number {
    return this.#running.size;
  }

  /** Since when the newest is on trial, in virtual ms. */
  get sinceMs(): number | undefined {
    return this.#sinceMs;
  }

  /** How often the handler was given one. */
  timesOf(generation: number): number {
    return this.#times.get(generation) ?? 0;
  }

  /** Runs the handler. */
  async run<Result>(trial: Trial, handle: () => Promise<Result>): Promise<Result> {
    const { generation, context: { signal } } = trial;
    this.#judge(trial);
    this.#times.set(generation, (this.#times.get(generation) ?? 0) + 1);
    this.#latest = trial;
    this.#running.add(trial);
    this.#sinceMs = this.#options.nowMs();
    this.#inForce = undefined;
    try {
      const result = await handle();
      if (this.#latest === trial && !signal.aborted) this.#inForce = generation;
      return result;
    } catch (error) {
      this.refused++;
      throw error;
    } finally {
      this.#running.delete(trial);
      if (this.#latest === trial) this.#sinceMs = undefined;
    }
  }

  #judge({ generation, context: { fromToken } }: Trial): void {
    const { violate } = this.#options;
    const other = [...this.#running].find(({ context: { signal } }) => !signal.aborted);
    if (other !== undefined) {
      violate(`configuration ${generation} does not wait for ${other.generation}`);
    }
    if (fromToken !== undefined || generation === undefined || generation !== this.#inForce) return;
    violate(`configuration ${generation} is in force, and is used again after a registration`);
  }
}
