/**
 * Times, and what lies between two of them, as protobuf writes an `int64`: exactly, though a number
 * holds 53 bits only, and without a bigint, which would be allocated for every point.
 *
 * @module
 */

/** In place of a distance that is no integer from 0 to 2^31 - 1, and is kept as two halves beside it. */
export const WIDE = -1;

const VARINT_BITS = 7;
// Four bytes of a varint, which are written in one go.
const WORD_BITS = 28;
const WORD_MASK = 2 ** WORD_BITS - 1;

/** The lower 32 bits of a time in nanoseconds, signed. */
export function lowHalf(seconds: number, nanoseconds: number): number {
  return Math.imul(seconds, 1_000_000_000) + nanoseconds | 0;
}

/** The upper 32 bits; no integer of 32 bits if the time does not fit into an int64. */
export function highHalf(seconds: number, nanoseconds: number): number {
  // The sum is rounded, by far less than the lower half that is taken from it.
  const low = lowHalf(seconds, nanoseconds) >>> 0;
  return Math.round((seconds * 1_000_000_000 + nanoseconds - low) / 2 ** 32);
}

/**
 * Writes distances as a packed field has them, and returns the place behind.
 *
 * @param deltas The distances; where one is `WIDE`, the next two of `wide` are its halves.
 */
export function packDeltas(
  view: DataView,
  at: number,
  deltas: Int32Array,
  length: number,
  wide: readonly number[],
): number {
  let nextWide = 0;
  for (let i = 0; i < length;) {
    // Four of three bytes each, as with periods of 0.02 to 2 ms, are three words.
    for (; i < length - 3; i += 4, at += 12) {
      const first = deltas[i] as number;
      const second = deltas[i + 1] as number;
      const third = deltas[i + 2] as number;
      const fourth = deltas[i + 3] as number;
      const least = (first - 2 ** 14) | (second - 2 ** 14) | (third - 2 ** 14) | (fourth - 2 ** 14);
      if ((first | second | third | fourth) >>> 21 !== 0 || least < 0) break;
      const b = threeBytes(second);
      const c = threeBytes(third);
      view.setInt32(at, threeBytes(first) | b << 24, true);
      view.setInt32(at + 4, b >>> 8 | c << 16, true);
      view.setInt32(at + 8, c >>> 16 | threeBytes(fourth) << 8, true);
    }
    if (i === length) break;
    const delta = deltas[i++] as number;
    if (delta !== WIDE) at = writeShort(view, at, delta);
    else {
      at = writeHalves(view, at, wide[nextWide] as number, wide[nextWide + 1] as number);
      nextWide += 2;
    }
  }
  return at;
}

/** How many bytes an unsigned integer of 32 bits takes. */
export function varintLength(value: number): number {
  return Math.max(1, Math.ceil((32 - Math.clz32(value)) / VARINT_BITS));
}

/** Writes a 64-bit integer, given as two halves. */
export function writeHalves(view: DataView, at: number, low: number, high: number): number {
  const middle = (low >>> WORD_BITS | high << 32 - WORD_BITS) & WORD_MASK;
  const top = high >>> 2 * WORD_BITS - 32;
  // The time of today has nine bytes.
  if (top > 0 && top < 128) {
    view.setInt32(at, fourBytes(low & WORD_MASK), true);
    view.setInt32(at + 4, fourBytes(middle), true);
    view.setUint8(at + 8, top);
    return at + 9;
  }
  let [rest, above] = [low >>> 0, high >>> 0];
  while (above !== 0 || rest > 127) {
    view.setUint8(at++, rest & 127 | 128);
    rest = (rest >>> 7 | above << 25) >>> 0;
    above >>>= 7;
  }
  view.setUint8(at++, rest);
  return at;
}

/** Writes an integer from 0 to 2^31 - 1. */
function writeShort(view: DataView, at: number, value: number): number {
  for (; value > 127; value >>>= VARINT_BITS) view.setUint8(at++, value & 127 | 128);
  view.setUint8(at++, value);
  return at;
}

/** 14 to 21 bits as a varint. */
function threeBytes(bits: number): number {
  return bits & 0x7F | (bits & 0x3F80) << 1 | (bits & 0x1F_C000) << 2 | 0x8080;
}

/** 28 bits as four bytes of a varint that goes on behind them. */
function fourBytes(bits: number): number {
  return bits & 0x7F | (bits & 0x3F80) << 1 | (bits & 0x1F_C000) << 2 | (bits & 0xFE0_0000) << 3 |
    0x8080_8080;
}
