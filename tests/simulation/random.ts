/**
 * Chance from a seed.
 *
 * @module
 */

import type { Randomness } from "../../src/randomness.ts";

/** A sequence of numbers that follows from a seed (sfc32). */
export class Random implements Randomness {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** Begins the sequence of a seed and a label: those of other labels have nothing in common with it. */
  constructor(seed: number, label: string) {
    let hash = 0x811c9dc5;
    for (const character of `${label} ${seed}`) {
      hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
    }
    this.#a = hash | 0;
    this.#b = seed | 0;
    this.#c = Math.imul(seed ^ hash, 0x9e3779b9);
    for (let round = 0; round < 12; round++) this.fraction();
  }

  /** A number from 0 to below 1. */
  fraction(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  }

  /** 32 hexadecimal digits. */
  identifier(): string {
    let digits = "";
    while (digits.length < 32) digits += this.integer(0, 15).toString(16);
    return digits;
  }

  /** An integer, `least` and `most` included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  /** A number from `least` to `most`, small ones as often as large ones: each doubling has its share. */
  logarithmic(least: number, most: number): number {
    return least * (most / least) ** this.fraction();
  }

  /** Whether something happens that does so in this part of all cases. */
  chance(part: number): boolean {
    return this.fraction() < part;
  }

  /** One of several. */
  pick<Choice>(choices: readonly [Choice, ...Choice[]]): Choice {
    return choices[Math.floor(this.fraction() * choices.length)] ?? choices[0];
  }
}
