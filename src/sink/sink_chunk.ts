/**
 * What a sink gives its reader.
 *
 * @module
 */

import type { DecodedChunk } from "../chunk/decode_chunk.ts";
import { Timestamp } from "../time/timestamp.ts";

/** A point that has arrived. */
export interface SinkPoint {
  /** When the value was measured, exact to the nanosecond. */
  readonly time: Timestamp;
  /** The value; `NaN` means "no reading". */
  readonly value: number;
}

/** Points of one metric, as they were sent together. Iterating over it gives them one by one. */
export class SinkChunk implements Iterable<SinkPoint> {
  /** The metric's name. */
  readonly metric: string;
  /** When the values were measured: nanoseconds since 1970. As long as `values`. */
  readonly timesNs: BigInt64Array;
  /** The values; `NaN` means "no reading". */
  readonly values: Float64Array;

  /** @ignore Made of what was received. */
  constructor(metric: string, { timesNs, values }: DecodedChunk) {
    this.metric = metric;
    this.timesNs = timesNs;
    this.values = values;
  }

  /** How many points there are. */
  get length(): number {
    return this.values.length;
  }

  /** The points, one by one: slower than the arrays, by an object for each. */
  *[Symbol.iterator](): Generator<SinkPoint, void> {
    for (const [at, value] of this.values.entries()) {
      // The cast: both arrays are as long.
      yield { time: Timestamp.fromPosixNs(this.timesNs[at] as bigint), value };
    }
  }
}
