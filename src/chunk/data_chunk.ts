/**
 * The parts of an encoded `DataChunk` (see `proto/datachunk.proto`).
 *
 * @module
 */

import { chunkMemory } from "./chunk_memory.ts";
import { highHalf, lowHalf, writeHalves } from "./time_delta.ts";

export const MAX_VARINT_BYTES = 10;
export const DOUBLE_BYTES = 8;
export const POINT_MAX_BYTES: number = MAX_VARINT_BYTES + DOUBLE_BYTES;
export const HEADERS_MAX_BYTES: number = 2 * (1 + 5);

// The tags of the two packed fields: field number and wire type 2, "length-delimited".
export const TIME_DELTA_TAG: number = (1 << 3) | 2;
export const VALUE_TAG: number = (2 << 3) | 2;

/**
 * Encodes a chunk of one point, as a `ChunkBuilder` would with `append` and `detach`, without keeping
 * anything.
 *
 * @throws {RangeError} If the time is not an int64 of nanoseconds.
 */
export function encodePoint(
  seconds: number,
  nanoseconds: number,
  value: number,
): Uint8Array<ArrayBuffer> {
  const memory = chunkMemory;
  const start = memory.reserve(HEADERS_MAX_BYTES + POINT_MAX_BYTES);
  const { view } = memory;
  const valueAt = writeTime(view, start + 2, seconds, nanoseconds);
  view.setUint16(start, TIME_DELTA_TAG | valueAt - start - 2 << 8, true);
  view.setUint16(valueAt, VALUE_TAG | DOUBLE_BYTES << 8, true);
  view.setFloat64(valueAt + 2, value, true);
  return memory.cut(start, valueAt + 2 + DOUBLE_BYTES);
}

function writeTime(view: DataView, at: number, seconds: number, nanoseconds: number): number {
  const high = highHalf(seconds, nanoseconds);
  if (high !== (high | 0)) throw timeError(seconds, nanoseconds, 0, 0);
  return writeHalves(view, at, lowHalf(seconds, nanoseconds), high);
}

/** Writes a tag and a length, and returns the place behind them. */
export function writeHeader(chunk: Uint8Array, at: number, tag: number, length: number): number {
  chunk[at++] = tag;
  let rest = length;
  for (; rest > 127; rest >>>= 7) chunk[at++] = (rest & 127) | 128;
  chunk[at++] = rest;
  return at;
}

/** The error of a time that is not an int64 of nanoseconds, or too far from the one before. */
export function timeError(
  seconds: number,
  nanoseconds: number,
  previousSeconds: number,
  previousNanoseconds: number,
): RangeError {
  return new RangeError(
    `Cannot append point: time ${seconds} s + ${nanoseconds} ns after ` +
      `${previousSeconds} s + ${previousNanoseconds} ns is given, ` +
      `a time and a distance of less than 2^63 ns are required`,
  );
}
