/**
 * Times, and what lies between two of them, as protobuf writes an `int64`: exactly, though a number
 * holds 53 bits only, and without a bigint, which would be allocated for every point.
 *
 * @module
 */

// A number of nanoseconds needs up to 64 bits and a double holds 53, so it is computed in two parts:
// the upper 50 bits (signed) and the lower 14. No step of either leaves the range of exact integers.

function upperBits(seconds: number, nanoseconds: number): number {
  const secondsAbove = Math.floor(seconds / 2 ** 14);
  const secondsBelow = seconds - secondsAbove * 2 ** 14;
  return secondsAbove * 1e9 + Math.floor((secondsBelow * 1e9 + nanoseconds) / 2 ** 14);
}

/** Nanoseconds as the two signed 32-bit halves of an int64, the lower one first. */
export function halvesOf(seconds: number, nanoseconds: number): [low: number, high: number] {
  const upper = upperBits(seconds, nanoseconds);
  return [upper * 2 ** 14 | lowerBits(seconds, nanoseconds), Math.floor(upper / 2 ** 18)];
}

function lowerBits(seconds: number, nanoseconds: number): number {
  return (Math.imul(seconds, 1e9) + nanoseconds) & (2 ** 14 - 1);
}

/** Also false for NaN, which comes of a time that is not a number. */
function isInt64(upper: number): boolean {
  return upper >= -(2 ** 49) && upper < 2 ** 49;
}

// These return the place behind what they have written.

/**
 * Writes the distance between any two times; `previous…` is 0 for the epoch.
 *
 * @throws {RangeError} If the time or the distance is not an int64 of nanoseconds.
 */
export function writeWideDelta(
  bytes: Uint8Array,
  at: number,
  seconds: number,
  nanoseconds: number,
  previousSeconds: number,
  previousNanoseconds: number,
): number {
  const deltaSeconds = seconds - previousSeconds;
  const deltaNanoseconds = nanoseconds - previousNanoseconds;
  const upper = upperBits(deltaSeconds, deltaNanoseconds);
  if (!isInt64(upper) || !isInt64(upperBits(seconds, nanoseconds))) {
    throw new RangeError(
      `Cannot append point: time ${seconds} s + ${nanoseconds} ns after ` +
        `${previousSeconds} s + ${previousNanoseconds} ns is given, ` +
        `a time and a distance of less than 2^63 ns are required`,
    );
  }
  const lower = lowerBits(deltaSeconds, deltaNanoseconds);
  const low = (upper * 2 ** 14 | lower) >>> 0;
  const high = Math.floor(upper / 2 ** 18) >>> 0;
  return writeVarint(bytes, at, low, high);
}

/** Writes a 64-bit integer, given as two unsigned 32-bit halves. */
export function writeVarint(bytes: Uint8Array, at: number, low: number, high: number): number {
  while (high !== 0 || low > 127) {
    bytes[at++] = low | 128;
    low = ((low >>> 7) | (high << 25)) >>> 0;
    high >>>= 7;
  }
  bytes[at++] = low;
  return at;
}
