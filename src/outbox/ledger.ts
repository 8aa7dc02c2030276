/**
 * The books of an outbox: every chunk that came in, and how it ended.
 *
 * @module
 */

import { AgentStopped } from "../errors.ts";
import type { RecoveredBacklog } from "./backlog.ts";
import type { Chunk } from "./chunk.ts";
import { DrainWaiters } from "./drain_waiters.ts";
import type { Entry } from "./lane.ts";

/** How many there were of something that goes through an outbox. */
export interface Tally {
  taken: number;
  recovered: number;
  confirmed: number;
  resent: number;
  dropped: number;
}

/** What an outbox counts. */
export interface OutboxCounters {
  readonly points: Tally;
  readonly chunks: Tally;
  chunksReturned: number;
  bytesTaken: number;
  bytesConfirmed: number;
}

/** Counts chunks and their points, and tells who waits when those before them have ended. */
export class Ledger {
  // Counted field by field: `chunks[what]++` in a common function made the outbox a third slower.
  readonly #counters: OutboxCounters = {
    points: { taken: 0, recovered: 0, confirmed: 0, resent: 0, dropped: 0 },
    chunks: { taken: 0, recovered: 0, confirmed: 0, resent: 0, dropped: 0 },
    chunksReturned: 0,
    bytesTaken: 0,
    bytesConfirmed: 0,
  };
  readonly #waiters = new DrainWaiters();
  #chunks = 0;

  /** How many chunks have not ended yet. */
  get chunks(): number {
    return this.#chunks;
  }

  /** What has become of all chunks so far. */
  get counters(): Readonly<OutboxCounters> {
    return this.#counters;
  }

  /** A chunk came in. */
  take(chunk: Chunk): void {
    this.#chunks++;
    this.#counters.chunks.taken++;
    this.#counters.points.taken += chunk.points;
    this.#counters.bytesTaken += chunk.body.byteLength;
  }

  /** Chunks of an earlier run were put before all others. */
  recover({ chunks, points, nextSequence }: RecoveredBacklog["recovered"]): void {
    this.#chunks += chunks;
    this.#counters.chunks.recovered += chunks;
    this.#counters.points.recovered += points;
    this.#waiters.prepend(chunks, nextSequence);
  }

  /** A chunk is sent once more. */
  resend(entry: Entry): void {
    this.#counters.chunks.resent++;
    this.#counters.points.resent += entry.points;
  }

  /** A chunk has ended well. */
  confirm(entry: Entry): void {
    this.#counters.chunks.confirmed++;
    this.#counters.points.confirmed += entry.points;
    this.#counters.bytesConfirmed += entry.body.byteLength;
    this.#end(entry, false);
  }

  /** A chunk was given up. */
  drop(entry: Entry): void {
    this.#counters.chunks.dropped++;
    this.#counters.points.dropped += entry.points;
    this.#end(entry, true);
  }

  /** The broker gave a chunk back that nobody receives. */
  return(): void {
    this.#counters.chunksReturned++;
  }

  /**
   * Waits for the end of all chunks that came in so far.
   *
   * @param sequence The place in the order of the next chunk.
   */
  drained(sequence: number): Promise<void> {
    return this.#chunks === 0 ? Promise.resolve() : this.#waiters.add(sequence, this.#chunks);
  }

  /** Nothing is going to end any more. */
  close(): void {
    this.#waiters.reject(this.notDrained());
  }

  /** Tells that chunks have not ended before the outbox was closed. */
  notDrained(): AgentStopped {
    return new AgentStopped(
      `Cannot flush: the source has stopped before ${this.#chunks} chunk(s) were confirmed`,
    );
  }

  #end(entry: Entry, isLost: boolean): void {
    this.#chunks--;
    this.#waiters.settle(entry, isLost);
  }
}
