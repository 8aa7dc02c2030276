/**
 * Collects the points of one metric and encodes them as a `DataChunk` (see `proto/datachunk.proto`).
 *
 * @module
 */

import { halvesOf, writeVarint, writeWideDelta } from "./time_delta.ts";

/**
 * The most points that one chunk holds. At 18 bytes for the longest point that is 9 MiB: below the
 * 16 MiB at which RabbitMQ refuses a message unless it is configured otherwise.
 */
export const MAX_CHUNK_POINTS: number = 2 ** 19;

const INITIAL_CAPACITY_POINTS = 16;
const MAX_VARINT_BYTES = 10;
const DOUBLE_BYTES = 8;
const POINT_MAX_BYTES = 2 + MAX_VARINT_BYTES + 2 + DOUBLE_BYTES; // of a chunk of one point

// The last whole second before the end of the int64 range (11 April 2262): beyond it every time is
// checked.
const LAST_SAFE_SECOND = 9_223_372_035;
// Up to this many points are copied one by one: making the views that one copy of all needs takes
// longer.
const MAX_SMALL_POINTS = 32;

// The tags of the two packed fields: field number and wire type 2, "length-delimited".
const TIME_DELTA_TAG = (1 << 3) | 2;
const VALUE_TAG = (2 << 3) | 2;

/**
 * The points of one metric on their way into a chunk.
 *
 * A point is encoded when it is appended: `append` runs once for every measured value, so it
 * allocates nothing and uses no bigint. Nanoseconds since the epoch exceed what a number holds
 * exactly, so times come as two numbers and stay two numbers.
 *
 * The memory of the largest chunk so far is kept for the next one.
 */
export class ChunkBuilder {
  #capacity = 0;
  #deltas = new Uint8Array();
  #deltasLength = 0;
  // Its bytes are protobuf's: little-endian, as every processor that Deno runs on.
  #values = new Float64Array();
  #length = 0;
  // The time of the previous point; the first point's delta counts from the epoch.
  #seconds = 0;
  #nanoseconds = 0;

  /** Begins with memory for this many points, 1 at least; it grows when there are more. */
  constructor(capacityPoints: number = INITIAL_CAPACITY_POINTS) {
    this.#allocate(capacityPoints);
  }

  /** The number of points that the next chunk holds so far. */
  get length(): number {
    return this.#length;
  }

  /**
   * Adds a point. Times may go back here; the caller decides whether that is allowed.
   *
   * @param seconds Whole seconds since the Unix epoch, an integer.
   * @param nanoseconds The rest of the time, an integer from 0 to 999 999 999.
   * @param value Any double; `NaN` means "no reading".
   * @throws {RangeError} If the time, or its distance from the previous point, is not an int64 of
   * nanoseconds, or if the chunk holds `MAX_CHUNK_POINTS` points. The chunk is then as it was before.
   */
  append(seconds: number, nanoseconds: number, value: number): void {
    if (this.#length === this.#capacity) this.#grow();

    // In whole numbers of 32 bits, which is what the processor is fast with: points follow each
    // other within two seconds, if they come in chunks at all.
    const deltaS = seconds - this.#seconds;
    const restNs = nanoseconds - this.#nanoseconds;
    const deltaNs = deltaS === 0 ? restNs : deltaS === 1 ? restNs + 1_000_000_000 : -1;
    if (deltaNs >= 0 && seconds <= LAST_SAFE_SECOND) {
      this.#deltasLength = writeShortVarint(this.#deltas, this.#deltasLength, deltaNs);
    } else {
      this.#writeWideDelta(seconds, nanoseconds);
    }
    this.#values[this.#length] = value;
    this.#length++;
    this.#seconds = seconds;
    this.#nanoseconds = nanoseconds;
  }

  /**
   * Adds the points from index `start` up to, not including, `end`, as `append` does, all or none.
   *
   * @param timesNs Nanoseconds since the Unix epoch.
   * @param values As many doubles.
   * @throws {RangeError} If `append` would throw it.
   */
  appendMany(
    timesNs: BigInt64Array,
    values: Float64Array,
    start: number = 0,
    end: number = timesNs.length,
  ): void {
    if (end <= start) return;
    const count = end - start;
    while (this.#length + count > this.#capacity) this.#grow();

    // A bigint for each time would cost more than all the rest: a time is read as two halves, the
    // lower one first.
    const halves = new Int32Array(timesNs.buffer, timesNs.byteOffset + start * 8, 2 * count);
    const bytes = this.#deltas;
    let at = this.#deltasLength;
    let [previousLow, previousHigh] = halvesOf(this.#seconds, this.#nanoseconds);
    for (let i = 0; i < halves.length; i += 2) {
      const low = halves[i] as number;
      const high = halves[i + 1] as number;
      const deltaLow = low - previousLow | 0;
      if (high === previousHigh && low >>> 0 >= previousLow >>> 0 && deltaLow >= 0) {
        at = writeShortVarint(bytes, at, deltaLow);
      } else {
        const borrow = low >>> 0 < previousLow >>> 0 ? 1 : 0;
        const deltaHigh = high - previousHigh - borrow;
        if (deltaHigh !== (deltaHigh | 0)) throw distanceError(timesNs[start + i / 2]);
        at = writeVarint(bytes, at, deltaLow >>> 0, deltaHigh >>> 0);
      }
      previousLow = low;
      previousHigh = high;
    }
    this.#values.set(values.subarray(start, end), this.#length);

    const lastNs = timesNs[end - 1] as bigint;
    const nanoseconds = (lastNs % 1_000_000_000n + 1_000_000_000n) % 1_000_000_000n;
    this.#seconds = Number((lastNs - nanoseconds) / 1_000_000_000n);
    this.#nanoseconds = Number(nanoseconds);
    this.#deltasLength = at;
    this.#length += count;
  }

  /**
   * Encodes the points and begins a new, empty chunk, in one synchronous step: a point that is
   * appended while the bytes are being sent belongs to the next chunk.
   *
   * @returns The encoded `DataChunk`, which no later call changes; no bytes if there are no points.
   * Their `buffer` may be shared with other chunks.
   */
  detach(): Uint8Array<ArrayBuffer> {
    if (this.#length === 0) return new Uint8Array();

    const deltasLength = this.#deltasLength;
    const valuesLength = this.#length * DOUBLE_BYTES;
    const chunk = allocate(
      2 + varintLength(deltasLength) + deltasLength + varintLength(valuesLength) + valuesLength,
    );
    const deltasAt = writeHeader(chunk, 0, TIME_DELTA_TAG, deltasLength);
    const valuesAt = writeHeader(chunk, deltasAt + deltasLength, VALUE_TAG, valuesLength);
    if (this.#length <= MAX_SMALL_POINTS) {
      const deltas = this.#deltas;
      for (let i = 0; i < deltasLength; i++) chunk[deltasAt + i] = deltas[i] as number;
      const values = this.#values;
      const firstByte = chunk.byteOffset + valuesAt; // Such a small chunk lies in the block.
      for (let i = 0; i < this.#length; i++) {
        blockView.setFloat64(firstByte + i * DOUBLE_BYTES, values[i] as number, true);
      }
    } else {
      chunk.set(this.#deltas.subarray(0, deltasLength), deltasAt);
      chunk.set(new Uint8Array(this.#values.buffer, 0, valuesLength), valuesAt);
    }

    this.#length = 0;
    this.#deltasLength = 0;
    this.#seconds = 0;
    this.#nanoseconds = 0;
    return chunk;
  }

  /** Writes any delta: the first time of a chunk, a step back, a pause of more than 2.1 s. */
  #writeWideDelta(seconds: number, nanoseconds: number): void {
    this.#deltasLength = writeWideDelta(
      this.#deltas,
      this.#deltasLength,
      seconds,
      nanoseconds,
      this.#seconds,
      this.#nanoseconds,
    );
  }

  #grow(): void {
    if (this.#capacity === MAX_CHUNK_POINTS) {
      throw new RangeError(
        `Cannot append point: the chunk holds ${MAX_CHUNK_POINTS} points, which is the maximum`,
      );
    }
    this.#allocate(Math.min(2 * this.#capacity, MAX_CHUNK_POINTS));
  }

  #allocate(capacity: number): void {
    this.#capacity = capacity;
    // One buffer for both, as each costs a few hundred bytes more than it holds.
    const valuesBytes = capacity * DOUBLE_BYTES;
    const buffer = new ArrayBuffer(valuesBytes + capacity * MAX_VARINT_BYTES);
    const values = new Float64Array(buffer, 0, capacity);
    values.set(this.#values);
    this.#values = values;
    const deltas = new Uint8Array(buffer, valuesBytes);
    deltas.set(this.#deltas);
    this.#deltas = deltas;
  }
}

/**
 * Encodes a chunk of one point, as a {@linkcode ChunkBuilder} would with `append` and `detach`, without
 * keeping anything.
 *
 * @throws {RangeError} If the time is not an int64 of nanoseconds.
 */
export function encodePoint(
  seconds: number,
  nanoseconds: number,
  value: number,
): Uint8Array<ArrayBuffer> {
  if (blockUsedBytes + POINT_MAX_BYTES > block.byteLength) renewBlock();
  const start = blockUsedBytes;
  const valueAt = writeTime(start + 2, seconds, nanoseconds);
  blockView.setUint16(start, TIME_DELTA_TAG | valueAt - start - 2 << 8, true);
  blockView.setUint16(valueAt, VALUE_TAG | DOUBLE_BYTES << 8, true);
  blockView.setFloat64(valueAt + 2, value, true);
  blockUsedBytes = valueAt + 2 + DOUBLE_BYTES;
  return new Uint8Array(block, start, blockUsedBytes - start);
}

function distanceError(timeNs: bigint | undefined): RangeError {
  return new RangeError(
    `Cannot append point: time ${timeNs} ns is given, ` +
      `a distance of less than 2^63 ns from the point before is required`,
  );
}

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value >>> 7; rest !== 0; rest >>>= 7) length++;
  return length;
}

// In this module, as what is imported is looked up at each call: 3 ns more a point.

/** Writes an integer from 0 to 2^31 - 1, and returns the place behind it. */
function writeShortVarint(bytes: Uint8Array, at: number, value: number): number {
  for (; value > 127; value >>>= 7) bytes[at++] = value | 128;
  bytes[at++] = value;
  return at;
}

/** Writes a time into the block, one of today in 9 bytes, and returns the place behind it. */
function writeTime(at: number, seconds: number, nanoseconds: number): number {
  // In parts of 28 bits, which are four bytes of a varint each. The product is rounded, by far less than
  // the lower part that is taken from it.
  const lower = Math.imul(seconds, 1_000_000_000) + nanoseconds & 0xFFF_FFFF;
  const upper = Math.round((seconds * 1_000_000_000 + nanoseconds - lower) / 2 ** 28);
  const top = Math.floor(upper / 2 ** 28);
  if (!(top > 0 && top < 128 && seconds <= LAST_SAFE_SECOND)) {
    return writeWideDelta(blockBytes, at, seconds, nanoseconds, 0, 0);
  }
  blockView.setUint32(at, spread(lower), true);
  blockView.setUint32(at + 4, spread(upper - top * 2 ** 28), true);
  blockView.setUint8(at + 8, top);
  return at + 9;
}

/** 28 bits as four bytes of a varint that goes on behind them. */
function spread(bits: number): number {
  return bits & 0x7F | (bits & 0x3F80) << 1 | (bits & 0x1F_C000) << 2 | (bits & 0xFE0_0000) << 3 |
    0x8080_8080;
}

/** Writes a tag and a length, and returns the place behind them. */
function writeHeader(chunk: Uint8Array, at: number, tag: number, length: number): number {
  chunk[at++] = tag;
  let rest = length;
  for (; rest > 127; rest >>>= 7) chunk[at++] = (rest & 127) | 128;
  chunk[at++] = rest;
  return at;
}

// Chunks are cut from blocks of this size: memory of its own costs a chunk of one point 0.5 µs and
// one of 1000 points 6 µs, each time more than all the rest of encoding. A block is freed when its
// last chunk is; as chunks are confirmed in about the order in which they are made, little is kept
// for long.
const BLOCK_BYTES = 2 ** 18;
let block = new ArrayBuffer(0);
let blockBytes = new Uint8Array(block);
let blockView = new DataView(block);
let blockUsedBytes = 0;

function allocate(length: number): Uint8Array<ArrayBuffer> {
  if (length > BLOCK_BYTES / 4) return new Uint8Array(length);
  if (blockUsedBytes + length > block.byteLength) renewBlock();
  const chunk = new Uint8Array(block, blockUsedBytes, length);
  blockUsedBytes += length;
  return chunk;
}

function renewBlock(): void {
  block = new ArrayBuffer(BLOCK_BYTES);
  blockBytes = new Uint8Array(block);
  blockView = new DataView(block);
  blockUsedBytes = 0;
}
