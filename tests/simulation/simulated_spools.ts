/**
 * Spools that survive the processes of their sources.
 *
 * @module
 */

import { SpoolFailed } from "../../src/errors.ts";
import { storedBytes } from "../../src/outbox/chunk.ts";
import type { SpoolStorage, StoredChunk } from "../../src/outbox/spool_storage.ts";
import type { SimulatedClock } from "./clock.ts";

/** Keeps chunks in memory as SQLite does on a disk: what was written is there, all of it or nothing. */
export class SimulatedSpools {
  readonly #clock: SimulatedClock;
  readonly #chunks = new Map<string, Map<number, StoredChunk>>();
  readonly #open = new Map<string, MemoryStorage>();
  #fullUntilMs = 0;

  /** Begins without spools. */
  constructor(clock: SimulatedClock) {
    this.#clock = clock;
  }

  /** Opens the spool of a token. */
  readonly open = (path: string, token: string): Promise<SpoolStorage> => {
    if (this.#open.has(token)) return Promise.reject(new SpoolFailed(path, "it is in use"));
    let chunks = this.#chunks.get(token);
    if (chunks === undefined) {
      chunks = new Map();
      this.#chunks.set(token, chunks);
    }
    const storage = new MemoryStorage(path, chunks, {
      isFull: () => this.isFull,
      onClose: () => this.#open.delete(token),
    });
    this.#open.set(token, storage);
    return Promise.resolve(storage);
  };

  /** How many chunks are in the spools that are not empty, by token. */
  get left(): [token: string, chunks: number][] {
    return [...this.#chunks].map(([token, { size }]) => [token, size] as [string, number])
      .filter(([, size]) => size > 0);
  }

  /** The process that had a spool open is gone. */
  killed(token: string): void {
    this.#open.get(token)?.close();
  }

  /** Whether the disk is full. */
  get isFull(): boolean {
    return this.#clock.nowMs() < this.#fullUntilMs;
  }

  /** The disk is full until then. */
  fillUntil(untilMs: number): void {
    this.#fullUntilMs = Math.max(this.#fullUntilMs, untilMs);
  }
}

interface Disk {
  isFull(): boolean;
  onClose(): void;
}

class MemoryStorage implements SpoolStorage {
  readonly path: string;
  readonly #chunks: Map<number, StoredChunk>;
  readonly #disk: Disk;
  #isClosed = false;

  constructor(path: string, chunks: Map<number, StoredChunk>, disk: Disk) {
    this.path = path;
    this.#chunks = chunks;
    this.#disk = disk;
  }

  measure() {
    let points = 0;
    let bytes = 0;
    let nextSequence = 0;
    for (const chunk of this.#chunks.values()) {
      points += chunk.points;
      bytes += storedBytes(chunk.body.byteLength);
      nextSequence = Math.max(nextSequence, chunk.sequence + 1);
    }
    return { chunks: this.#chunks.size, points, bytes, nextSequence };
  }

  write(added: Iterable<StoredChunk>, removed: Iterable<number>): void {
    if (this.#isClosed) throw new SpoolFailed(this.path, "it is closed");
    if (this.#disk.isFull()) throw new SpoolFailed(this.path, "the disk is full");
    for (const { sequence, metric, points, body } of added) {
      this.#chunks.set(sequence, { sequence, metric, points, body: body.slice() });
    }
    for (const sequence of removed) this.#chunks.delete(sequence);
  }

  read(fromSequence: number, maxBytes: number): StoredChunk[] {
    const chunks: StoredChunk[] = [];
    let bytes = 0;
    for (const chunk of [...this.#chunks.values()].sort((a, b) => a.sequence - b.sequence)) {
      if (chunk.sequence < fromSequence) continue;
      chunks.push({ ...chunk, body: chunk.body.slice() });
      bytes += storedBytes(chunk.body.byteLength);
      if (bytes >= maxBytes) break;
    }
    return chunks;
  }

  close(): void {
    this.#isClosed = true;
    this.#disk.onClose();
  }
}
