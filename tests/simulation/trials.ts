/**
 * The configurations that a source was given, by what its handler makes of them.
 *
 * @module
 */

/** Counts them. */
export class Trials {
  readonly #nowMs: () => number;
  #running = 0;
  #begun = 0;
  #sinceMs: number | undefined;
  /** How many the handler has refused. */
  refused = 0;

  /** There was none yet. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** How many the handler has not done with. */
  get running(): number {
    return this.#running;
  }

  /** Since when the newest is on trial, in virtual ms. */
  get sinceMs(): number | undefined {
    return this.#sinceMs;
  }

  /** Runs the handler. */
  async run<Result>(handle: () => Promise<Result>): Promise<Result> {
    const trial = ++this.#begun;
    this.#running++;
    this.#sinceMs = this.#nowMs();
    try {
      return await handle();
    } catch (error) {
      this.refused++;
      throw error;
    } finally {
      this.#running--;
      if (trial === this.#begun) this.#sinceMs = undefined;
    }
  }
}
