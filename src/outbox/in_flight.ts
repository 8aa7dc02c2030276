/**
 * What is at the broker and not confirmed yet.
 *
 * @module
 */

import type { Entry } from "./chunk.ts";

// So many chunks may be on the way at once: throughput must not wait for round trips.
const WINDOW_CHUNKS = 4096;

/** The chunks that were sent over one connection and are not confirmed, by tag. */
export class InFlight {
  readonly #windowBytes: number;
  // A Map keeps the order of sending.
  readonly #entries = new Map<number, Entry>();
  #bytes = 0;

  /** Limits them to so many bytes, and to a fixed number of chunks. */
  constructor(windowBytes: number) {
    this.#windowBytes = windowBytes;
  }

  /** Whether one more chunk may be sent. */
  get hasRoom(): boolean {
    // In bytes as well: what is on its way cannot be dropped.
    return this.#entries.size < WINDOW_CHUNKS && this.#bytes < this.#windowBytes;
  }

  /** A chunk was sent. Its tag is larger than all before. */
  add(tag: number, entry: Entry): void {
    entry.lane.inFlight++;
    this.#bytes += entry.sizeBytes;
    this.#entries.set(tag, entry);
  }

  /**
   * Takes out the chunk with a tag, or with `multiple` all up to it, in the order of sending. They
   * count for their lanes until these are told what the broker has decided.
   */
  settle(tag: number, multiple: boolean): Entry[] {
    if (!multiple) {
      const entry = this.#entries.get(tag);
      if (entry === undefined) return [];
      this.#remove(tag, entry);
      return [entry];
    }
    const settled: Entry[] = [];
    for (const [sentTag, entry] of this.#entries) {
      if (sentTag > tag) break;
      this.#remove(sentTag, entry);
      settled.push(entry);
    }
    return settled;
  }

  /** Takes out all, as the connection is gone and nobody will tell what became of them. */
  clear(): Entry[] {
    const entries = [...this.#entries.values()];
    for (const { lane } of entries) lane.inFlight = 0;
    this.#entries.clear();
    this.#bytes = 0;
    return entries;
  }

  #remove(tag: number, entry: Entry): void {
    this.#entries.delete(tag);
    this.#bytes -= entry.sizeBytes;
  }
}
