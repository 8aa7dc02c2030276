/**
 * Random points for the tests of the chunks.
 *
 * @module
 */

import fc from "fast-check";
import type { ChunkBuilder } from "../../src/chunk/chunk_builder.ts";

const NS_PER_SECOND = 1_000_000_000n;
const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

/** A point, with its time as one exact integer. */
export interface Point {
  readonly timeNs: bigint;
  readonly value: number;
}

// Half of the range, so that no two times are further apart than an int64.
const anyTime = fc.bigInt({ min: MIN_INT64 / 2n, max: MAX_INT64 / 2n });
// Close to each other: forward and back, within a second, two and more.
const presentTime = fc.bigInt({
  min: 1_700_000_000n * NS_PER_SECOND,
  max: 1_700_000_004n * NS_PER_SECOND,
});
const anyValue = fc.oneof(
  fc.double(),
  fc.constantFrom(NaN, 0, -0, Infinity, -Infinity, Number.MIN_VALUE, Number.MAX_VALUE),
);

/** 0 to 300 points in any order of time, of any value. */
export const anyPoints: fc.Arbitrary<Point[]> = fc.array(
  fc.record({ timeNs: fc.oneof(anyTime, presentTime), value: anyValue }),
  { maxLength: 300, size: "max" },
);

// Around the numbers from which on a varint, and what is done for four of them at once, is another.
const anyStep = fc.oneof(
  { weight: 6, arbitrary: fc.bigInt({ min: 2n ** 14n, max: 2n ** 21n - 1n }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(7n, 14n, 21n, 28n, 31n, 32n, 56n).chain((bits) =>
      fc.bigInt({ min: 2n ** bits - 2n, max: 2n ** bits + 2n })
    ),
  },
  { weight: 1, arbitrary: fc.bigInt({ min: -(2n ** 40n), max: 2n ** 40n }) },
);

/** Points that mostly follow each other as those of a fast metric, up to a number of them. */
export function pointsInSteps(maxLength: number): fc.Arbitrary<Point[]> {
  return fc.array(fc.tuple(anyStep, anyValue), { maxLength, size: "max" }).map((steps) => {
    let timeNs = 1_700_000_000n * NS_PER_SECOND;
    return steps.map(([stepNs, value]) => {
      timeNs = BigInt.asIntN(62, timeNs + stepNs); // so that no two are further apart than an int64
      return { timeNs, value };
    });
  });
}

/** Appends a point whose time is given as one integer. */
export function append(builder: ChunkBuilder, { timeNs, value }: Point): void {
  const nanoseconds = BigInt.asUintN(64, timeNs % NS_PER_SECOND + NS_PER_SECOND) % NS_PER_SECOND;
  builder.append(Number((timeNs - nanoseconds) / NS_PER_SECOND), Number(nanoseconds), value);
}

/** The deltas between the points, the first one from the epoch. */
export function deltasOf(points: readonly Point[]): bigint[] {
  return points.map(({ timeNs }, i) => timeNs - (points[i - 1]?.timeNs ?? 0n));
}
