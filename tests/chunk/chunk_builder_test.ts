import assert from "node:assert/strict";
import fc from "fast-check";
import { ChunkBuilder, MAX_CHUNK_POINTS } from "../../src/chunk/chunk_builder.ts";
import { ArrayPoints } from "../../src/chunk/array_points.ts";
import { encodePoint, encodePoints } from "../../src/chunk/data_chunk.ts";
import { decodeChunk } from "../../src/chunk/decode_chunk.ts";
import { requiringProto } from "./data_chunk_proto.ts";
import { anyPoints, append, deltasOf, type Point, pointsInSteps } from "./points.ts";

function hex(text: string): Uint8Array {
  return Uint8Array.fromHex(text.replaceAll(" ", ""));
}

Deno.test("ChunkBuilder.detach() writes both fields packed, the first time counted from the epoch", () => {
  const builder = new ChunkBuilder();
  builder.append(1, 0, 1);
  builder.append(1, 300, 0.5);
  builder.append(1, 299, 2);
  assert.deepEqual(
    builder.detach(),
    hex(
      "0a 11 8094ebdc03 ac02 ffffffffffffffffff01" +
        "12 18 000000000000f03f 000000000000e03f 0000000000000040",
    ),
  );
});

Deno.test("ChunkBuilder.detach() returns no bytes for no points", () => {
  assert.equal(new ChunkBuilder().detach().length, 0);
});

Deno.test("ChunkBuilder.detach() begins an empty chunk, which does not change the bytes detached before", () => {
  const builder = new ChunkBuilder();
  for (const value of [1, 2]) builder.append(1_700_000_000, value, value);
  assert.equal(builder.length, 2);
  const detached = builder.detach();
  const copy = detached.slice();
  assert.equal(builder.length, 0);

  for (let value = 0; value < 100; value++) builder.append(1_800_000_000, value, value);
  const { timesNs } = decodeChunk(builder.detach());
  assert.equal(timesNs[0], 1_800_000_000_000_000_000n);
  assert.deepEqual(detached, copy);
});

Deno.test("ChunkBuilder encodes what decodeChunk() decodes, used again for chunk after chunk", () => {
  const builder = new ChunkBuilder();
  fc.assert(fc.property(anyPoints, (points) => {
    for (const point of points) append(builder, point);
    assert.equal(builder.length, points.length);
    const { timesNs, values } = decodeChunk(builder.detach());
    assert.deepEqual([...timesNs], points.map((point) => point.timeNs));
    assert.deepEqual([...values], points.map((point) => point.value));
  }));
});

Deno.test(requiringProto("ChunkBuilder writes the bytes that protobufjs writes", (DataChunk) => {
  const builder = new ChunkBuilder();
  fc.assert(fc.property(anyPoints, (points) => {
    for (const point of points) append(builder, point);
    const theirs = DataChunk.fromObject({
      timeDelta: deltasOf(points).map(String),
      value: points.map((point) => point.value),
    });
    assert.deepEqual(builder.detach(), new Uint8Array(DataChunk.encode(theirs).finish()));
  }));
}));

Deno.test(
  requiringProto(
    "ChunkBuilder writes these bytes for any steps, of small chunks and large",
    (DataChunk) => {
      const [one, many] = [new ChunkBuilder(), new ChunkBuilder()];
      const check = (points: readonly Point[]) => {
        for (const point of points) append(one, point);
        const timesNs = BigInt64Array.from(points, ({ timeNs }) => timeNs);
        const values = Float64Array.from(points, ({ value }) => value);
        many.appendMany(timesNs, values);
        const theirs = new Uint8Array(
          DataChunk.encode(DataChunk.fromObject({
            timeDelta: deltasOf(points).map(String),
            value: points.map((point) => point.value),
          })).finish(),
        );
        assert.deepEqual(one.detach(), theirs);
        assert.deepEqual(many.detach(), theirs);
        if (points.length === 0) return;
        const arrays = new ArrayPoints(timesNs, values, 0, points.length);
        assert.deepEqual(encodePoints(arrays), theirs);
      };
      fc.assert(fc.property(pointsInSteps(100), check), { numRuns: 300 });
      // From about 3600 points on the times are encoded apart.
      // A search for a shorter example takes minutes with this many points.
      fc.assert(fc.property(pointsInSteps(8000), check), { numRuns: 5, endOnFailure: true });
    },
  ),
);

Deno.test("ChunkBuilder.appendMany() reads an array anew that is filled anew, or whose memory has grown", () => {
  const builder = new ChunkBuilder();
  const memory = new ArrayBuffer(16, { maxByteLength: 64 });
  const timesNs = new BigInt64Array(memory);
  const values = new Float64Array(8);
  const encode = (...times: bigint[]) => {
    timesNs.set(times);
    builder.appendMany(timesNs, values);
    return [...decodeChunk(builder.detach()).timesNs];
  };
  assert.deepEqual(encode(1n, 2n), [1n, 2n]);
  assert.deepEqual(encode(30n, 40n), [30n, 40n]);
  memory.resize(32);
  assert.deepEqual(encode(5n, 6n, 7n, 8n), [5n, 6n, 7n, 8n]);
  memory.resize(8);
  assert.deepEqual(encode(9n), [9n]);
});

Deno.test(requiringProto("ChunkBuilder writes what protobufjs reads", (DataChunk) => {
  const builder = new ChunkBuilder();
  fc.assert(fc.property(anyPoints, (points) => {
    for (const point of points) append(builder, point);
    const { timeDelta, value } = DataChunk.toObject(DataChunk.decode(builder.detach()), {
      longs: String,
      arrays: true,
    });
    assert.deepEqual(timeDelta, deltasOf(points).map(String));
    assert.deepEqual(value, points.map((point) => point.value));
  }));
}));

Deno.test("ChunkBuilder.append() is exact to the nanosecond at both ends of the int64 range", () => {
  const builder = new ChunkBuilder();
  const first = { timeNs: -(2n ** 63n), value: 1 };
  const middle = { timeNs: -1n, value: 2 };
  const last = { timeNs: 2n ** 63n - 1n, value: 3 };
  for (const point of [first, middle]) append(builder, point);
  assert.deepEqual([...decodeChunk(builder.detach()).timesNs], [first.timeNs, middle.timeNs]);
  append(builder, { ...last, timeNs: last.timeNs - 1n });
  append(builder, last);
  assert.deepEqual([...decodeChunk(builder.detach()).timesNs], [last.timeNs - 1n, last.timeNs]);
});

Deno.test("ChunkBuilder.append() refuses what int64 cannot hold, and leaves the chunk as it was", () => {
  const cases: [string, [number, number], [number, number]][] = [
    ["a time after the range", [9_223_372_036, 854_775_807], [9_223_372_036, 854_775_808]],
    ["a time before the range", [-9_223_372_037, 145_224_192], [-9_223_372_037, 145_224_191]],
    ["too long a step ahead", [-1, 0], [9_223_372_035, 854_775_808]],
    ["too long a step back", [9_223_372_035, 0], [-2, 145_224_191]],
    ["no number", [1, 0], [NaN, 0]],
    ["no integer of a sensible size", [1, 0], [1e300, 0]],
  ];
  for (const [name, [seconds, nanoseconds], [badSeconds, badNanoseconds]] of cases) {
    const builder = new ChunkBuilder();
    builder.append(seconds, nanoseconds, 1);
    assert.throws(() => builder.append(badSeconds, badNanoseconds, 2), {
      name: "RangeError",
      message: `Cannot append point: time ${badSeconds} s + ${badNanoseconds} ns after ` +
        `${seconds} s + ${nanoseconds} ns is given, ` +
        "a time and a distance of less than 2^63 ns are required",
    }, name);
    builder.append(seconds, nanoseconds, 3);
    const { timesNs, values } = decodeChunk(builder.detach());
    assert.deepEqual([...values], [1, 3], name);
    assert.equal(timesNs[0], timesNs[1], name);
  }
});

Deno.test("ChunkBuilder.append() tells the time before one that it refuses, also where that came in an array", () => {
  for (
    const [timeNs, told] of [[-1n, "-1 s + 999999999 ns"], [5_000_000_001n, "5 s + 1 ns"]] as const
  ) {
    const builder = new ChunkBuilder();
    builder.appendMany(BigInt64Array.of(0n, timeNs), new Float64Array(2));
    assert.throws(() => builder.append(1e10, 0, 0), {
      message: `Cannot append point: time 10000000000 s + 0 ns after ${told} is given, ` +
        "a time and a distance of less than 2^63 ns are required",
    });
  }
});

Deno.test("ChunkBuilder.append() refuses more points than a chunk may hold, and keeps those it has", () => {
  const builder = new ChunkBuilder();
  // Steps back, because these are the longest.
  for (let i = 0; i < MAX_CHUNK_POINTS; i++) builder.append(MAX_CHUNK_POINTS - i, 0, i);
  assert.throws(() => builder.append(0, 0, 0), {
    name: "RangeError",
    message: `Cannot append point: the chunk holds 524288 points, which is the maximum`,
  });
  assert.equal(builder.length, MAX_CHUNK_POINTS);
  const chunk = builder.detach();
  assert.ok(chunk.length < 16 * 2 ** 20);
  assert.equal(decodeChunk(chunk).values.at(-1), MAX_CHUNK_POINTS - 1);
});

Deno.test("ChunkBuilder.appendMany() writes what append() writes, after and before it, in parts", () => {
  const one = new ChunkBuilder();
  const many = new ChunkBuilder();
  const cuts = fc.array(fc.nat(300), { maxLength: 3 });
  fc.assert(fc.property(anyPoints, anyPoints, cuts, (before, points, cuts) => {
    for (const point of before) append(many, point);
    const timesNs = BigInt64Array.from(points, ({ timeNs }) => timeNs);
    const values = Float64Array.from(points, ({ value }) => value);
    const ends = cuts.filter((cut) => cut <= points.length).sort((a, b) => a - b);
    let start = 0;
    for (const end of [...ends, points.length]) {
      many.appendMany(timesNs, values, start, end);
      start = end;
    }
    for (const point of [...before, ...points]) append(one, point);
    assert.equal(many.length, one.length);
    assert.deepEqual(many.detach(), one.detach());
  }));
});

Deno.test("ArrayPoints are encoded as a ChunkBuilder encodes them, from any index to any other", () => {
  const builder = new ChunkBuilder();
  const points = fc.oneof(anyPoints, pointsInSteps(40));
  fc.assert(fc.property(points, fc.nat(400), fc.nat(400), (points, from, to) => {
    const [start, end] = [from, to].map((at) => at % (points.length + 1)).sort((a, b) => a - b);
    if (start === undefined || end === undefined || start === end) return;
    const timesNs = BigInt64Array.from(points, ({ timeNs }) => timeNs);
    const values = Float64Array.from(points, ({ value }) => value);
    builder.appendMany(timesNs, values, start, end);
    assert.deepEqual(
      encodePoints(new ArrayPoints(timesNs, values, start, end)),
      builder.detach(),
    );
  }));
});

Deno.test("ArrayPoints are encoded where the lower half of a time begins anew, forward and back", () => {
  for (let off = -4n; off <= 4n; off++) {
    for (const stepNs of [20_000n, -20_000n, 2n ** 32n + 20_000n, 2n ** 31n]) {
      const beginsNs = 400_000_000n * 2n ** 32n + off * stepNs;
      const timesNs = BigInt64Array.from({ length: 9 }, (_, at) => beginsNs + BigInt(at) * stepNs);
      const chunk = encodePoints(new ArrayPoints(timesNs, new Float64Array(9), 0, 9));
      assert.deepEqual(decodeChunk(chunk).timesNs, timesNs);
    }
  }
});

Deno.test("ArrayPoints refuse two times that are too far from each other", () => {
  const timesNs = BigInt64Array.of(2n, -(2n ** 63n), 5n);
  assert.throws(() => encodePoints(new ArrayPoints(timesNs, new Float64Array(3), 0, 3)), {
    name: "RangeError",
    message: /-9223372036854775808 ns is given, a distance of less than 2\^63 ns/,
  });
});

Deno.test("ChunkBuilder.appendMany() takes a part of a larger buffer", () => {
  const builder = new ChunkBuilder();
  const memory = new ArrayBuffer(64);
  const timesNs = new BigInt64Array(memory, 8, 2);
  const values = new Float64Array(memory, 32, 2);
  timesNs.set([5n, 7n]);
  values.set([0.5, -0]);
  builder.appendMany(timesNs, values);
  assert.deepEqual(decodeChunk(builder.detach()), {
    timesNs: BigInt64Array.of(5n, 7n),
    values: Float64Array.of(0.5, -0),
  });
});

Deno.test("ChunkBuilder.appendMany() appends all or nothing", () => {
  const builder = new ChunkBuilder();
  builder.append(0, 1, 1);
  const tooFar = BigInt64Array.of(2n, -(2n ** 63n), 5n);
  assert.throws(() => builder.appendMany(tooFar, new Float64Array(3)), {
    name: "RangeError",
    message: /-9223372036854775808 ns is given, a distance of less than 2\^63 ns/,
  });
  const tooMany = new BigInt64Array(MAX_CHUNK_POINTS);
  assert.throws(
    () => builder.appendMany(tooMany, new Float64Array(MAX_CHUNK_POINTS)),
    /the chunk holds \d+ points/,
  );
  builder.append(0, 3, 3);
  assert.deepEqual([...decodeChunk(builder.detach()).timesNs], [1n, 3n]);
});

Deno.test("encodePoint() writes what ChunkBuilder writes for one point, or refuses it with the same words", () => {
  const seconds = fc.oneof(fc.integer(), fc.integer({ min: -9_223_372_040, max: 9_223_372_040 }));
  const nanoseconds = fc.integer({ min: 0, max: 999_999_999 });
  // Where one more bit is needed, and where the parts that it is written in begin.
  const edge = fc.tuple(fc.integer({ min: 0, max: 2 ** 35 }), fc.integer({ min: -2, max: 2 }))
    .map(([upper, off]) => BigInt(upper) * 2n ** 28n + BigInt(off))
    .map((ns) => [Number(ns / 1_000_000_000n), Math.abs(Number(ns % 1_000_000_000n))] as const);
  const anyTime = fc.oneof(fc.tuple(seconds, nanoseconds), edge);
  fc.assert(fc.property(anyTime, fc.double(), ([seconds, nanoseconds], value) => {
    const builder = new ChunkBuilder();
    let expected: Uint8Array;
    try {
      builder.append(seconds, nanoseconds, value);
      expected = builder.detach();
    } catch (error) {
      assert.throws(() => encodePoint(seconds, nanoseconds, value), error as Error);
      return;
    }
    const detached = encodePoint(seconds, nanoseconds, value);
    assert.deepEqual(detached, expected);
    encodePoint(seconds, nanoseconds, 1);
    assert.deepEqual(detached, expected);
  }));
});
