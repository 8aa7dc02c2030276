/**
 * What was read a moment ago.
 *
 * @module
 */

import type { MonotonicClock } from "../../time/clock.ts";

/** What a {@linkcode Recent} needs. */
export interface RecentOptions<Value> {
  readonly clock: MonotonicClock;
  /** How long what was read is taken for true. */
  readonly lastsMs: number;
  /** How many are remembered. */
  readonly maxKeys: number;
  readonly read: (key: string) => Promise<Value>;
}

interface Reading<Value> {
  readonly value: Promise<Value>;
  readonly untilMs: number;
}

/** Reads what is asked for often only now and then. Those who ask meanwhile share one reading, errors too. */
export class Recent<Value> {
  readonly #options: RecentOptions<Value>;
  readonly #readings = new Map<string, Reading<Value>>();

  /** Reads nothing yet. */
  constructor(options: RecentOptions<Value>) {
    this.#options = options;
  }

  /** What a key stands for. Rejects as `read` does. */
  get(key: string): Promise<Value> {
    const { clock, lastsMs, maxKeys, read } = this.#options;
    const known = this.#readings.get(key);
    const nowMs = clock.nowMs();
    if (known !== undefined && nowMs < known.untilMs) return known.value;
    const value = read(key);
    value.catch(() => {}); // whoever asks is told
    this.#readings.delete(key); // to come last
    this.#readings.set(key, { value, untilMs: nowMs + lastsMs });
    const [oldest] = this.#readings.keys();
    if (this.#readings.size > maxKeys && oldest !== undefined) this.#readings.delete(oldest);
    return value;
  }

  /** The next who asks for a key has it read again. */
  forget(key: string): void {
    this.#readings.delete(key);
  }
}
