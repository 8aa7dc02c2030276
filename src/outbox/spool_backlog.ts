/**
 * Chunks in memory and on disk: all of them are on disk, the oldest are in memory as well.
 *
 * @module
 */

import { Deque } from "../deque.ts";
import { SpoolFailed } from "../errors.ts";
import { type MonotonicClock, nextTurn } from "../time/clock.ts";
import type { RecoveredBacklog } from "./backlog.ts";
import type { Chunk } from "./chunk.ts";
import type { Entry } from "./lane.ts";
import type { SpoolStorage, StoredChunk } from "./spool_storage.ts";

// How much is read at a time: the event loop stands still meanwhile.
const READ_BYTES = 2 ** 20;
// How much a producer that never lets the event loop turn may leave unwritten.
const WRITE_BYTES = 4 * 2 ** 20;
// A disk that has failed is not tried at every turn.
const RETRY_MS = 1000;

/** What a {@linkcode SpoolBacklog} is made with. */
export interface SpoolBacklogOptions {
  readonly spool: SpoolStorage;
  /** How many bytes of chunks are in memory at most. */
  readonly memoryMaxBytes: number;
  /** How many bytes of chunks are on disk at most. */
  readonly spoolMaxBytes: number;
  readonly clock: MonotonicClock;
  readonly makeEntry: (chunk: Chunk, sequence: number) => Entry;
  /** Called when the file cannot be written: chunks are kept in memory only. */
  readonly onUnwritable: (error: Error) => void;
  /** Called when it is written again. */
  readonly onWritable: () => void;
  /** Called with each chunk that is not as it was written. */
  readonly onDamaged: (entry: Entry) => void;
  /** Called when the file cannot be read any more, so that chunks in it cannot be sent. */
  readonly onUnreadable: (error: Error) => void;
}

/**
 * A backlog that survives the process. What a turn of the event loop adds and removes is written in
 * one transaction at its end; only then are producers told that their chunks are safe.
 *
 * Once memory is full, new chunks are on disk only (the tail), and are read back when those before
 * them are acked. While the disk cannot be written to, new chunks are kept in memory, as without a
 * spool, and the disk is tried again every second.
 */
export class SpoolBacklog implements RecoveredBacklog {
  readonly recovered: RecoveredBacklog["recovered"];
  readonly #options: SpoolBacklogOptions;
  readonly #waiting = new Deque<Entry>();
  // Not on disk yet; a Set, as any of them may be forgotten before.
  readonly #unwritten = new Set<Entry>();
  #unwrittenBytes = 0;
  #removed: number[] = [];
  // The tail: chunks from this place on are not in #waiting.
  #tailFrom = Infinity;
  #tailChunks = 0;
  #bytes: number;
  #residentBytes = 0;
  #turn: Promise<void> | undefined;
  #failedAtMs: number | undefined;
  #isClosed = false;

  /** Begins with what is in the spool. */
  constructor(options: SpoolBacklogOptions) {
    this.#options = options;
    const { bytes, ...recovered } = options.spool.measure();
    this.recovered = recovered;
    this.#bytes = bytes;
    this.#tailChunks = recovered.chunks;
    if (recovered.chunks > 0) this.#tailFrom = 0;
  }

  get length(): number {
    return this.#waiting.length + this.#tailChunks;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get excessBytes(): number {
    const { memoryMaxBytes, spoolMaxBytes } = this.#options;
    const onDisk = this.#bytes - spoolMaxBytes;
    if (this.#failedAtMs === undefined) return onDisk;
    return Math.max(onDisk, this.#residentBytes - memoryMaxBytes);
  }

  push(entry: Entry): Promise<void> {
    const { sizeBytes } = entry;
    this.#bytes += sizeBytes;
    this.#residentBytes += sizeBytes;
    this.#unwritten.add(entry);
    this.#unwrittenBytes += sizeBytes;
    if (this.#tailChunks > 0 || this.#residentBytes > this.#options.memoryMaxBytes) {
      this.#tailFrom = Math.min(this.#tailFrom, entry.sequence);
      this.#tailChunks++;
    } else this.#waiting.push(entry);
    if (this.#unwrittenBytes > WRITE_BYTES) this.#write();
    return this.#writeAfterTurn();
  }

  shift(): Entry | undefined {
    while (this.#waiting.length === 0 && this.#tailChunks > 0 && this.#readTail());
    return this.#waiting.shift();
  }

  unshift(entries: readonly Entry[]): void {
    this.#waiting.unshift(entries);
  }

  evict(): Entry | undefined {
    // While the disk fails it is the memory that is full, and reading from disk would free none.
    if (this.#failedAtMs === undefined || this.#waiting.length > 0) return this.shift();
    for (const entry of this.#unwritten) {
      if (entry.sequence < this.#tailFrom) continue; // it is in flight
      this.#tailChunks--;
      return entry;
    }
    return undefined;
  }

  forget(entry: Entry): void {
    if (this.#isClosed) return;
    const { sizeBytes } = entry;
    this.#bytes -= sizeBytes;
    this.#residentBytes -= sizeBytes;
    if (this.#unwritten.delete(entry)) this.#unwrittenBytes -= sizeBytes;
    else this.#removed.push(entry.sequence);
    void this.#writeAfterTurn();
  }

  close(): Entry[] {
    if (this.#failedAtMs !== undefined) this.#failedAtMs = -Infinity; // a last attempt
    this.#write();
    const { spool } = this.#options;
    const lost = spool.isLost ? this.#takeAll() : [...this.#unwritten];
    this.#isClosed = true;
    spool.close();
    return lost;
  }

  /** All that is not sent, on disk or not. */
  #takeAll(): Entry[] {
    for (let chunks = Infinity; 0 < this.#tailChunks && this.#tailChunks < chunks;) {
      chunks = this.#tailChunks;
      this.#readTail();
    }
    const entries: Entry[] = [];
    for (let entry = this.#waiting.shift(); entry; entry = this.#waiting.shift()) {
      entries.push(entry);
    }
    return entries;
  }

  #writeAfterTurn(): Promise<void> {
    this.#turn ??= new Promise((resolve) =>
      nextTurn(this.#options.clock, () => {
        this.#turn = undefined;
        this.#write();
        resolve();
      })
    );
    return this.#turn;
  }

  #write(): void {
    if (this.#isClosed || (this.#unwritten.size === 0 && this.#removed.length === 0)) return;
    const { spool, clock } = this.#options;
    const nowMs = clock.nowMs();
    if (this.#failedAtMs !== undefined && nowMs - this.#failedAtMs < RETRY_MS) return;
    try {
      spool.write(this.#unwritten, this.#removed);
    } catch (error) {
      this.#fail(error, nowMs);
      return;
    }
    if (this.#failedAtMs !== undefined) this.#options.onWritable();
    this.#failedAtMs = undefined;
    for (const entry of this.#unwritten) {
      if (entry.sequence >= this.#tailFrom) this.#residentBytes -= entry.sizeBytes;
    }
    this.#unwritten.clear();
    this.#unwrittenBytes = 0;
    this.#removed = [];
  }

  #fail(error: unknown, nowMs: number): void {
    if (this.#failedAtMs === undefined) this.#options.onUnwritable(this.#asError(error));
    this.#failedAtMs = nowMs;
  }

  #asError(error: unknown): Error {
    return error instanceof Error ? error : new SpoolFailed(this.#options.spool.path, `${error}`);
  }

  /** Reads a part of the tail. Returns whether more can be read, if that part was damaged. */
  #readTail(): boolean {
    const { spool, memoryMaxBytes, onUnreadable } = this.#options;
    this.#write(); // so that what is read is all there is, unless the disk fails
    let chunks: StoredChunk[];
    try {
      chunks = spool.read(this.#tailFrom, Math.min(READ_BYTES, memoryMaxBytes / 2));
    } catch (error) {
      onUnreadable(this.#asError(error));
      return false;
    }
    const damaged = spool.takeDamaged?.() ?? [];
    for (const chunk of chunks) this.#waiting.push(this.#takeOfTail(chunk));
    for (const chunk of damaged) this.#options.onDamaged(this.#takeOfTail(chunk));
    if (this.#waiting.length === 0 && damaged.length === 0) this.#moveUnwrittenTail();
    if (this.#tailChunks === 0) this.#tailFrom = Infinity;
    return damaged.length > 0;
  }

  #takeOfTail(chunk: StoredChunk): Entry {
    const entry = this.#options.makeEntry(chunk, chunk.sequence);
    this.#residentBytes += entry.sizeBytes;
    this.#tailFrom = Math.max(this.#tailFrom, entry.sequence + 1);
    this.#tailChunks--;
    return entry;
  }

  // Nothing of the tail is left on disk: the rest is what could not be written.
  #moveUnwrittenTail(): void {
    for (const entry of this.#unwritten) {
      if (entry.sequence >= this.#tailFrom) this.#waiting.push(entry);
    }
    this.#tailChunks = 0;
  }
}
