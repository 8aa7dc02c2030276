/**
 * Order within a metric when the broker refuses a chunk (`basic.nack`).
 *
 * @module
 */

import { Deque } from "../deque.ts";
import { type Chunk, storedBytes } from "./chunk.ts";

/** A chunk with its place in an outbox. */
export class Entry implements Chunk {
  readonly metric: string;
  readonly body: Uint8Array;
  readonly points: number;
  /** The chunk's metric, as the outbox sees it. */
  readonly lane: Lane;
  /** Position in the order of all chunks. */
  sequence: number;
  /** Whether it was handed to a sender before, so that the next time is a repetition. */
  wasSent = false;

  /** Gives a chunk its place. */
  constructor({ metric, body, points }: Chunk, sequence: number, lane: Lane) {
    this.metric = metric;
    this.body = body;
    this.points = points;
    this.sequence = sequence;
    this.lane = lane;
  }

  /** What the chunk counts for in limits. */
  get sizeBytes(): number {
    return storedBytes(this.body.byteLength);
  }
}

/** What a lane has while it is held. */
interface Hold {
  readonly waiting: Deque<Entry>;
  refused: Entry[];
  /** How many chunks may be at the broker. */
  windowChunks: number;
  isPausing: boolean;
}

/**
 * The chunks of one metric that are on their way, and those held back since one was refused.
 *
 * When a chunk is refused, others of its metric are in flight behind it. Sending it again at once
 * would put it behind those that are taken, so the metric is held until the fate of all of them is
 * known. What was refused then goes again, one chunk at first, and more with each that is taken. A
 * chunk that was refused although a later one was taken cannot be sent any more: times of a metric
 * must increase, and receivers reject what comes too late.
 */
export class Lane {
  /** How many chunks are at the broker, neither taken nor refused yet. */
  inFlight = 0;
  #takenSequence = -1;
  // Of 100 000 metrics hardly one is ever held: the others do without.
  #hold: Hold | undefined;

  /** Whether chunks of this metric have to be given to `hold` instead of being sent. */
  get isHeld(): boolean {
    return this.#hold !== undefined;
  }

  /** Whether nothing is sent because the broker has refused a chunk just now. */
  get isPausing(): boolean {
    return this.#hold?.isPausing ?? false;
  }

  /** The oldest chunk that is held. */
  get first(): Entry | undefined {
    return this.#hold?.waiting.first;
  }

  /** Keeps a chunk until those before it are through. */
  hold(entry: Entry): void {
    this.#hold?.waiting.push(entry);
  }

  /** The broker has taken a chunk. */
  take(entry: Entry): void {
    this.inFlight--;
    this.#takenSequence = Math.max(this.#takenSequence, entry.sequence);
    if (this.#hold !== undefined) this.#hold.windowChunks++;
  }

  /** The broker has refused a chunk. */
  refuse(entry: Entry): void {
    this.inFlight--;
    this.#hold ??= { waiting: new Deque(), refused: [], windowChunks: 1, isPausing: false };
    this.#hold.refused.push(entry);
  }

  /**
   * Decides what becomes of refused chunks, once nothing is in flight any more: those that can be
   * sent again are held until `resume`. The others are returned.
   */
  settle(): Entry[] {
    const hold = this.#hold;
    if (this.inFlight > 0 || hold === undefined) return [];
    const late: Entry[] = [];
    const again: Entry[] = [];
    for (const entry of hold.refused.sort(bySequence)) {
      (entry.sequence < this.#takenSequence ? late : again).push(entry);
    }
    hold.refused = [];
    hold.waiting.unshift(again);
    if (hold.waiting.length === 0) this.#hold = undefined;
    if (again.length > 0) {
      hold.windowChunks = 1;
      hold.isPausing = true;
    }
    return late;
  }

  /** Ends the pause that a refusal began. */
  resume(): void {
    if (this.#hold !== undefined) this.#hold.isPausing = false;
  }

  /** Takes out the oldest held chunk, if one may be sent now. */
  next(): Entry | undefined {
    if (this.#hold === undefined) return undefined;
    const { waiting, refused, windowChunks, isPausing } = this.#hold;
    const mustWait = isPausing || refused.length > 0 || this.inFlight >= windowChunks;
    return mustWait ? undefined : waiting.shift();
  }

  /** Takes out the oldest held chunk, to give it up. */
  shift(): Entry | undefined {
    return this.#hold?.waiting.shift();
  }

  /** Gives up holding, as the connection is gone. Returns what was held or refused, in any order. */
  clear(): Entry[] {
    const entries = this.#hold?.refused ?? [];
    for (let entry = this.shift(); entry !== undefined; entry = this.shift()) entries.push(entry);
    this.#hold = undefined;
    return entries;
  }
}

/** Compares entries by their place in the order of all chunks. */
export function bySequence(a: Entry, b: Entry): number {
  return a.sequence - b.sequence;
}
