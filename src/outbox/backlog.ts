/**
 * Where an outbox keeps the chunks that wait, in memory; on disk: `spool_backlog.ts`.
 *
 * @module
 */

import { Deque } from "../deque.ts";
import type { Entry } from "./lane.ts";
import type { SpoolLoss } from "./spool_storage.ts";

/** A queue of chunks that knows how much it may hold, including what left it to be sent. */
export interface Backlog {
  /** How many chunks wait. */
  readonly length: number;
  /** Bytes of all chunks that are in it yet. */
  readonly bytes: number;
  /** How much that is above what is allowed; negative if there is room. */
  readonly excessBytes: number;
  /** Adds the newest chunk. The promise, if there is one, tells when it is safe. */
  push(entry: Entry): Promise<void> | undefined;
  /** Removes the oldest chunk, to send it; it counts until it is forgotten. */
  shift(): Entry | undefined;
  /** Puts removed chunks back in front, in their order. */
  unshift(entries: readonly Entry[]): void;
  /** Removes the chunk to drop when the backlog is full. */
  evict(): Entry | undefined;
  /** Ends the counting of a removed chunk, which was acked or dropped. */
  forget(entry: Entry): void;
  /** Ends the backlog. Returns the chunks that it cannot keep. */
  close(): Entry[];
}

/** A backlog that may hold chunks of an earlier run. */
export interface RecoveredBacklog extends Backlog {
  /** What it held when it was opened, and the place in the order of the first new chunk. */
  readonly recovered: {
    readonly chunks: number;
    readonly points: number;
    readonly nextSequence: number;
    /** What it should have held beside that, and has lost. */
    readonly lost?: readonly SpoolLoss[];
  };
}

/** Chunks in memory. */
export class MemoryBacklog implements Backlog {
  readonly #maxBytes: number;
  readonly #waiting = new Deque<Entry>();
  #bytes = 0;

  /** Makes an empty backlog that is full when it holds more bytes than these. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#waiting.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get excessBytes(): number {
    return this.#bytes - this.#maxBytes;
  }

  push(entry: Entry): undefined {
    this.#bytes += entry.sizeBytes;
    this.#waiting.push(entry);
  }

  shift(): Entry | undefined {
    return this.#waiting.shift();
  }

  unshift(entries: readonly Entry[]): void {
    this.#waiting.unshift(entries);
  }

  evict(): Entry | undefined {
    return this.#waiting.shift();
  }

  forget(entry: Entry): void {
    this.#bytes -= entry.sizeBytes;
  }

  close(): Entry[] {
    const entries: Entry[] = [];
    for (let entry = this.shift(); entry !== undefined; entry = this.shift()) entries.push(entry);
    return entries;
  }
}
