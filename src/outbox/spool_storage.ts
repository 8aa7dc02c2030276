/**
 * What a spool is kept in: an SQLite file, unless another storage is given.
 *
 * @module
 */

import type { SpoolLoss } from "../spool/salvage.ts";
import type { Chunk } from "./chunk.ts";

export type { SpoolLoss };

/** A chunk and its place in the order. */
export interface StoredChunk extends Chunk {
  /** The place, an integer of 0 or more. */
  readonly sequence: number;
}

/** The open storage of one source's chunks. It survives the process. */
export interface SpoolStorage {
  /** Where it is, for messages. */
  readonly path: string;
  /** Whether what is written is out of the next process' reach. A storage may do without. */
  readonly isLost?: boolean;
  /** How much is stored, and the first free place in the order. */
  measure(): SpoolContents;
  /**
   * Adds and removes chunks, all of them or, if it throws, none.
   *
   * @throws {SpoolFailed} If the disk is full, or fails.
   */
  write(added: Iterable<StoredChunk>, removed: Iterable<number>): void;
  /**
   * Returns the first chunks from a place on, in order: at least one, if there is one, and then up to
   * about that many bytes. Those that are not as they were written are left out.
   *
   * @throws {SpoolFailed} If the storage cannot be read.
   */
  read(fromSequence: number, maxBytes: number): StoredChunk[];
  /** The chunks that `read` has left out since the last call. A storage may do without. */
  takeDamaged?(): StoredChunk[];
  /** Lets go of the storage; what is in it stays there. */
  close(): void;
}

/** What a {@linkcode SpoolStorage} holds. */
export interface SpoolContents {
  /** How many chunks. */
  readonly chunks: number;
  /** How many points these have. */
  readonly points: number;
  /** How many bytes they count for in limits. */
  readonly bytes: number;
  /** The first free place in the order. */
  readonly nextSequence: number;
  /** What should be there and is not, or is not as it was written; not counted above. */
  readonly lost?: readonly SpoolLoss[];
}

/**
 * Opens the storage of the source with a token, or makes it.
 *
 * @throws {SpoolFailed} If that is not possible.
 */
export type OpenSpool = (path: string, token: string) => Promise<SpoolStorage>;
