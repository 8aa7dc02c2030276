/**
 * The parts of an encoded `DataChunk` (see `proto/datachunk.proto`).
 *
 * @module
 */

import { BLOCK_BYTES, chunkMemory } from "./chunk_memory.ts";
import { highHalf, lowHalf, varintLength, writeHalves } from "./time_delta.ts";

/** The bytes of a value. */
export const DOUBLE_BYTES = 8;
/**
 * Up to this many values are copied one by one: making the views that one copy of all needs takes longer.
 */
export const MAX_SMALL_COPY = 32;

const MAX_VARINT_BYTES = 10;
const POINT_MAX_BYTES = MAX_VARINT_BYTES + DOUBLE_BYTES;
const HEADERS_MAX_BYTES = 2 * (1 + 5);
// Chunks that could have more are encoded apart first, as most are much smaller than they could be.
const LARGE_BYTES = BLOCK_BYTES / 4;

// The tags of the two packed fields: field number and wire type 2, "length-delimited".
const TIME_DELTA_TAG = (1 << 3) | 2;
const VALUE_TAG = (2 << 3) | 2;

/** What becomes a chunk: at least one point. */
export interface Points {
  /** How many there are. */
  readonly length: number;
  /** Writes the distances between the times, the first counted from the epoch, and returns the place behind. */
  packTimes(view: DataView, at: number): number;
  /** Writes the values, to the same memory given as bytes and as a view. */
  copyValues(bytes: Uint8Array, view: DataView, at: number): void;
}

/** Encodes points as a chunk. Its bytes stay as they are until its memory is released. */
export function encodePoints(points: Points): Uint8Array<ArrayBuffer> {
  const { length } = points;
  const mostBytes = HEADERS_MAX_BYTES + length * POINT_MAX_BYTES;
  if (mostBytes > LARGE_BYTES) return encodeMany(points);
  const memory = chunkMemory;
  const start = memory.reserve(mostBytes);
  const { bytes, view } = memory;
  // How long the length of the times is can be guessed: if they have three bytes, as at 1 kHz.
  const guessedAt = start + 1 + varintLength(6 + 3 * length);
  let end = points.packTimes(view, guessedAt);
  const timesLength = end - guessedAt;
  const timesAt = start + 1 + varintLength(timesLength);
  if (timesAt !== guessedAt) {
    bytes.copyWithin(timesAt, guessedAt, end);
    end = timesAt + timesLength;
  }
  writeHeader(bytes, start, TIME_DELTA_TAG, timesLength);
  const valuesAt = writeHeader(bytes, end, VALUE_TAG, length * DOUBLE_BYTES);
  points.copyValues(bytes, view, valuesAt);
  return memory.cut(start, valuesAt + length * DOUBLE_BYTES);
}

// What the times of many points are encoded in.
let scratch = new DataView(new ArrayBuffer(0));

/** Encodes points that may be too many for a block, in the memory that they turn out to need. */
function encodeMany(points: Points): Uint8Array<ArrayBuffer> {
  const room = points.length * MAX_VARINT_BYTES;
  const times = room <= scratch.byteLength ? scratch : new DataView(new ArrayBuffer(room));
  if (room <= BLOCK_BYTES) scratch = times; // kept for the next, unless it is very large
  const timesLength = points.packTimes(times, 0);
  const valuesLength = points.length * DOUBLE_BYTES;
  const bytesLength = 2 + varintLength(timesLength) + timesLength + varintLength(valuesLength) +
    valuesLength;
  const memory = chunkMemory;
  const isCut = bytesLength <= BLOCK_BYTES;
  const start = isCut ? memory.reserve(bytesLength) : 0;
  const bytes = isCut ? memory.bytes : memory.make(bytesLength);
  const view = isCut ? memory.view : new DataView(bytes.buffer);
  const timesAt = writeHeader(bytes, start, TIME_DELTA_TAG, timesLength);
  bytes.set(new Uint8Array(times.buffer, 0, timesLength), timesAt);
  const valuesAt = writeHeader(bytes, timesAt + timesLength, VALUE_TAG, valuesLength);
  points.copyValues(bytes, view, valuesAt);
  return isCut ? memory.cut(start, valuesAt + valuesLength) : bytes;
}

/** Copies values from index `start` up to, not including, `end`, as protobuf writes them: little-endian. */
export function copyDoubles(
  values: Float64Array,
  start: number,
  end: number,
  bytes: Uint8Array,
  view: DataView,
  at: number,
): void {
  if (end - start > MAX_SMALL_COPY) {
    // As every processor that Deno runs on has them.
    const { buffer, byteOffset } = values;
    bytes.set(
      new Uint8Array(buffer, byteOffset + start * DOUBLE_BYTES, (end - start) * DOUBLE_BYTES),
      at,
    );
    return;
  }
  for (let i = start; i < end; i++, at += DOUBLE_BYTES) {
    view.setFloat64(at, values[i] as number, true);
  }
}

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
function writeHeader(chunk: Uint8Array, at: number, tag: number, length: number): number {
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
