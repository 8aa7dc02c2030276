/**
 * What is held back in memory since the broker has nacked a chunk, and when it is sent again.
 *
 * @module
 */

import { type Pace, pause } from "../time/backoff.ts";
import type { Entry, Lane } from "./lane.ts";

/** What {@linkcode HeldLanes} are made with; the pace is that of the pauses after a nack. */
export interface HeldLanesOptions extends Pace {
  /** Called with each nacked chunk that cannot be sent any more. */
  readonly onLate: (entry: Entry) => void;
  /** Called after a pause, when chunks may be sent again. */
  readonly onResume: () => void;
}

/** The lanes of which a chunk was nacked, until all that they hold back is sent. */
export class HeldLanes {
  readonly #options: HeldLanesOptions;
  readonly #lanes = new Set<Lane>();
  readonly #closing = new AbortController();
  #bytes = 0;
  #pauses = 0;
  #isPausing = false;

  /** Begins with none. */
  constructor(options: HeldLanesOptions) {
    this.#options = options;
  }

  /** Whether no lane is held. */
  get isEmpty(): boolean {
    return this.#lanes.size === 0;
  }

  /** Bytes of the chunks that are nacked or held back. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The lanes, in the order in which they came to be held. */
  [Symbol.iterator](): Iterator<Lane> {
    return this.#lanes.values();
  }

  /** The broker has nacked a chunk. */
  nack(entry: Entry): void {
    entry.lane.nack(entry);
    this.#lanes.add(entry.lane);
    this.#bytes += entry.sizeBytes;
  }

  /** Holds a chunk back whose lane is held. */
  hold(entry: Entry): void {
    this.#bytes += entry.sizeBytes;
    entry.lane.hold(entry);
  }

  /** Removes the oldest chunk of a lane, if it may be sent now. */
  next(lane: Lane): Entry | undefined {
    return this.#release(lane.next());
  }

  /** Removes the oldest chunk of all that are held back, to drop it. */
  shift(): Entry | undefined {
    let oldest: Lane | undefined;
    for (const lane of this.#lanes) {
      if (sequenceOf(lane) < sequenceOf(oldest)) oldest = lane;
    }
    return this.#release(oldest?.shift());
  }

  /** Goes on with the lanes that have nothing in flight any more. */
  settle(): void {
    for (const lane of this.#lanes) this.#settleLane(lane);
    if (this.isEmpty) this.#pauses = 0;
  }

  /** Removes all, in any order, as the connection is gone. */
  clear(): Entry[] {
    const entries: Entry[] = [];
    for (const lane of this.#lanes) {
      this.#settleLane(lane);
      // Not `push(...)`: there may be more than a call takes arguments.
      for (const entry of lane.clear()) entries.push(entry);
    }
    this.#lanes.clear();
    this.#bytes = 0;
    return entries;
  }

  /** Ends the pause, if there is one. */
  close(): void {
    this.#closing.abort();
  }

  #settleLane(lane: Lane): void {
    for (const late of lane.settle()) {
      this.#release(late);
      this.#options.onLate(late);
    }
    if (!lane.isHeld) this.#lanes.delete(lane);
    else if (lane.isPausing) this.#resumeLater();
  }

  // A broker that nacks everything must not be asked again and again without a pause.
  #resumeLater(): void {
    if (this.#isPausing) return;
    this.#isPausing = true;
    void pause(this.#options, this.#pauses++, this.#closing.signal).then(() => {
      this.#isPausing = false;
      for (const lane of this.#lanes) lane.resume();
      this.#options.onResume();
    });
  }

  #release(entry: Entry | undefined): Entry | undefined {
    if (entry !== undefined) this.#bytes -= entry.sizeBytes;
    return entry;
  }
}

function sequenceOf(lane: Lane | undefined): number {
  return lane?.first?.sequence ?? Infinity;
}
