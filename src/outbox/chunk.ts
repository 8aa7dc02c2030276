/**
 * What an outbox holds.
 *
 * @module
 */

// A chunk costs its bytes and about this much for the objects that hold it.
const ENTRY_OVERHEAD_BYTES = 128;

/** Encoded points of one metric. The bytes never change before it has ended: a resent chunk is the same. */
export interface Chunk {
  /** The metric's name. */
  readonly metric: string;
  /** The protobuf message. */
  readonly body: Uint8Array;
  /** How many points `body` holds. */
  readonly points: number;
  /** Where `body` lies, which is released when the chunk has ended, and then used again. */
  readonly memory?: SharedMemory | undefined;
}

/** Memory that the bytes of several chunks lie in. */
export interface SharedMemory {
  /** All of it: that of a chunk begins at its `byteOffset`. */
  readonly bytes: Uint8Array;
  /** A chunk of it is not needed any more. */
  release(): void;
}

/** What a chunk counts for in limits, by the bytes of its body. */
export function storedBytes(bodyBytes: number): number {
  return bodyBytes + ENTRY_OVERHEAD_BYTES;
}
