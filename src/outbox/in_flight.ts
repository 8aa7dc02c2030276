/**
 * What is at the broker and not confirmed yet.
 *
 * @module
 */

import { Deque } from "../deque.ts";
import type { Entry } from "./lane.ts";

// At most this many chunks may be in flight: throughput must not wait for round trips.
const WINDOW_CHUNKS = 4096;
// And at most this many bytes, which is some milliseconds' worth: what is beyond only takes memory.
const WINDOW_BYTES = 4 * 2 ** 20;
// At most this many tags lie between the oldest in the queue and the newest.
const QUEUE_TAGS = 4 * WINDOW_CHUNKS;

/**
 * The chunks that were sent over one connection and are not confirmed, by tag.
 *
 * Tags are consecutive, so a chunk is found by its place in a queue: a Map of them took longer than
 * encoding the message.
 */
export class InFlight {
  readonly #windowBytes: number;
  // What was acked or nacked before something older leaves a gap, but never in the first place.
  readonly #queue = new Deque<Entry | undefined>();
  #oldestTag = 0;
  // Chunks that were overtaken by so many others that the queue would be mostly gaps.
  readonly #overtaken = new Map<number, Entry>();
  #chunks = 0;
  #bytes = 0;

  /** Limits them to a number of bytes, 4 MiB at most, and to a fixed number of chunks. */
  constructor(windowBytes: number) {
    this.#windowBytes = Math.min(windowBytes, WINDOW_BYTES);
  }

  /** Whether no chunk is in flight. */
  get isEmpty(): boolean {
    return this.#chunks === 0;
  }

  /** Whether one more chunk may be sent. */
  get hasRoom(): boolean {
    // In bytes as well: what is in flight cannot be dropped.
    return this.#chunks < WINDOW_CHUNKS && this.#bytes < this.#windowBytes;
  }

  /** A chunk was sent. Its tag is one more than that of the chunk before. */
  add(tag: number, entry: Entry): void {
    if (this.#queue.length === 0) this.#oldestTag = tag;
    this.#queue.push(entry);
    this.#chunks++;
    this.#bytes += entry.sizeBytes;
    entry.lane.inFlight++;
    if (this.#queue.length > QUEUE_TAGS) this.#setOldestAside();
  }

  /**
   * Removes the chunk with a tag, which the broker has acked or nacked. It counts for its lane until
   * that is told which of both.
   */
  remove(tag: number): Entry | undefined {
    const at = tag - this.#oldestTag;
    if (at < 0) return this.#removeOvertaken(tag);
    const entry = this.#queue.at(at);
    if (entry === undefined) return undefined;
    this.#queue.replace(at, undefined);
    if (at === 0) this.#closeGaps();
    return this.#uncount(entry);
  }

  /** Removes the oldest chunk whose tag is at most `tag`, as `remove`. */
  removeOldest(tag: number): Entry | undefined {
    const oldestTag = this.#overtaken.keys().next().value ?? this.#oldestTag;
    return oldestTag <= tag ? this.remove(oldestTag) : undefined;
  }

  /** Removes all, as the connection is gone and their acks will never come. */
  clear(): Entry[] {
    const entries: Entry[] = [];
    for (let entry = this.removeOldest(Infinity); entry; entry = this.removeOldest(Infinity)) {
      entry.lane.inFlight = 0;
      entries.push(entry);
    }
    return entries;
  }

  #removeOvertaken(tag: number): Entry | undefined {
    const entry = this.#overtaken.get(tag);
    this.#overtaken.delete(tag);
    return entry && this.#uncount(entry);
  }

  #uncount(entry: Entry): Entry {
    this.#chunks--;
    this.#bytes -= entry.sizeBytes;
    return entry;
  }

  #setOldestAside(): void {
    const { first } = this.#queue;
    if (first !== undefined) this.#overtaken.set(this.#oldestTag, first);
    this.#queue.replace(0, undefined);
    this.#closeGaps();
  }

  #closeGaps(): void {
    while (this.#queue.length > 0 && this.#queue.first === undefined) {
      this.#queue.shift();
      this.#oldestTag++;
    }
  }
}
