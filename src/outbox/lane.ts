/**
 * Order within a metric when the broker nacks a chunk (`basic.nack`).
 *
 * @module
 */

import { Deque } from "../deque.ts";
import { type Chunk, storedBytes } from "./chunk.ts";

const NO_BYTES = new Uint8Array(0);

/** A chunk with its place. It is changed by `EntryPool` alone, but for its last two fields. */
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

/** What a lane has while it is held. */
interface Hold {
  readonly waiting: Deque<Entry>;
  nacked: Entry[];
  /** How many chunks may be in flight. */
  windowChunks: number;
  isPausing: boolean;
}

/**
 * The chunks of one metric that are in flight, and those held back since one was nacked.
 *
 * When a chunk is nacked, others of its metric are in flight behind it. Sending it again at once
 * would put it behind those that are acked, so the metric is held until the fate of all of them is
 * known. What was nacked is then sent again, one chunk at first, and more with each that is acked. A
 * chunk that was nacked although a later one was acked cannot be sent any more: times of a metric
 * must increase, and receivers reject what comes too late.
 */
export class Lane {
  /** How many chunks are in flight, neither acked nor nacked yet. */
  inFlight = 0;
  #ackedSequence = -1;
  // Made when it is needed: of 100 000 metrics hardly one is ever held.
  #hold: Hold | undefined;

  /** Whether chunks of this metric have to be given to `hold` instead of being sent. */
  get isHeld(): boolean {
    return this.#hold !== undefined;
  }

  /** Whether nothing is sent because the broker has nacked a chunk just now. */
  get isPausing(): boolean {
    return this.#hold?.isPausing ?? false;
  }

  /** The oldest chunk that is held. */
  get first(): Entry | undefined {
    return this.#hold?.waiting.first;
  }

  /** Keeps a chunk until those before it are acked. */
  hold(entry: Entry): void {
    this.#hold?.waiting.push(entry);
  }

  /** The broker has acked a chunk. */
  ack(entry: Entry): void {
    this.inFlight--;
    this.#ackedSequence = Math.max(this.#ackedSequence, entry.sequence);
    if (this.#hold !== undefined) this.#hold.windowChunks++;
  }

  /** The broker has nacked a chunk. */
  nack(entry: Entry): void {
    this.inFlight--;
    this.#hold ??= { waiting: new Deque(), nacked: [], windowChunks: 1, isPausing: false };
    this.#hold.nacked.push(entry);
  }

  /**
   * Decides what becomes of nacked chunks, once nothing is in flight any more: those that can be
   * sent again are held until `resume`. The others are returned.
   */
  settle(): Entry[] {
    const hold = this.#hold;
    if (this.inFlight > 0 || hold === undefined) return [];
    const late: Entry[] = [];
    const again: Entry[] = [];
    for (const entry of hold.nacked.sort(bySequence)) {
      (entry.sequence < this.#ackedSequence ? late : again).push(entry);
    }
    hold.nacked = [];
    hold.waiting.unshift(again);
    if (hold.waiting.length === 0) this.#hold = undefined;
    if (again.length > 0) {
      hold.windowChunks = 1;
      hold.isPausing = true;
    }
    return late;
  }

  /** Ends the pause that a nack began. */
  resume(): void {
    if (this.#hold !== undefined) this.#hold.isPausing = false;
  }

  /** Removes the oldest held chunk, if it may be sent now. */
  next(): Entry | undefined {
    if (this.#hold === undefined) return undefined;
    const { waiting, nacked, windowChunks, isPausing } = this.#hold;
    const mustWait = isPausing || nacked.length > 0 || this.inFlight >= windowChunks;
    return mustWait ? undefined : waiting.shift();
  }

  /** Removes the oldest held chunk, to drop it. */
  shift(): Entry | undefined {
    return this.#hold?.waiting.shift();
  }

  /** Ends the hold, as the connection is gone. Returns what was held or nacked, in any order. */
  clear(): Entry[] {
    const entries = this.#hold?.nacked ?? [];
    for (let entry = this.shift(); entry !== undefined; entry = this.shift()) entries.push(entry);
    this.#hold = undefined;
    return entries;
  }
}

/** Compares entries by their place in the order of all chunks. */
export function bySequence(a: Entry, b: Entry): number {
  return a.sequence - b.sequence;
}
