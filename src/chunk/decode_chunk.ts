/**
 * Reads a `DataChunk` (see `proto/datachunk.proto`) as any protobuf writer may have written it.
 *
 * @module
 */

import { MessageError } from "../errors.ts";

/** The points of one metric, out of one chunk. Both lists have the same length. */
export interface DecodedChunk {
  /** The points' times: nanoseconds since the Unix epoch. */
  readonly timesNs: BigInt64Array;
  /** The points' values; `NaN` means "no reading". */
  readonly values: Float64Array;
}

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const START_GROUP = 3;
const END_GROUP = 4;
const FIXED32 = 5;

const TIME_DELTA_FIELD = 1;
const VALUE_FIELD = 2;

// A varint is at least 1 byte and a double 8, whether packed or not.
const MIN_POINT_BYTES = 9;
const DOUBLE_BYTES = 8;
// The limit of Google's own readers.
const MAX_GROUP_DEPTH = 100;
const NO_BYTES = new Uint8Array(0);
// More is given back after a chunk: 1 MiB stays.
const MAX_KEPT_POINTS = 65_536;
// Up to this a loop is faster than a view and its `set`.
const MAX_POINTS_ONE_BY_ONE = 16;

/**
 * Decodes a chunk: packed or not, its fields in any order and any number of pieces, with or without
 * unknown fields, which are skipped.
 *
 * @param bytes The body of a data message; no bytes are a chunk without points.
 * @returns The points, with absolute times.
 * @throws {MessageError} If the bytes are not a `DataChunk`, or are one whose lists differ in length.
 */
export function decodeChunk(bytes: Uint8Array): DecodedChunk {
  return reader.read(bytes);
}

interface Tag {
  readonly field: number;
  readonly wireType: number;
}

/**
 * Reads one chunk after another. Times are kept as two halves of 32 bits, which are whole numbers to
 * the compiler: a `bigint` for each point took 3 times as long. What is read is copied out of arrays
 * that stay, as the arrays for a chunk of one point cost more than to read it.
 */
class ChunkReader {
  #bytes: Uint8Array = new Uint8Array(0);
  #timesNs: BigInt64Array = new BigInt64Array(0);
  /** The same times as halves; the lower comes first, as on every processor that runs V8 today. */
  #halves: Int32Array = new Int32Array(0);
  #values: Float64Array = new Float64Array(0);
  /** The same values as bytes, in the order that the message has, too. */
  #valueBytes: Uint8Array = new Uint8Array(0);
  #deltaCount = 0;
  #valueCount = 0;
  // The time of the last point.
  #timeLow = 0;
  #timeHigh = 0;
  // The varint that was read last, as unsigned halves.
  #low = 0;
  #high = 0;
  #at = 0;
  // The end of the packed field that is being read, otherwise of the message.
  #end = 0;

  read(bytes: Uint8Array): DecodedChunk {
    this.#begin(bytes);
    try {
      while (this.#at < this.#end) {
        const { field, wireType } = this.#tag();
        if (field === TIME_DELTA_FIELD) this.#readDeltas(wireType);
        else if (field === VALUE_FIELD) this.#readValues(wireType);
        else this.#skip(field, wireType);
      }
      return this.#copyPoints();
    } finally {
      this.#bytes = NO_BYTES; // which may be part of a large buffer
      if (this.#values.length > MAX_KEPT_POINTS) this.#makeRoom(0);
    }
  }

  /** The points in one buffer of their own: two would cost twice as much for a chunk of one point. */
  #copyPoints(): DecodedChunk {
    const count = this.#deltaCount;
    if (count !== this.#valueCount) {
      throw this.#error(`it has ${count} time deltas but ${this.#valueCount} values`);
    }
    const buffer = new ArrayBuffer(count * 2 * DOUBLE_BYTES);
    const timesNs = new BigInt64Array(buffer, 0, count);
    const values = new Float64Array(buffer, count * DOUBLE_BYTES, count);
    if (count > MAX_POINTS_ONE_BY_ONE) {
      timesNs.set(this.#timesNs.subarray(0, count));
      values.set(this.#values.subarray(0, count));
    } else {
      // The casts: both arrays have room for more.
      for (let i = 0; i < count; i++) {
        timesNs[i] = this.#timesNs[i] as bigint;
        values[i] = this.#values[i] as number;
      }
    }
    return { timesNs, values };
  }

  #begin(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#at = 0;
    this.#end = bytes.length;
    this.#deltaCount = 0;
    this.#valueCount = 0;
    this.#timeLow = 0;
    this.#timeHigh = 0;
    // Hostile input cannot make these larger than itself. Where one list alone would need more room,
    // writes beyond the end of a typed array are ignored, and the lists' lengths differ at the end.
    const maxPoints = Math.ceil(bytes.length / MIN_POINT_BYTES);
    if (maxPoints > this.#values.length) this.#makeRoom(maxPoints);
  }

  #makeRoom(points: number): void {
    this.#timesNs = new BigInt64Array(points);
    this.#halves = new Int32Array(this.#timesNs.buffer);
    this.#values = new Float64Array(points);
    this.#valueBytes = new Uint8Array(this.#values.buffer);
  }

  #readDeltas(wireType: number): void {
    if (wireType === VARINT) {
      this.#varint();
      this.#addDelta();
      return;
    }
    const endOfMessage = this.#enterPacked(TIME_DELTA_FIELD, wireType, VARINT);
    this.#addPackedDeltas();
    while (this.#at < this.#end) {
      this.#varint();
      this.#addDelta();
    }
    this.#end = endOfMessage;
  }

  /**
   * Reads deltas of up to 28 bits, a quarter of a second, until there is one that is longer, and the
   * rest, but for what is near the end of the field. What is left is read one by one.
   */
  #addPackedDeltas(): void {
    const bytes = this.#bytes;
    const halves = this.#halves;
    const end = this.#end - 10; // no varint that begins before it can leave the field
    let at = this.#at;
    let count = this.#deltaCount;
    let timeLow = this.#timeLow;
    let timeHigh = this.#timeHigh;
    while (at < end) {
      // The casts: all of these indexes are below the end.
      let byte = bytes[at] as number;
      let low = byte & 127;
      let length = 1;
      if (byte > 127) {
        byte = bytes[at + 1] as number;
        low |= (byte & 127) << 7;
        length = 2;
        if (byte > 127) {
          byte = bytes[at + 2] as number;
          low |= (byte & 127) << 14;
          length = 3;
          if (byte > 127) {
            byte = bytes[at + 3] as number;
            low |= (byte & 127) << 21;
            length = 4;
            if (byte > 127) {
              this.#at = at;
              this.#varint();
              this.#deltaCount = count;
              this.#timeLow = timeLow;
              this.#timeHigh = timeHigh;
              this.#addDelta();
              at = this.#at;
              count = this.#deltaCount;
              timeLow = this.#timeLow;
              timeHigh = this.#timeHigh;
              continue;
            }
          }
        }
      }
      at += length;
      const sum = (timeLow >>> 0) + low;
      if (sum > 0xFFFF_FFFF) {
        if (timeHigh === 0x7FFF_FFFF) throw this.#tooLate(count);
        timeHigh++;
      }
      timeLow = sum | 0;
      halves[2 * count] = timeLow;
      halves[2 * count + 1] = timeHigh;
      count++;
    }
    this.#at = at;
    this.#deltaCount = count;
    this.#timeLow = timeLow;
    this.#timeHigh = timeHigh;
  }

  /** Adds the varint that was read last, a signed number of 64 bits, to the time. */
  #addDelta(): void {
    const sum = (this.#timeLow >>> 0) + this.#low;
    const deltaHigh = this.#high | 0;
    const timeHigh = this.#timeHigh + deltaHigh + (sum > 0xFFFF_FFFF ? 1 : 0);
    if (timeHigh !== (timeHigh | 0)) throw this.#tooLate(this.#deltaCount);
    this.#timeLow = sum | 0;
    this.#timeHigh = timeHigh;
    this.#halves[2 * this.#deltaCount] = this.#timeLow;
    this.#halves[2 * this.#deltaCount + 1] = timeHigh;
    this.#deltaCount++;
  }

  #readValues(wireType: number): void {
    if (wireType === FIXED64) {
      this.#copyValues(this.#advance(DOUBLE_BYTES), 1);
      return;
    }
    const endOfMessage = this.#enterPacked(VALUE_FIELD, wireType, FIXED64);
    const count = Math.floor((this.#end - this.#at) / DOUBLE_BYTES);
    this.#copyValues(this.#advance(count * DOUBLE_BYTES), count);
    if (this.#at < this.#end) this.#advance(DOUBLE_BYTES); // which tells that the last is cut off
    this.#end = endOfMessage;
  }

  #copyValues(start: number, count: number): void {
    const [from, to] = [this.#bytes, this.#valueBytes];
    const offset = this.#valueCount * DOUBLE_BYTES;
    const length = count * DOUBLE_BYTES;
    this.#valueCount += count;
    if (count > MAX_POINTS_ONE_BY_ONE && offset + length <= to.length) {
      to.set(from.subarray(start, start + length), offset);
    } else {
      // The cast: all of these indexes are below the end.
      for (let i = 0; i < length; i++) to[offset + i] = from[start + i] as number;
    }
  }

  /** Makes the end of a packed field the end of reading, and returns the end of the message. */
  #enterPacked(field: number, wireType: number, elementType: number): number {
    if (wireType !== LENGTH_DELIMITED) {
      throw this.#error(
        `field ${field} has wire type ${wireType}, ${elementType} or ${LENGTH_DELIMITED} is required`,
      );
    }
    const length = this.#length();
    const endOfMessage = this.#end;
    this.#end = this.#at + length;
    return endOfMessage;
  }

  #tag(): Tag {
    this.#varint();
    const field = this.#low >>> 3;
    if (this.#high !== 0 || field === 0) {
      throw this.#error(`the tag before byte ${this.#at} holds no field number`);
    }
    return { field, wireType: this.#low & 7 };
  }

  /** Skips the rest of an unknown field. Groups are long deprecated, but still to be skipped. */
  #skip(field: number, wireType: number): void {
    const openGroups: number[] = [];
    for (let tag: Tag = { field, wireType };; tag = this.#tag()) {
      if (tag.wireType === START_GROUP) {
        if (openGroups.push(tag.field) > MAX_GROUP_DEPTH) {
          throw this.#error(`groups are nested more than ${MAX_GROUP_DEPTH} deep`);
        }
      } else if (tag.wireType === END_GROUP) {
        if (openGroups.pop() !== tag.field) {
          throw this.#error(`the end of group ${tag.field} has no beginning`);
        }
      } else {
        this.#skipValue(tag);
      }
      if (openGroups.length === 0) return;
    }
  }

  #skipValue({ field, wireType }: Tag): void {
    if (wireType === VARINT) this.#varint();
    else if (wireType === FIXED64) this.#advance(8);
    else if (wireType === LENGTH_DELIMITED) this.#advance(this.#length());
    else if (wireType === FIXED32) this.#advance(4);
    else throw this.#error(`field ${field} has the unknown wire type ${wireType}`);
  }

  #length(): number {
    this.#varint();
    if (this.#high !== 0 || this.#low > this.#end - this.#at) {
      throw this.#error(`the field at byte ${this.#at} is longer than what follows`);
    }
    return this.#low;
  }

  /** Reads a varint into its two halves; what a 10th byte holds beyond 64 bits is dropped. */
  #varint(): void {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#bytes[this.#advance(1)] as number; // which is below the end
      const bits = byte & 127;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 128) {
        this.#low = low >>> 0;
        this.#high = high >>> 0;
        return;
      }
    }
    throw this.#error(`the varint before byte ${this.#at} is longer than 10 bytes`);
  }

  /** Moves on by `count` bytes, and returns where they begin. */
  #advance(count: number): number {
    const start = this.#at;
    if (count > this.#end - start) {
      throw this.#error(`it ends within a field, at byte ${this.#end}`);
    }
    this.#at = start + count;
    return start;
  }

  #tooLate(point: number): MessageError {
    return this.#error(`the time of point ${point} exceeds 64 bits`);
  }

  #error(detail: string): MessageError {
    return new MessageError(`Cannot decode chunk of ${this.#bytes.length} bytes: ${detail}`);
  }
}

// One is enough, as it never waits.
const reader = new ChunkReader();
