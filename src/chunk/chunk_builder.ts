/**
 * Collects the points of one metric and encodes them as a `DataChunk` (see `proto/datachunk.proto`).
 *
 * @module
 */

import { Timestamp } from "../time/timestamp.ts";
import { BLOCK_BYTES, chunkMemory } from "./chunk_memory.ts";
import {
  DOUBLE_BYTES,
  HEADERS_MAX_BYTES,
  MAX_VARINT_BYTES,
  POINT_MAX_BYTES,
  TIME_DELTA_TAG,
  timeError,
  VALUE_TAG,
  writeHeader,
} from "./data_chunk.ts";
import { highHalf, Jumps, lowHalf, packDeltas, varintLength, writeHalves } from "./time_delta.ts";

/**
 * The most points that one chunk holds. At 18 bytes for the longest point that is 9 MiB: below the
 * 16 MiB at which RabbitMQ refuses a message unless it is configured otherwise.
 */
export const MAX_CHUNK_POINTS: number = 2 ** 19;

const INITIAL_CAPACITY_POINTS = 16;
// Chunks of which each could be as large are encoded apart first, as most are much smaller.
const LARGE_BYTES = BLOCK_BYTES / 4;

// The whole seconds within the int64 range: before the first and behind the last (11 April 2262) every
// time is checked.
const FIRST_SAFE_SECOND = -9_223_372_036;
const LAST_SAFE_SECOND = 9_223_372_035;
// Up to this many points are copied one by one: making the views that one copy of all needs takes
// longer.
const MAX_SMALL_POINTS = 32;
const LOOKED_AT_TOGETHER = 256;

/**
 * The points of one metric on their way into a chunk.
 *
 * `append` runs once for every measured value, so it only stores a point, and nothing else as long as
 * the second is the same; `detach` encodes all of them at once. Nanoseconds since the epoch exceed what
 * a number holds exactly, so times come as two numbers.
 *
 * The memory of the largest chunk so far is kept for the next one.
 */
export class ChunkBuilder {
  #capacity = 0;
  #length = 0;
  // The lower 32 bits of each time. What lies between two of them is told by these, up to 2^31 ns
  // forward and back; what is more is a jump.
  #lows = new Int32Array();
  readonly #jumps = new Jumps();
  #firstHigh = 0;
  // Its bytes are protobuf's: little-endian, as every processor that Deno runs on.
  #values = new Float64Array();
  // The second of the last point, and the lower half of its beginning.
  #second = 0;
  #secondLow = 0;
  // Up to this index, points of that second are stored unseen.
  #unseenUpTo = 0;
  // Of the last point, instead of its second, if that came in an array.
  #lastHigh: number | undefined;

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
    if (seconds !== this.#second || at >= this.#unseenUpTo) this.#look(seconds, nanoseconds);
    this.#lows[at] = this.#secondLow + nanoseconds;
    this.#values[at] = value;
    this.#length = at + 1;
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
    if (first === 0) this.#firstHigh = halves[2 * start + 1] as number;
    this.#storeTimes(timesNs, halves, start, count);
    this.#storeValues(values, start, end);
    this.#length += count;
    this.#lastHigh = halves[2 * end - 1] as number;
    this.#unseenUpTo = 0;
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
    const chunk = mostBytes > LARGE_BYTES ? this.#encodeLarge() : this.#encode(mostBytes);
    this.#length = 0;
    this.#jumps.length = 0;
    this.#unseenUpTo = 0;
    return chunk;
  }

  /** Encodes into the block. */
  #encode(mostBytes: number): Uint8Array<ArrayBuffer> {
    const length = this.#length;
    const start = chunkMemory.reserve(mostBytes);
    const { bytes, view } = chunkMemory;
    // How long the length of the times is can be guessed: if they have three bytes, as at 1 kHz.
    const guessedAt = start + 1 + varintLength(6 + 3 * length);
    let end = this.#pack(view, guessedAt);
    const timesLength = end - guessedAt;
    const timesAt = start + 1 + varintLength(timesLength);
    if (timesAt !== guessedAt) {
      bytes.copyWithin(timesAt, guessedAt, end);
      end = timesAt + timesLength;
    }
    writeHeader(bytes, start, TIME_DELTA_TAG, timesLength);
    const valuesAt = writeHeader(bytes, end, VALUE_TAG, length * DOUBLE_BYTES);
    this.#copyValues(bytes, view, valuesAt);
    return chunkMemory.cut(start, valuesAt + length * DOUBLE_BYTES);
  }

  /** Encodes what may be too large for the block, and takes the memory that it really needs. */
  #encodeLarge(): Uint8Array<ArrayBuffer> {
    const room = this.#length * MAX_VARINT_BYTES;
    // Kept for the next, unless it is very large.
    const scratch = room <= scratchView.byteLength
      ? scratchView
      : new DataView(new ArrayBuffer(room));
    if (room <= BLOCK_BYTES) scratchView = scratch;
    const timesLength = this.#pack(scratch, 0);
    const valuesLength = this.#length * DOUBLE_BYTES;
    const bytesLength = 2 + varintLength(timesLength) + timesLength + varintLength(valuesLength) +
      valuesLength;
    const isCut = bytesLength <= BLOCK_BYTES;
    const start = isCut ? chunkMemory.reserve(bytesLength) : 0;
    const bytes = isCut ? chunkMemory.bytes : new Uint8Array(bytesLength);
    const timesAt = writeHeader(bytes, start, TIME_DELTA_TAG, timesLength);
    bytes.set(new Uint8Array(scratch.buffer, 0, timesLength), timesAt);
    const valuesAt = writeHeader(bytes, timesAt + timesLength, VALUE_TAG, valuesLength);
    bytes.set(new Uint8Array(this.#values.buffer, 0, valuesLength), valuesAt);
    return isCut ? chunkMemory.cut(start, valuesAt + valuesLength) : bytes;
  }

  #pack(view: DataView, at: number): number {
    at = writeHalves(view, at, this.#lows[0] as number, this.#firstHigh);
    return packDeltas(view, at, this.#lows, this.#length, this.#jumps);
  }

  #copyValues(bytes: Uint8Array, view: DataView, at: number): void {
    const values = this.#values;
    const length = this.#length;
    if (length > MAX_SMALL_POINTS) {
      bytes.set(new Uint8Array(values.buffer, 0, length * DOUBLE_BYTES), at);
      return;
    }
    for (let i = 0; i < length; i++) {
      view.setFloat64(at + i * DOUBLE_BYTES, values[i] as number, true);
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

  /** Checks a time that begins a chunk or another second, and makes room for its point. */
  #look(seconds: number, nanoseconds: number): void {
    const at = this.#length;
    if (at === this.#capacity) this.#grow();
    const low = lowHalf(seconds, nanoseconds);
    const high = highHalf(seconds, nanoseconds);
    // Not equal for NaN as well, which comes of a time that is not a number.
    const isNear = high === (high | 0) &&
      (at === 0 || this.#jumps.note(at, this.#lows[at - 1] as number, this.#high(), low, high));
    if (!isNear) throw this.#timeError(seconds, nanoseconds);
    if (at === 0) this.#firstHigh = high;
    this.#second = seconds;
    this.#secondLow = Math.imul(seconds, 1_000_000_000);
    this.#lastHigh = undefined;
    const isSafe = seconds >= FIRST_SAFE_SECOND && seconds <= LAST_SAFE_SECOND;
    this.#unseenUpTo = isSafe ? this.#capacity : 0;
  }

  #storeTimes(timesNs: BigInt64Array, halves: Int32Array, start: number, count: number): void {
    const first = this.#length;
    const lows = this.#lows;
    const jumpsBefore = this.#jumps.length;
    let previousLow = first === 0 ? halves[2 * start] as number : lows[first - 1] as number;
    let previousHigh = first === 0 ? this.#firstHigh : this.#high();
    for (let from = 0; from < count; from += LOOKED_AT_TOGETHER) {
      const to = Math.min(from + LOOKED_AT_TOGETHER, count);
      const beforeLow = previousLow;
      // What is not as usual is collected, which takes less time than to ask at each point.
      let sign = 0;
      let highs = 0;
      for (let i = from; i < to; i++) {
        const low = halves[2 * (start + i)] as number;
        highs |= previousHigh ^ (halves[2 * (start + i) + 1] as number);
        // Negative where a time goes back, or comes more than 2^31 ns behind the one before.
        sign |= low - previousLow | previousLow & ~low;
        lows[first + i] = low;
        previousLow = low;
      }
      if (sign >= 0 && highs === 0) continue;
      const near = this.#noteJumps(halves, start, from, to, beforeLow, previousHigh);
      if (near < to) {
        this.#jumps.length = jumpsBefore;
        throw distanceError(timesNs[start + near]);
      }
      previousHigh = halves[2 * (start + to) - 1] as number;
    }
  }

  /** Returns the index of the first time that is too far from the one before, or else `to`. */
  #noteJumps(
    halves: Int32Array,
    start: number,
    from: number,
    to: number,
    previousLow: number,
    previousHigh: number,
  ): number {
    for (let i = from; i < to; i++) {
      const low = halves[2 * (start + i)] as number;
      const high = halves[2 * (start + i) + 1] as number;
      const isNear = this.#jumps.note(this.#length + i, previousLow, previousHigh, low, high);
      if (!isNear) return i;
      previousLow = low;
      previousHigh = high;
    }
    return to;
  }

  /** The upper half of the last point's time. */
  #high(): number {
    return this.#lastHigh ?? highHalf(this.#second, this.#nanoseconds());
  }

  #nanoseconds(): number {
    return (this.#lows[this.#length - 1] as number) - this.#secondLow | 0;
  }

  #timeError(seconds: number, nanoseconds: number): RangeError {
    if (this.#length === 0) return timeError(seconds, nanoseconds, 0, 0);
    if (this.#lastHigh === undefined) {
      return timeError(seconds, nanoseconds, this.#second, this.#nanoseconds());
    }
    const low = this.#lows[this.#length - 1] as number;
    const previous = Timestamp.fromPosixNs(
      BigInt(this.#lastHigh) << 32n | BigInt(low >>> 0),
    );
    return timeError(seconds, nanoseconds, previous.seconds, previous.nanoseconds);
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
    const lows = new Int32Array(buffer, valuesBytes);
    lows.set(this.#lows);
    this.#lows = lows;
  }
}

// What the times of large chunks are encoded in.
let scratchView = new DataView(new ArrayBuffer(0));

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
