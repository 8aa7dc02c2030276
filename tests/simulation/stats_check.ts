/**
 * Whether the numbers that a source tells of itself fit together.
 *
 * @module
 */

import type { SourceStats } from "../../src/observe/stats.ts";
import { storedBytes } from "../../src/outbox/chunk.ts";

/** What of a source's numbers does not fit together; one that `isEnding` may have closed its spool. */
export function findMiscount(stats: SourceStats, isEnding: boolean): string | undefined {
  const { chunksSent, chunksRecovered, chunksConfirmed, chunksDropped, chunksBuffered } = stats;
  if (chunksSent + chunksRecovered !== chunksConfirmed + chunksDropped + chunksBuffered) {
    return `${chunksSent} chunks sent and ${chunksRecovered} recovered are not ` +
      `${chunksConfirmed} confirmed, ${chunksDropped} dropped and ${chunksBuffered} buffered`;
  }
  const { bytesSent, bytesConfirmed, bufferedBytes } = stats;
  const isEmpty = chunksBuffered === 0 && !isEnding;
  if (bufferedBytes < chunksBuffered * storedBytes(0) || isEmpty && bufferedBytes > 0) {
    return `${chunksBuffered} chunks are buffered, with ${bufferedBytes} bytes`;
  }
  if (chunksRecovered > 0) return undefined;
  if (bytesConfirmed > bytesSent) return `${bytesConfirmed} of ${bytesSent} bytes are confirmed`;
  if (chunksDropped > 0) return undefined;
  // What is buffered counts with more than the bytes of its chunks.
  if (
    chunksBuffered === 0
      ? bytesConfirmed === bytesSent
      : bytesSent <= bytesConfirmed + bufferedBytes
  ) {
    return undefined;
  }
  return `${chunksBuffered} chunks are buffered of ${bytesSent} bytes, and ${bytesConfirmed} confirmed`;
}

/** What a source says is confirmed. */
export interface Confirmed {
  readonly points: number;
  readonly chunks: number;
  readonly bytes: number;
}

/** Nothing. */
export const NOTHING_CONFIRMED: Confirmed = { points: 0, chunks: 0, bytes: 0 };

/** What is confirmed now, and by runs before this one. */
export function addConfirmed(
  { points, chunks, bytes }: Confirmed,
  { pointsConfirmed, chunksConfirmed, bytesConfirmed }: SourceStats,
): Confirmed {
  return {
    points: points + pointsConfirmed,
    chunks: chunks + chunksConfirmed,
    bytes: bytes + bytesConfirmed,
  };
}
