/**
 * A chunk with its place in an outbox.
 *
 * @module
 */

import { type Chunk, storedBytes } from "./chunk.ts";
import type { Lane } from "./lane.ts";

const NO_BYTES = new Uint8Array(0);
// As many as are in flight and wait at full speed; what an outage has taken is not kept.
const MAX_SPARE_ENTRIES = 8192;

/** A chunk with its place. It is changed by {@linkcode EntryPool} alone, but for its last two fields. */
export class Entry implements Chunk {
  metric = "";
  points = 0;
  memory: Chunk["memory"];
  /** How many bytes the body has. */
  bodyBytes = 0;
  /** The chunk's metric, as the outbox sees it. */
  lane: Lane;
  /** Position in the order of all chunks. */
  sequence = 0;
  /** Whether it was sent before, so that the next time is a repetition. */
  wasSent = false;
  // The body as a place in memory that lives long, where there is such: a view of its own would live
  // just long enough to cost the garbage collector most.
  #bytes: Uint8Array = NO_BYTES;
  #start = 0;

  /** Gives a chunk its place. */
  constructor(chunk: Chunk, sequence: number, lane: Lane) {
    this.lane = lane;
    this.use(chunk, sequence, lane);
  }

  /** Gives a chunk its place, when the one before has ended. */
  use({ metric, body, points, memory }: Chunk, sequence: number, lane: Lane): void {
    this.metric = metric;
    this.points = points;
    this.memory = memory;
    this.bodyBytes = body.byteLength;
    this.lane = lane;
    this.sequence = sequence;
    this.wasSent = false;
    this.#bytes = memory?.bytes ?? body;
    this.#start = memory === undefined ? 0 : body.byteOffset;
  }

  /** Lets go of the bytes of a chunk that has ended. */
  letGo(): void {
    this.memory = undefined;
    this.#bytes = NO_BYTES;
  }

  /** The protobuf message. */
  get body(): Uint8Array {
    const bytes = this.#bytes;
    if (bytes.byteLength === this.bodyBytes) return bytes;
    return bytes.subarray(this.#start, this.#start + this.bodyBytes);
  }

  /** What the chunk counts for in limits. */
  get sizeBytes(): number {
    return storedBytes(this.bodyBytes);
  }
}

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

/** Compares entries by their place in the order of all chunks. */
export function bySequence(a: Entry, b: Entry): number {
  return a.sequence - b.sequence;
}
