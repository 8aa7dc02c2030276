/**
 * The spool of one run of a source: an SQLite file, into which what follows closely is written together.
 *
 * @module
 */

import { SpoolFailed } from "../../src/errors.ts";
import type { SpoolContents, SpoolStorage, StoredChunk } from "../../src/outbox/spool_storage.ts";
import { copyOf } from "./slab.ts";
import type { SpoolAccount } from "./spool_account.ts";

// More chunks than these wait in no memory.
const MOST_GATHERED = 256;

/** What a {@linkcode SimulatedSpool} is made with. */
export interface SimulatedSpoolOptions {
  /** What the source takes for its place. */
  readonly path: string;
  readonly storage: SpoolStorage;
  readonly account: SpoolAccount;
  readonly isDiskFull: () => boolean;
  /** Called when the disk takes nothing of what is to be written. */
  readonly onRefusedWrite: () => void;
  /** Whether each transaction is written as it comes, since the process may be killed before long. */
  readonly writesThrough: () => boolean;
  readonly onClose: () => void;
  readonly violate: (text: string) => void;
}

/**
 * Gathers what is written until the file is read: most chunks are removed again before, and
 * transactions are the costliest part of a simulation. Shortly before a process is killed each is
 * written by itself, so that the file is left as that process would leave it.
 */
export class SimulatedSpool implements SpoolStorage {
  readonly path: string;
  readonly #options: SimulatedSpoolOptions;
  readonly #added = new Map<number, StoredChunk>();
  readonly #removed = new Set<number>();
  // How many chunks are in the file.
  #stored: number;

  /** Begins with what is in the file. */
  constructor(options: SimulatedSpoolOptions) {
    this.path = options.path;
    this.#options = options;
    this.#stored = options.storage.measure().chunks;
  }

  measure(): SpoolContents {
    this.settle();
    return this.#options.storage.measure();
  }

  write(added: Iterable<StoredChunk>, removed: Iterable<number>): void {
    const { path, account, isDiskFull, onRefusedWrite, writesThrough } = this.#options;
    if (isDiskFull()) {
      onRefusedWrite();
      throw new SpoolFailed(path, "database or disk is full");
    }
    const [chunks, places] = [[...added], [...removed]];
    if (writesThrough()) {
      this.settle();
      this.#store(chunks, places);
    } else this.#gather(chunks, places);
    account.write(chunks, places);
  }

  read(fromSequence: number, maxBytes: number): StoredChunk[] {
    this.settle();
    return this.#options.storage.read(fromSequence, maxBytes);
  }

  takeDamaged(): StoredChunk[] {
    return this.#options.storage.takeDamaged?.() ?? [];
  }

  close(): void {
    this.settle();
    this.#options.onClose();
  }

  /** Writes what is gathered. */
  settle(): void {
    if (this.#added.size === 0 && this.#removed.size === 0) return;
    this.#store([...this.#added.values()], [...this.#removed]);
    this.#added.clear();
    this.#removed.clear();
  }

  #store(added: readonly StoredChunk[], removed: readonly number[]): void {
    const { storage, violate } = this.#options;
    storage.write(added, removed);
    this.#stored += added.length - removed.length;
    // Only then: to count them takes longer, and one alone is where it was said to be.
    if (removed.length < 2) return;
    const { chunks } = storage.measure();
    if (chunks !== this.#stored) violate(`${chunks} chunks are in the file, not ${this.#stored}`);
    this.#stored = chunks;
  }

  #gather(added: readonly StoredChunk[], removed: readonly number[]): void {
    for (const { sequence, metric, points, body } of added) {
      // A place that is taken is refused by the file.
      if (this.#added.has(sequence) || this.#removed.has(sequence)) this.settle();
      // Its memory is used again once it is confirmed.
      this.#added.set(sequence, { sequence, metric, points, body: copyOf(body) });
    }
    for (const sequence of removed) {
      if (!this.#added.delete(sequence)) this.#removed.add(sequence);
    }
    if (this.#added.size > MOST_GATHERED || this.#removed.size > MOST_GATHERED) this.settle();
  }
}
