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
// The limit of Google's own readers.
const MAX_GROUP_DEPTH = 100;

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

/**
 * Decodes a chunk: packed or not, its fields in any order and any number of pieces, with or without
 * unknown fields, which are skipped.
 *
 * @param bytes The body of a data message; no bytes are a chunk without points.
 * @returns The points, with absolute times.
 * @throws {MessageError} If the bytes are no `DataChunk`, or one whose lists differ in length.
 */
export function decodeChunk(bytes: Uint8Array): DecodedChunk {
  const reader = new Reader(bytes);
  // Hostile input cannot make this larger than itself. Where one list alone would need more room,
  // writes beyond the end of a typed array are ignored, and the lists' lengths differ below.
  const maxPoints = Math.floor(bytes.length / MIN_POINT_BYTES);
  const timesNs = new BigInt64Array(maxPoints);
  const values = new Float64Array(maxPoints);
  let timeNs = 0n;
  let deltaCount = 0;
  let valueCount = 0;

  const readDelta = () => {
    timeNs += reader.int64();
    if (timeNs < MIN_INT64 || timeNs > MAX_INT64) {
      throw reader.error(`the time of point ${deltaCount} exceeds 64 bits`);
    }
    timesNs[deltaCount++] = timeNs;
  };
  const readValue = () => {
    values[valueCount++] = reader.double();
  };

  while (!reader.atEnd) {
    const { field, wireType } = reader.tag();
    if (field === TIME_DELTA_FIELD) reader.repeated(field, wireType, VARINT, readDelta);
    else if (field === VALUE_FIELD) reader.repeated(field, wireType, FIXED64, readValue);
    else reader.skip(field, wireType);
  }
  if (deltaCount !== valueCount) {
    throw reader.error(`it has ${deltaCount} time deltas but ${valueCount} values`);
  }
  return { timesNs: timesNs.subarray(0, deltaCount), values: values.subarray(0, valueCount) };
}

interface Tag {
  readonly field: number;
  readonly wireType: number;
}

/** The elements of the protobuf wire format, read one after another. */
class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  // The end of the packed field that is being read, otherwise of the message.
  #end: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = bytes.length;
  }

  get atEnd(): boolean {
    return this.#at === this.#end;
  }

  error(detail: string): MessageError {
    return new MessageError(`Cannot decode chunk of ${this.#bytes.length} bytes: ${detail}`);
  }

  tag(): Tag {
    const { low, high } = this.#varint();
    const field = low >>> 3;
    if (high !== 0 || field === 0) {
      throw this.error(`the tag before byte ${this.#at} holds no field number`);
    }
    return { field, wireType: low & 7 };
  }

  /** Reads a repeated field's element, or all that a packed field holds. */
  repeated(field: number, wireType: number, elementType: number, readElement: () => void): void {
    if (wireType === elementType) return readElement();
    if (wireType !== LENGTH_DELIMITED) {
      throw this.error(
        `field ${field} has wire type ${wireType}, ${elementType} or ${LENGTH_DELIMITED} is required`,
      );
    }
    const length = this.#length();
    const endOfMessage = this.#end;
    this.#end = this.#at + length;
    while (!this.atEnd) readElement();
    this.#end = endOfMessage;
  }

  int64(): bigint {
    const { low, high } = this.#varint();
    return high === 0 ? BigInt(low) : BigInt(high | 0) * 2n ** 32n + BigInt(low);
  }

  double(): number {
    return this.#view.getFloat64(this.#advance(8), true);
  }

  /** Skips the rest of an unknown field. Groups are long deprecated, but still to be skipped. */
  skip(field: number, wireType: number): void {
    const openGroups: number[] = [];
    for (let tag: Tag = { field, wireType };; tag = this.tag()) {
      if (tag.wireType === START_GROUP) {
        if (openGroups.push(tag.field) > MAX_GROUP_DEPTH) {
          throw this.error(`groups are nested more than ${MAX_GROUP_DEPTH} deep`);
        }
      } else if (tag.wireType === END_GROUP) {
        if (openGroups.pop() !== tag.field) {
          throw this.error(`the end of group ${tag.field} has no beginning`);
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
    else throw this.error(`field ${field} has the unknown wire type ${wireType}`);
  }

  #length(): number {
    const { low, high } = this.#varint();
    if (high !== 0 || low > this.#end - this.#at) {
      throw this.error(`the field at byte ${this.#at} is longer than what follows`);
    }
    return low;
  }

  /** Returns the two unsigned 32-bit halves; what a 10th byte holds beyond 64 bits is dropped. */
  #varint(): { low: number; high: number } {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#view.getUint8(this.#advance(1));
      const bits = byte & 127;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 128) return { low: low >>> 0, high: high >>> 0 };
    }
    throw this.error(`the varint before byte ${this.#at} is longer than 10 bytes`);
  }

  /** Moves on by so many bytes, and returns where they begin. */
  #advance(count: number): number {
    const start = this.#at;
    if (count > this.#end - start) throw this.error(`it ends within a field, at byte ${this.#end}`);
    this.#at = start + count;
    return start;
  }
}
