/**
 * Collects the points of one metric and encodes them as a `DataChunk` (see `proto/datachunk.proto`).
 *
 * @module
 */

import { highHalf, lowHalf, packDeltas, varintLength, WIDE, writeHalves } from "./time_delta.ts";

/**
 * The most points that one chunk holds. At 18 bytes for the longest point that is 9 MiB: below the
 * 16 MiB at which RabbitMQ refuses a message unless it is configured otherwise.
 */
export const MAX_CHUNK_POINTS: number = 2 ** 19;

const INITIAL_CAPACITY_POINTS = 16;
const MAX_VARINT_BYTES = 10;
const DOUBLE_BYTES = 8;
const POINT_MAX_BYTES = MAX_VARINT_BYTES + DOUBLE_BYTES;
const HEADERS_MAX_BYTES = 2 * (1 + 5);

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
 * `append` runs once for every measured value, so it only stores a point, without a bigint; `detach`
 * encodes all of them at once. Nanoseconds since the epoch exceed what a number holds exactly, so
 * times come as two numbers.
 *
 * The memory of the largest chunk so far is kept for the next one.
 */
export class ChunkBuilder {
  #capacity = 0;
  // The distance of each point from the one before, or WIDE.
  #deltas = new Int32Array();
  // The distances that are WIDE, in their order, each as two halves. Hardly ever more than the first.
  readonly #wide: number[] = [];
  #wideLength = 0;
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
    const at = this.#length;
    if (at === this.#capacity) this.#grow();

    // In whole numbers of 32 bits, which is what the processor is fast with: points follow each
    // other within two seconds, if they come in chunks at all.
    const deltaS = seconds - this.#seconds;
    const restNs = nanoseconds - this.#nanoseconds;
    const deltaNs = deltaS === 0 ? restNs : deltaS === 1 ? restNs + 1_000_000_000 : WIDE;
    if (deltaNs >= 0 && seconds <= LAST_SAFE_SECOND) this.#deltas[at] = deltaNs;
    else this.#appendWide(seconds, nanoseconds);
    this.#values[at] = value;
    this.#length = at + 1;
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
    const first = this.#length;
    const count = end - start;
    while (first + count > this.#capacity) this.#grow();

    const halves = halvesIn(timesNs);
    const deltas = this.#deltas;
    const wideBefore = this.#wideLength;
    let previousLow = lowHalf(this.#seconds, this.#nanoseconds);
    let previousHigh = highHalf(this.#seconds, this.#nanoseconds);
    for (let i = 0; i < count; i++) {
      const low = halves[2 * (start + i)] as number;
      const high = halves[2 * (start + i) + 1] as number;
      const deltaLow = low - previousLow | 0;
      if (high === previousHigh && low >>> 0 >= previousLow >>> 0 && deltaLow >= 0) {
        deltas[first + i] = deltaLow;
      } else {
        const borrow = low >>> 0 < previousLow >>> 0 ? 1 : 0;
        const deltaHigh = high - previousHigh - borrow;
        if (deltaHigh !== (deltaHigh | 0)) {
          this.#wideLength = wideBefore;
          throw distanceError(timesNs[start + i]);
        }
        deltas[first + i] = WIDE;
        this.#addWide(deltaLow, deltaHigh);
      }
      previousLow = low;
      previousHigh = high;
    }
    this.#storeValues(values, start, end);
    this.#length += count;
    this.#setTime(previousLow, previousHigh);
  }

  /**
   * Encodes the points and begins a new, empty chunk, in one synchronous step: a point that is
   * appended while the bytes are being sent belongs to the next chunk.
   *
   * @returns The encoded `DataChunk`, which no later call changes unless its memory is released (see
   * `memoryOf`); no bytes if there are no points. Their `buffer` may be shared with other chunks.
   */
  detach(): Uint8Array<ArrayBuffer> {
    const points = this.#length;
    if (points === 0) return new Uint8Array();

    const mostBytes = HEADERS_MAX_BYTES + points * POINT_MAX_BYTES;
    const isLarge = mostBytes > LARGE_BYTES;
    const chunk = isLarge ? this.#encodeLarge() : this.#encode(mostBytes);
    this.#length = 0;
    this.#wideLength = 0;
    this.#seconds = 0;
    this.#nanoseconds = 0;
    return chunk;
  }

  /** Encodes into the block. */
  #encode(mostBytes: number): Uint8Array<ArrayBuffer> {
    if (blockUsedBytes + mostBytes > BLOCK_BYTES) renewBlock();
    const start = blockUsedBytes;
    // How long the length of the deltas is can be guessed: if they have three bytes, as at 1 kHz.
    const guessedAt = start + 1 + varintLength(3 * this.#length);
    let end = packDeltas(blockView, guessedAt, this.#deltas, this.#length, this.#wide);
    const deltasLength = end - guessedAt;
    const deltasAt = start + 1 + varintLength(deltasLength);
    if (deltasAt !== guessedAt) {
      blockBytes.copyWithin(deltasAt, guessedAt, end);
      end = deltasAt + deltasLength;
    }
    writeHeader(blockBytes, start, TIME_DELTA_TAG, deltasLength);
    const valuesAt = writeHeader(blockBytes, end, VALUE_TAG, this.#length * DOUBLE_BYTES);
    this.#copyValues(valuesAt);
    blockUsedBytes = valuesAt + this.#length * DOUBLE_BYTES;
    current.chunks++;
    return new Uint8Array(block, start, blockUsedBytes - start);
  }

  /** Encodes into memory of its own, which has just the size that it needs. */
  #encodeLarge(): Uint8Array<ArrayBuffer> {
    const room = this.#length * MAX_VARINT_BYTES;
    // Kept for the next, unless it is very large.
    const scratch = room <= scratchView.byteLength
      ? scratchView
      : new DataView(new ArrayBuffer(room));
    if (room <= BLOCK_BYTES) scratchView = scratch;
    const deltasLength = packDeltas(scratch, 0, this.#deltas, this.#length, this.#wide);
    const valuesLength = this.#length * DOUBLE_BYTES;
    const chunk = new Uint8Array(
      2 + varintLength(deltasLength) + deltasLength + varintLength(valuesLength) + valuesLength,
    );
    const deltasAt = writeHeader(chunk, 0, TIME_DELTA_TAG, deltasLength);
    chunk.set(new Uint8Array(scratch.buffer, 0, deltasLength), deltasAt);
    const valuesAt = writeHeader(chunk, deltasAt + deltasLength, VALUE_TAG, valuesLength);
    chunk.set(new Uint8Array(this.#values.buffer, 0, valuesLength), valuesAt);
    return chunk;
  }

  #copyValues(at: number): void {
    const values = this.#values;
    const length = this.#length;
    if (length > MAX_SMALL_POINTS) {
      blockBytes.set(new Uint8Array(values.buffer, 0, length * DOUBLE_BYTES), at);
      return;
    }
    for (let i = 0; i < length; i++) {
      blockView.setFloat64(at + i * DOUBLE_BYTES, values[i] as number, true);
    }
  }

  #storeValues(given: Float64Array, start: number, end: number): void {
    const first = this.#length;
    if (end - start > MAX_SMALL_POINTS) {
      const isWhole = start === 0 && end === given.length;
      this.#values.set(isWhole ? given : given.subarray(start, end), first);
      return;
    }
    const values = this.#values;
    for (let i = start; i < end; i++) values[first + i - start] = given[i] as number;
  }

  /** Stores any distance: the first time of a chunk, a step back, a pause of more than two seconds. */
  #appendWide(seconds: number, nanoseconds: number): void {
    requireInt64(seconds, nanoseconds, this.#seconds, this.#nanoseconds);
    const deltaS = seconds - this.#seconds;
    const deltaNs = nanoseconds - this.#nanoseconds;
    this.#deltas[this.#length] = WIDE;
    this.#addWide(lowHalf(deltaS, deltaNs), highHalf(deltaS, deltaNs));
  }

  // Counted here: an array that is made empty frees its memory, and takes it anew for each chunk.
  #addWide(low: number, high: number): void {
    this.#wide[this.#wideLength++] = low;
    this.#wide[this.#wideLength++] = high;
  }

  #setTime(low: number, high: number): void {
    // The quotient may be rounded up or down by one; the remainder then shows it.
    let seconds = Math.floor((high * 2 ** 32 + (low >>> 0)) / 1_000_000_000);
    let nanoseconds = low - Math.imul(seconds, 1_000_000_000) | 0;
    if (nanoseconds < 0) {
      seconds--;
      nanoseconds += 1_000_000_000;
    } else if (nanoseconds >= 1_000_000_000) {
      seconds++;
      nanoseconds -= 1_000_000_000;
    }
    this.#seconds = seconds;
    this.#nanoseconds = nanoseconds;
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
    const buffer = new ArrayBuffer(valuesBytes + capacity * Int32Array.BYTES_PER_ELEMENT);
    const values = new Float64Array(buffer, 0, capacity);
    values.set(this.#values);
    this.#values = values;
    const deltas = new Int32Array(buffer, valuesBytes);
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
  if (blockUsedBytes + HEADERS_MAX_BYTES + POINT_MAX_BYTES > BLOCK_BYTES) renewBlock();
  const start = blockUsedBytes;
  const valueAt = writeTime(start + 2, seconds, nanoseconds);
  blockView.setUint16(start, TIME_DELTA_TAG | valueAt - start - 2 << 8, true);
  blockView.setUint16(valueAt, VALUE_TAG | DOUBLE_BYTES << 8, true);
  blockView.setFloat64(valueAt + 2, value, true);
  blockUsedBytes = valueAt + 2 + DOUBLE_BYTES;
  current.chunks++;
  return new Uint8Array(block, start, blockUsedBytes - start);
}

function requireInt64(
  seconds: number,
  nanoseconds: number,
  previousSeconds: number,
  previousNanoseconds: number,
): void {
  const time = highHalf(seconds, nanoseconds);
  const distance = highHalf(seconds - previousSeconds, nanoseconds - previousNanoseconds);
  // Not equal for NaN as well, which comes of a time that is not a number.
  if (time === (time | 0) && distance === (distance | 0)) return;
  throw new RangeError(
    `Cannot append point: time ${seconds} s + ${nanoseconds} ns after ` +
      `${previousSeconds} s + ${previousNanoseconds} ns is given, ` +
      `a time and a distance of less than 2^63 ns are required`,
  );
}

// A view for each call would take as long as some points: the last is kept, as callers fill an array again.
let lastTimes: BigInt64Array = new BigInt64Array();
let lastHalves: Int32Array = new Int32Array();

/** The halves of times, the lower one first: a bigint for each would cost more than all the rest. */
function halvesIn(timesNs: BigInt64Array): Int32Array {
  if (timesNs !== lastTimes || lastHalves.length !== 2 * timesNs.length) {
    lastTimes = timesNs;
    lastHalves = new Int32Array(timesNs.buffer, timesNs.byteOffset, 2 * timesNs.length);
  }
  return lastHalves;
}

function distanceError(timeNs: bigint | undefined): RangeError {
  return new RangeError(
    `Cannot append point: time ${timeNs} ns is given, ` +
      `a distance of less than 2^63 ns from the point before is required`,
  );
}

// In this module, as what is imported is looked up at each call: 3 ns more a point.

/** Writes a time into the block, one of today in 9 bytes, and returns the place behind it. */
function writeTime(at: number, seconds: number, nanoseconds: number): number {
  // In parts of 28 bits, which are four bytes of a varint each. The product is rounded, by far less than
  // the lower part that is taken from it.
  const lower = Math.imul(seconds, 1_000_000_000) + nanoseconds & 0xFFF_FFFF;
  const upper = Math.round((seconds * 1_000_000_000 + nanoseconds - lower) / 2 ** 28);
  const top = Math.floor(upper / 2 ** 28);
  if (!(top > 0 && top < 128 && seconds <= LAST_SAFE_SECOND)) {
    return writeAnyTime(at, seconds, nanoseconds);
  }
  blockView.setUint32(at, spread(lower), true);
  blockView.setUint32(at + 4, spread(upper - top * 2 ** 28), true);
  blockView.setUint8(at + 8, top);
  return at + 9;
}

function writeAnyTime(at: number, seconds: number, nanoseconds: number): number {
  requireInt64(seconds, nanoseconds, 0, 0);
  return writeHalves(
    blockView,
    at,
    lowHalf(seconds, nanoseconds),
    highHalf(seconds, nanoseconds),
  );
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
// one of 1000 points 6 µs, each time more than all the rest of encoding.
const BLOCK_BYTES = 2 ** 18;
const LARGE_BYTES = BLOCK_BYTES / 4;
// So much is in flight and waits at full speed; what an outage has taken is not kept.
const MAX_SPARE_BLOCKS = 32;

/** Memory that chunks are cut from. It is used again when all of them have been released. */
class Block {
  readonly buffer = new ArrayBuffer(BLOCK_BYTES);
  readonly bytes = new Uint8Array(this.buffer);
  readonly view = new DataView(this.buffer);
  /** How many chunks are not released: one that never is leaves the block to the garbage collector. */
  chunks = 0;

  /** A chunk of it is not needed any more. */
  release(): void {
    const isUnused = --this.chunks === 0 && this !== current;
    if (isUnused && spareBlocks.length < MAX_SPARE_BLOCKS) spareBlocks.push(this);
  }
}

const spareBlocks: Block[] = [];
let current = new Block();
// What is needed for each chunk, as close at hand as can be.
let block = current.buffer;
let blockBytes = current.bytes;
let blockView = current.view;
let blockUsedBytes = 0;
let scratchView = new DataView(new ArrayBuffer(0));

function renewBlock(): void {
  blockUsedBytes = 0;
  if (current.chunks === 0) return;
  current = spareBlocks.pop() ?? new Block();
  block = current.buffer;
  blockBytes = current.bytes;
  blockView = current.view;
}

/**
 * The memory of a chunk that has just been encoded, to be released once, when nobody reads the chunk
 * any more; nothing if the chunk has memory of its own.
 */
export function memoryOf(chunk: Uint8Array): { release(): void } | undefined {
  return chunk.buffer === block ? current : undefined;
}
