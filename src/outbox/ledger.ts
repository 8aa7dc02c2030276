/**
 * The books of an outbox: every chunk that was admitted, and how it ended.
 *
 * @module
 */

import { AgentStopped } from "../errors.ts";
import { counted } from "../quote.ts";
import type { RecoveredBacklog } from "./backlog.ts";
import type { Chunk } from "./chunk.ts";
import { DrainWaiters } from "./drain_waiters.ts";
import type { HandedChunk } from "./handed_over.ts";
import type { Entry } from "./lane.ts";
import type { SpoolLoss } from "./spool_storage.ts";

/** How many chunks, or points, have come to each step of their way. */
export interface Tally {
  admitted: number;
  recovered: number;
  acked: number;
  resent: number;
  dropped: number;
}

/** What an outbox counts. */
export interface OutboxCounters {
  readonly points: Tally;
  readonly chunks: Tally;
  chunksReturned: number;
  bytesAdmitted: number;
  bytesAcked: number;
  /** What counted as acked without confirms, and was refused then. It is counted there as well. */
  readonly takenBack: { points: number; chunks: number; bytes: number };
}

/** Counts chunks and their points, and ends the waiting for those that were admitted before. */
export class Ledger {
  // Counted field by field: `chunks[what]++` in a common function made the outbox a third slower.
  readonly #counters: OutboxCounters = {
    points: { admitted: 0, recovered: 0, acked: 0, resent: 0, dropped: 0 },
    chunks: { admitted: 0, recovered: 0, acked: 0, resent: 0, dropped: 0 },
    chunksReturned: 0,
    bytesAdmitted: 0,
    bytesAcked: 0,
    takenBack: { points: 0, chunks: 0, bytes: 0 },
  };
  /** The waiting for chunks to end. */
  readonly waiters: DrainWaiters = new DrainWaiters();
  #chunks = 0;

  /** How many chunks have not ended yet. */
  get chunks(): number {
    return this.#chunks;
  }

  /** What has become of all chunks so far. */
  get counters(): Readonly<OutboxCounters> {
    return this.#counters;
  }

  /** A chunk is admitted. */
  admit(chunk: Chunk): void {
    this.#chunks++;
    this.#counters.chunks.admitted++;
    this.#counters.points.admitted += chunk.points;
    this.#counters.bytesAdmitted += chunk.body.byteLength;
  }

  /** Chunks of an earlier run are put before all others. */
  recover({ chunks, points, nextSequence }: RecoveredBacklog["recovered"]): void {
    this.#chunks += chunks;
    this.#counters.chunks.recovered += chunks;
    this.#counters.points.recovered += points;
    this.waiters.prepend(chunks, nextSequence);
  }

  /** Chunks of an earlier run are lost: they were recovered and dropped at once. */
  lose({ chunks, points }: SpoolLoss): void {
    this.#counters.chunks.recovered += chunks;
    this.#counters.points.recovered += points;
    this.#counters.chunks.dropped += chunks;
    this.#counters.points.dropped += points;
  }

  /** A chunk is sent once more. */
  resend(entry: Entry): void {
    this.#counters.chunks.resent++;
    this.#counters.points.resent += entry.points;
  }

  /** A chunk was acked. */
  ack(entry: Entry): void {
    this.#counters.chunks.acked++;
    this.#counters.points.acked += entry.points;
    this.#counters.bytesAcked += entry.bodyBytes;
    this.#end(entry, false);
  }

  /** A chunk that was acked, for want of confirms, is lost after all. */
  takeBack({ points, bodyBytes }: HandedChunk): void {
    const { takenBack, chunks, points: tally } = this.#counters;
    takenBack.points += points;
    takenBack.chunks++;
    takenBack.bytes += bodyBytes;
    chunks.dropped++;
    tally.dropped += points;
  }

  /** A chunk was dropped. */
  drop(entry: Entry): void {
    this.#counters.chunks.dropped++;
    this.#counters.points.dropped += entry.points;
    this.#end(entry, true);
  }

  /** The broker gave back a chunk that has no receiver. */
  return(): void {
    this.#counters.chunksReturned++;
  }

  /** No chunk is acked or dropped any more. */
  close(): void {
    this.waiters.reject(this.notDrained());
  }

  /** The error of a wait for chunks that had not ended when the outbox was closed. */
  notDrained(): AgentStopped {
    return new AgentStopped(
      `Cannot flush: the source has stopped before ${counted(this.#chunks, "chunk")} ${
        this.#chunks === 1 ? "was" : "were"
      } confirmed`,
    );
  }

  #end(entry: Entry, isLost: boolean): void {
    this.#chunks--;
    this.waiters.settle(entry, isLost);
  }
}
