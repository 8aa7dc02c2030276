/**
 * What an outbox holds.
 *
 * @module
 */

import type { Lane } from "./lane.ts";

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

/** What a chunk counts for whose body has so many bytes. */
export function storedBytes(bodyBytes: number): number {
  return bodyBytes + ENTRY_OVERHEAD_BYTES;
}
