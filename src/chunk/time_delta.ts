/**
 * Times, and what lies between two of them, as protobuf writes an `int64`: exactly, though a number
 * holds 53 bits only, and without a bigint, which would be allocated for every point. What has 64 bits
 * is given as two halves.
 *
 * @module
 */

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
 * Distances that are further than 31 bits reach: the index of the point behind each, and the two
 * halves. Hardly ever is there one.
 */
export class Jumps {
  readonly parts: number[] = [];
  // Counted here: an array that is made empty frees its memory, and takes it anew for each chunk.
  length = 0;

  /**
   * Adds the distance of a point from the one before if it is one of them.
   *
   * @returns Whether it is an int64 of nanoseconds.
   */
  note(
    index: number,
    previousLow: number,
    previousHigh: number,
    low: number,
    high: number,
  ): boolean {
    const deltaLow = low - previousLow | 0;
    const deltaHigh = highBetween(previousLow, previousHigh, low, high);
    if (deltaHigh === deltaLow >> 31) return true;
    const { parts, length } = this;
    parts[length] = index;
    parts[length + 1] = deltaLow;
    parts[length + 2] = deltaHigh;
    const isNear = deltaHigh === (deltaHigh | 0);
    if (isNear) this.length = length + 3;
    return isNear;
  }
}

/**
 * Writes the distances between times as a packed field has them, and returns the place behind.
 *
 * @param lows The lower halves of the times.
 * @param jumps Those distances that they do not tell.
 */
export function packDeltas(
  view: DataView,
  at: number,
  lows: Int32Array,
  length: number,
  jumps: Jumps,
): number {
  let previous = lows[0] as number;
  let i = 1;
  for (let jump = 0;; jump += 3) {
    const end = jump < jumps.length ? jumps.parts[jump] as number : length;
    while (i < end) {
      for (; i < end - 3; i += 4) {
        const first = lows[i] as number;
        const second = lows[i + 1] as number;
        const third = lows[i + 2] as number;
        const fourth = lows[i + 3] as number;
        const next = packFour(
          view,
          at,
          first - previous,
          second - first,
          third - second,
          fourth - third,
        );
        if (next === at) break;
        at = next;
        previous = fourth;
      }
      for (const last = Math.min(i + 4, end); i < last; i++) {
        const low = lows[i] as number;
        at = writeDelta(view, at, low - previous | 0);
        previous = low;
      }
    }
    if (i >= length) return at;
    at = writeHalves(view, at, jumps.parts[jump + 1] as number, jumps.parts[jump + 2] as number);
    previous = lows[i++] as number;
  }
}

/**
 * Writes four distances of three bytes each, as with periods of 0.02 to 2 ms, in three words, and returns
 * the place behind; if one of them has not three bytes, `at`.
 */
export function packFour(
  view: DataView,
  at: number,
  first: number,
  second: number,
  third: number,
  fourth: number,
): number {
  const a = first | 0;
  const b = second | 0;
  const c = third | 0;
  const d = fourth | 0;
  const least = a - 2 ** 14 | b - 2 ** 14 | c - 2 ** 14 | d - 2 ** 14;
  if ((a | b | c | d) >>> 21 !== 0 || least < 0) return at;
  const bBytes = threeBytes(b);
  const cBytes = threeBytes(c);
  view.setInt32(at, threeBytes(a) | bBytes << 24, true);
  view.setInt32(at + 4, bBytes >>> 8 | cBytes << 16, true);
  view.setInt32(at + 8, cBytes >>> 16 | threeBytes(d) << 8, true);
  return at + 12;
}

/** Writes the distance between two times and returns the place behind, or -1 if it is not an int64. */
export function packBetween(
  view: DataView,
  at: number,
  previousLow: number,
  previousHigh: number,
  low: number,
  high: number,
): number {
  const deltaLow = low - previousLow | 0;
  const deltaHigh = highBetween(previousLow, previousHigh, low, high);
  if (deltaHigh === deltaLow >> 31) return writeDelta(view, at, deltaLow);
  return deltaHigh === (deltaHigh | 0) ? writeHalves(view, at, deltaLow, deltaHigh) : -1;
}

/** The upper half of what lies between two times; no integer of 32 bits if it does not fit into an int64. */
function highBetween(
  previousLow: number,
  previousHigh: number,
  low: number,
  high: number,
): number {
  const borrow = low >>> 0 < previousLow >>> 0 ? 1 : 0;
  return high - previousHigh - borrow;
}

/** How many bytes an unsigned integer of 32 bits takes. */
export function varintLength(value: number): number {
  return value < 128 ? 1 : Math.ceil((32 - Math.clz32(value)) / VARINT_BITS);
}

/** Writes a 64-bit integer, given as two halves. */
export function writeHalves(view: DataView, at: number, low: number, high: number): number {
  const middle = (low >>> WORD_BITS | high << 32 - WORD_BITS) & WORD_MASK;
  const top = high >>> 2 * WORD_BITS - 32;
  // The time of today has nine bytes.
  if (top > 0 && top < 128) {
    view.setInt32(at, fourBytes(low & WORD_MASK) | 0x8080_8080, true);
    view.setInt32(at + 4, fourBytes(middle) | 0x8080_8080, true);
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

/** Writes an integer of 32 bits. */
function writeDelta(view: DataView, at: number, delta: number): number {
  if (delta >= 2 ** 14 && delta < 2 ** WORD_BITS) {
    // Up to 268 ms: one word, of which three bytes count if they suffice.
    if (delta < 2 ** 21) {
      view.setInt32(at, threeBytes(delta), true);
      return at + 3;
    }
    view.setInt32(at, fourBytes(delta) | 0x80_8080, true);
    return at + 4;
  }
  if (delta < 0) return writeHalves(view, at, delta, -1);
  for (; delta > 127; delta >>>= VARINT_BITS) view.setUint8(at++, delta & 127 | 128);
  view.setUint8(at++, delta);
  return at;
}

/** 14 to 21 bits as a varint. */
function threeBytes(bits: number): number {
  return bits & 0x7F | (bits & 0x3F80) << 1 | (bits & 0x1F_C000) << 2 | 0x8080;
}

/** 28 bits as four bytes of a varint, without the bits that say that more follow. */
function fourBytes(bits: number): number {
  return bits & 0x7F | (bits & 0x3F80) << 1 | (bits & 0x1F_C000) << 2 | (bits & 0xFE0_0000) << 3;
}
