/**
 * What points and sizes of chunks have to be.
 *
 * @module
 */

import { MAX_CHUNK_POINTS } from "../chunk/chunk_builder.ts";
import { quote } from "../quote.ts";
import { timestampRequired } from "../time/instant.ts";
import { NS_PER_S, validate } from "../time/nanoseconds.ts";
import { Timestamp } from "../time/timestamp.ts";

/**
 * How many points make a chunk: an integer from 1 to 524 288, or `null` for "only `flush` sends"
 * (and a chunk that is full).
 */
export type ChunkSize = number | null;

/**
 * Refuses what is not a chunk size.
 *
 * @throws {TypeError} If it is neither a number nor `null`.
 * @throws {RangeError} If it is not an integer from 1 to the largest chunk's points.
 */
export function checkChunkSize(size: ChunkSize): void {
  if (size === null) return;
  const message = `Cannot set chunk size: ${
    quote(size)
  } is given, an integer from 1 to ${MAX_CHUNK_POINTS} or null is required`;
  if (typeof size !== "number") throw new TypeError(message);
  if (!Number.isInteger(size) || size < 1 || size > MAX_CHUNK_POINTS) throw new RangeError(message);
}

/**
 * Refuses what are not as many times as values.
 *
 * @throws {TypeError} If an array is of another type.
 * @throws {RangeError} If they differ in length.
 */
export function checkPoints(metric: string, timesNs: BigInt64Array, values: Float64Array): void {
  const action = `Cannot send points of metric "${metric}"`;
  if (!(timesNs instanceof BigInt64Array && values instanceof Float64Array)) {
    throw new TypeError(
      `${action}: times as a BigInt64Array, values as a Float64Array are required`,
    );
  }
  if (timesNs.length === values.length) return;
  throw new RangeError(
    `${action}: ${timesNs.length} times and ${values.length} values are given, as many of both are required`,
  );
}

/**
 * Refuses what is not a point.
 *
 * @throws {TypeError} If `time` is not a Timestamp or `value` not a number.
 */
export function checkPoint(metric: string, time: Timestamp, value: number): void {
  // The first is what it nearly always is, and told faster.
  const isTime = time?.constructor === Timestamp || time instanceof Timestamp;
  if (typeof value === "number" && isTime) return;
  const action = `Cannot send metric "${metric}"`;
  const given: unknown = value;
  if (typeof given === "number") throw timestampRequired(action, time);
  if (!(given instanceof Timestamp)) throw numberRequired(action, given);
  throw new TypeError(
    `${action}: the value is given before its time, send(metric, time, value) is required`,
  );
}

/**
 * Refuses what is not a point, with its time in two parts.
 *
 * @throws {TypeError} If one of the three is not a number.
 * @throws {RangeError} If the time is not one that a Timestamp holds.
 */
export function checkParts(
  metric: string,
  seconds: number,
  nanoseconds: number,
  value: number,
): void {
  // Of 32 bits, as those of the next years are, which is found out faster than whether they are integers.
  const areNumbers = typeof seconds === "number" && typeof nanoseconds === "number" &&
    typeof value === "number";
  const isPoint = areNumbers && (seconds | 0) === seconds &&
    (nanoseconds | 0) === nanoseconds && nanoseconds >= 0 && nanoseconds < NS_PER_S;
  if (isPoint) return;
  const action = `Cannot send metric "${metric}"`;
  validate(action, seconds, nanoseconds);
  if (typeof value !== "number") throw numberRequired(action, value);
}

function numberRequired(action: string, given: unknown): TypeError {
  return new TypeError(
    `${action}: ${quote(given)} is given, a number (NaN for "no reading") is required`,
  );
}
