/**
 * Collects the points of one metric and encodes them as a `DataChunk` (see `proto/datachunk.proto`).
 *
 * @module
 */

import {
  copyDoubles,
  DOUBLE_BYTES,
  encodePoints,
  MAX_SMALL_COPY,
  type Points,
  timeError,
} from "./data_chunk.ts";
import { distanceError, halvesIn } from "./time_halves.ts";
import { highHalf, Jumps, lowHalf, packDeltas, writeHalves } from "./time_delta.ts";

/**
 * The most points that one chunk holds. At 18 bytes for the longest point that is 9 MiB: below the
 * 16 MiB at which RabbitMQ refuses a message unless it is configured otherwise.
 */
export const MAX_CHUNK_POINTS: number = 2 ** 19;

const INITIAL_CAPACITY_POINTS = 16;

// The whole seconds within the int64 range: before the first and behind the last (11 April 2262) every
// time is checked.
const FIRST_SAFE_SECOND = -9_223_372_036;
const LAST_SAFE_SECOND = 9_223_372_035;
// So many times of an array are looked at together.
const LOOKED_AT_TOGETHER = 256;
const NS_PER_S = 1_000_000_000n;

/**
 * The points of one metric on their way into a chunk.
 *
 * `append` runs once for every measured value, so it only stores a point, and nothing else as long as
 * the second is the same; `detach` encodes all of them at once. Nanoseconds since the epoch exceed what
 * a number holds exactly, so times come as two numbers.
 *
 * The memory of the largest chunk so far is kept for the next one.
 */
export class ChunkBuilder implements Points {
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

  /** Up to how many points `appendToSecond` may be called. */
  get roomOfSecond(): number {
    return this.#unseenUpTo;
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
   * Adds a point of the same second as the one before, as `append` does, where the caller knows that it
   * is one and that there are fewer than `roomOfSecond`: looked at once, and not at each point.
   */
  appendToSecond(nanoseconds: number, value: number): void {
    const at = this.#length;
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
    if (this.#length === 0) return new Uint8Array();
    const chunk = encodePoints(this);
    this.#length = 0;
    this.#jumps.length = 0;
    this.#unseenUpTo = 0;
    return chunk;
  }

  /** The part of {@linkcode Points} that writes the times. */
  packTimes(view: DataView, at: number): number {
    at = writeHalves(view, at, this.#lows[0] as number, this.#firstHigh);
    return packDeltas(view, at, this.#lows, this.#length, this.#jumps);
  }

  /** The part of {@linkcode Points} that writes the values. */
  copyValues(bytes: Uint8Array, view: DataView, at: number): void {
    copyDoubles(this.#values, 0, this.#length, bytes, view, at);
  }

  #storeValues(given: Float64Array, start: number, end: number): void {
    const first = this.#length;
    if (end - start > MAX_SMALL_COPY) {
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
    const previousNs = BigInt(this.#lastHigh) << 32n | BigInt(low >>> 0);
    const restNs = BigInt.asUintN(64, previousNs % NS_PER_S + NS_PER_S) % NS_PER_S;
    const previousSeconds = Number((previousNs - restNs) / NS_PER_S);
    return timeError(seconds, nanoseconds, previousSeconds, Number(restNs));
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
