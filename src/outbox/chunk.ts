/**
 * What an outbox holds.
 *
 * @module
 */

// A chunk costs its bytes and about this much for the objects that hold it.
const ENTRY_OVERHEAD_BYTES = 128;

/** Encoded points of one metric. The bytes never change again: a resent chunk is the same chunk. */
export interface Chunk {
  /** The metric's name. */
  readonly metric: string;
  /** The protobuf message. */
  readonly body: Uint8Array;
  /** How many points `body` holds. */
  readonly points: number;
}

/** What a chunk counts for in limits, by the bytes of its body. */
export function storedBytes(bodyBytes: number): number {
  return bodyBytes + ENTRY_OVERHEAD_BYTES;
}
