/**
 * Collects the points of one metric and encodes them as a `DataChunk` (see `proto/datachunk.proto`).
 *
 * @module
 */

import { Buffer } from "node:buffer";

/**
 * The most points that one chunk holds. At 18 bytes for the longest point that is 9 MiB: below the
 * 16 MiB at which RabbitMQ refuses a message unless it is configured otherwise.
 */
export const MAX_CHUNK_POINTS: number = 2 ** 19;

const INITIAL_CAPACITY_POINTS = 16;
const MAX_VARINT_BYTES = 10;
const DOUBLE_BYTES = 8;

// Up to this delta (2.1 s) a varint is written with 32-bit arithmetic alone.
const MAX_FAST_DELTA_NS = 2 ** 31 - 1;
// The last whole second before the end of the int64 range (11 April 2262): beyond it every time is checked.
const LAST_SAFE_SECOND = 9_223_372_035;

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
  #capacity = INITIAL_CAPACITY_POINTS;
  #deltas = new Uint8Array(INITIAL_CAPACITY_POINTS * MAX_VARINT_BYTES);
  #deltasLength = 0;
  // A DataView and not a Float64Array, because the byte order of protobuf is fixed.
  #values = new DataView(new ArrayBuffer(INITIAL_CAPACITY_POINTS * DOUBLE_BYTES));
  #length = 0;
  // The time of the previous point; the first point's delta counts from the epoch.
  #seconds = 0;
  #nanoseconds = 0;

  /** The number of points that the next chunk holds so far. */
  get length(): number {
    return this.#length;
  }

  /**
   * Adds a point. Times may go back; whether that makes sense is the caller's business.
   *
   * @param seconds Whole seconds since the Unix epoch, an integer.
   * @param nanoseconds The rest of the time, an integer from 0 to 999 999 999.
   * @param value Any double; `NaN` means "no reading".
   * @throws {RangeError} If the time, or its distance from the previous point, is no int64 of
   * nanoseconds, or if the chunk holds `MAX_CHUNK_POINTS` points. The chunk is then as it was before.
   */
  append(seconds: number, nanoseconds: number, value: number): void {
    if (this.#length === this.#capacity) this.#grow();

    const deltaNs = (seconds - this.#seconds) * 1e9 + (nanoseconds - this.#nanoseconds);
    if (deltaNs >= 0 && deltaNs <= MAX_FAST_DELTA_NS && seconds <= LAST_SAFE_SECOND) {
      this.#writeVarint(deltaNs, 0);
    } else {
      this.#writeWideDelta(seconds, nanoseconds);
    }
    this.#values.setFloat64(this.#length * DOUBLE_BYTES, value, true);
    this.#length++;
    this.#seconds = seconds;
    this.#nanoseconds = nanoseconds;
  }

  /**
   * Encodes the points and begins a new, empty chunk, in one synchronous step: a point that is
   * appended while the bytes are being sent belongs to the next chunk.
   *
   * @returns The encoded `DataChunk`, which no later call changes; no bytes if there are no points.
   * Their `buffer` may be shared with other chunks.
   */
  take(): Uint8Array<ArrayBuffer> {
    if (this.#length === 0) return new Uint8Array();

    const deltasLength = this.#deltasLength;
    const valuesLength = this.#length * DOUBLE_BYTES;
    const chunk = allocate(
      2 + varintLength(deltasLength) + deltasLength + varintLength(valuesLength) + valuesLength,
    );
    let at = writeHeader(chunk, 0, TIME_DELTA_TAG, deltasLength);
    chunk.set(this.#deltas.subarray(0, deltasLength), at);
    at = writeHeader(chunk, at + deltasLength, VALUE_TAG, valuesLength);
    chunk.set(new Uint8Array(this.#values.buffer, 0, valuesLength), at);

    this.#length = 0;
    this.#deltasLength = 0;
    this.#seconds = 0;
    this.#nanoseconds = 0;
    return chunk;
  }

  /** Writes a 64-bit integer, given as two unsigned 32-bit halves. */
  #writeVarint(low: number, high: number): void {
    const bytes = this.#deltas;
    let at = this.#deltasLength;
    while (high !== 0 || low > 127) {
      bytes[at++] = (low & 127) | 128;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    bytes[at++] = low;
    this.#deltasLength = at;
  }

  /** Writes any delta: the first time of a chunk, a step back, a pause of more than 2.1 s. */
  #writeWideDelta(seconds: number, nanoseconds: number): void {
    const deltaSeconds = seconds - this.#seconds;
    const deltaNanoseconds = nanoseconds - this.#nanoseconds;
    const upper = upperBits(deltaSeconds, deltaNanoseconds);
    if (!isInt64(upper) || !isInt64(upperBits(seconds, nanoseconds))) {
      throw new RangeError(
        `Cannot append point: time ${seconds} s + ${nanoseconds} ns after ` +
          `${this.#seconds} s + ${this.#nanoseconds} ns is given, ` +
          `a time and a distance of less than 2^63 ns are required`,
      );
    }
    const lower = lowerBits(deltaSeconds, deltaNanoseconds);
    this.#writeVarint((upper * 2 ** 14 | lower) >>> 0, Math.floor(upper / 2 ** 18) >>> 0);
  }

  #grow(): void {
    if (this.#length === MAX_CHUNK_POINTS) {
      throw new RangeError(
        `Cannot append point: the chunk holds ${MAX_CHUNK_POINTS} points, which is the maximum`,
      );
    }
    this.#capacity *= 2;
    const deltas = new Uint8Array(this.#capacity * MAX_VARINT_BYTES);
    deltas.set(this.#deltas);
    this.#deltas = deltas;
    const values = new Uint8Array(this.#capacity * DOUBLE_BYTES);
    values.set(new Uint8Array(this.#values.buffer));
    this.#values = new DataView(values.buffer);
  }
}

// A number of nanoseconds needs up to 64 bits and a double holds 53, so it is computed in two parts:
// the upper 50 bits (signed) and the lower 14. No step of either leaves the range of exact integers.

function upperBits(seconds: number, nanoseconds: number): number {
  const secondsAbove = Math.floor(seconds / 2 ** 14);
  const secondsBelow = seconds - secondsAbove * 2 ** 14;
  return secondsAbove * 1e9 + Math.floor((secondsBelow * 1e9 + nanoseconds) / 2 ** 14);
}

function lowerBits(seconds: number, nanoseconds: number): number {
  return (Math.imul(seconds, 1e9) + nanoseconds) & (2 ** 14 - 1);
}

/** Also false for NaN, which a time that is no number leads to. */
function isInt64(upper: number): boolean {
  return upper >= -(2 ** 49) && upper < 2 ** 49;
}

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value >>> 7; rest !== 0; rest >>>= 7) length++;
  return length;
}

/** Writes a tag and a length, and returns the place behind them. */
function writeHeader(chunk: Uint8Array, at: number, tag: number, length: number): number {
  chunk[at++] = tag;
  let rest = length;
  for (; rest > 127; rest >>>= 7) chunk[at++] = (rest & 127) | 128;
  chunk[at++] = rest;
  return at;
}

/**
 * Memory for one chunk. In Deno a small `new Uint8Array` takes 300 ns, more than all the rest of
 * encoding a chunk of one point; Node's pool hands out parts of a larger block in a tenth of that,
 * and no part twice. What it returns is a `Buffer`, whose `slice` differs: hence the plain view.
 */
function allocate(length: number): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset } = Buffer.allocUnsafe(length);
  return new Uint8Array(buffer, byteOffset, length);
}
