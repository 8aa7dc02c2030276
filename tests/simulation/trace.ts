/**
 * Who said what when.
 *
 * @module
 */

import type { SimulatedClock } from "./clock.ts";

/** Remembers a hash of all that happens and, if asked to, the lines. */
export class Trace {
  readonly #clock: SimulatedClock;
  readonly #lines: string[] | undefined;
  #high = 0x811c9dc5;
  #low = 0x01000193;

  /** Begins; `keep` is for people who want to read it. */
  constructor(clock: SimulatedClock, keep: boolean) {
    this.#clock = clock;
    this.#lines = keep ? [] : undefined;
  }

  /** Whether lines are kept: those that are costly to make are left out otherwise. */
  get isKept(): boolean {
    return this.#lines !== undefined;
  }

  /** The lines, if they are kept. */
  get lines(): readonly string[] {
    return this.#lines ?? [];
  }

  /** What stands for the whole: other runs have another. */
  get hash(): string {
    return [this.#high, this.#low].map((part) => (part >>> 0).toString(16).padStart(8, "0")).join(
      "",
    );
  }

  /** Something has happened that people want to read of. */
  note(text: string): void {
    for (let at = 0; at < text.length; at++) this.#mix(text.charCodeAt(at));
    this.#mix(this.#clock.nowMs() * 1e6 % 2 ** 32);
    this.explain(text);
  }

  /** Adds a line that says no more than what is noted already. */
  explain(text: string): void {
    this.#lines?.push(`${(this.#clock.nowMs() / 1000).toFixed(6).padStart(12)}  ${text}`);
  }

  /** Bytes have arrived. */
  bytes(link: number, bytes: Uint8Array): void {
    this.#mix(link);
    this.#mix(this.#clock.nowMs() * 1e6 % 2 ** 32);
    let hash = this.#low;
    for (let at = 0; at < bytes.length; at++) {
      // The cast-free fallback is never used: `at` is within the array.
      hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
    }
    this.#low = hash;
  }

  #mix(value: number): void {
    this.#high = Math.imul(this.#high ^ value, 0x01000193) ^ (this.#low >>> 15);
    this.#low = Math.imul(this.#low ^ value, 0x9e3779b1);
  }
}
