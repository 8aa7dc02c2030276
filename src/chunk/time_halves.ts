/**
 * Times in arrays, as halves.
 *
 * @module
 */

// A view for each call would take as long as some points: the last is kept, as callers fill an array again.
let lastTimes: BigInt64Array = new BigInt64Array();
let lastHalves: Int32Array = new Int32Array();

/** The halves of times, the lower one first: a bigint for each would cost more than all the rest. */
export function halvesIn(timesNs: BigInt64Array): Int32Array {
  if (timesNs !== lastTimes || lastHalves.length !== 2 * timesNs.length) {
    lastTimes = timesNs;
    lastHalves = new Int32Array(timesNs.buffer, timesNs.byteOffset, 2 * timesNs.length);
  }
  return lastHalves;
}

/** The error of a time that is too far from the one before. */
export function distanceError(timeNs: bigint | undefined): RangeError {
  return new RangeError(
    `Cannot append point: time ${timeNs} ns is given, ` +
      `a distance of less than 2^63 ns from the point before is required`,
  );
}
