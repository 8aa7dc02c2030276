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
  /**
   * Where `body` lies, from its `byteOffset` on, beside other chunks. It is released when the chunk has
   * ended, and then used again.
   */
  readonly memory?: { readonly bytes: Uint8Array; release(): void } | undefined;
}

/** What a chunk counts for in limits, by the bytes of its body. */
export function storedBytes(bodyBytes: number): number {
  return bodyBytes + ENTRY_OVERHEAD_BYTES;
}
