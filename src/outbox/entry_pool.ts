/**
 * Entries of an outbox that are used again.
 *
 * @module
 */

import type { Chunk } from "./chunk.ts";
import { Entry, type Lane } from "./lane.ts";

// As many as are in flight and wait at full speed; what an outage has taken is not kept.
const MAX_SPARE_ENTRIES = 8192;

/**
 * Entries that are used again: at full speed each lives for some milliseconds, which is what garbage
 * collectors are worst at.
 */
export class EntryPool {
  readonly #spare: Entry[] = [];

  /** Gives a chunk its place. */
  take(chunk: Chunk, sequence: number, lane: Lane): Entry {
    const entry = this.#spare.pop();
    if (entry === undefined) return new Entry(chunk, sequence, lane);
    entry.use(chunk, sequence, lane);
    return entry;
  }

  /** Nothing refers to an entry any more. */
  give(entry: Entry): void {
    if (this.#spare.length === MAX_SPARE_ENTRIES) return;
    entry.letGo();
    this.#spare.push(entry);
  }
}
