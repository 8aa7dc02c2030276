/**
 * What a point costs from `append` to the bytes of its chunk, without any network.
 *
 * @module
 */

import protobuf from "protobufjs";
import { ChunkBuilder } from "../../src/chunk/chunk_builder.ts";
import { Program } from "./program.ts";
import { publish } from "./report.ts";
import { median } from "./statistics.ts";

const ROUNDS = 7;
const POINTS_PER_ROUND = 1_000_000;
const PYTHON_POINTS_PER_ROUND = 50_000;
const SECONDS = 1_700_000_000;

/** Encodes chunks of `size` points until there are `points`, and returns the bytes. */
type Encode = (size: number, points: number) => number;

/** Measures and prints. */
export async function encoding(): Promise<void> {
  await using python = Program.python("encoding.py");
  const contenders: Record<string, Encode> = {
    append: encodeAppending,
    appendMany: encodeMany,
    protobufjs: encodeProtobufjs,
  };
  // Compiled to the end before anything counts.
  for (const encode of Object.values(contenders)) for (const size of [1, 1000]) encode(size, 1e6);

  const rows = [];
  for (const size of [1, 10, 100, 1000, 10_000]) {
    const ns: Record<string, number[]> = {};
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, encode] of Object.entries(contenders)) {
        (ns[name] ??= []).push(nsPerPoint(() => encode(size, POINTS_PER_ROUND)));
      }
      const question = { size, points: PYTHON_POINTS_PER_ROUND };
      const { seconds } = await python.ask<{ seconds: number }>(question);
      (ns.Python ??= []).push(seconds / PYTHON_POINTS_PER_ROUND * 1e9);
    }
    const of = (name: string) => median(ns[name] ?? []);
    rows.push({
      "points/chunk": size,
      "append": of("append"),
      "appendMany": of("appendMany"),
      "protobufjs": of("protobufjs"),
      "Python": of("Python"),
      "protobufjs / append": of("protobufjs") / of("append"),
      "Python / append": of("Python") / of("append"),
    });
  }
  await publish({
    name: "encoding",
    title: `Encoding, ns per point, medians of ${ROUNDS} rounds`,
    rows,
    notes: [
      "append: ChunkBuilder.append() for each point, then take(). appendMany: whole arrays.",
      "protobufjs: its Writer, told the deltas as numbers.",
      "Python: append and SerializeToString, as the reference source does.",
    ],
  });
}

function nsPerPoint(encode: () => unknown): number {
  const startMs = performance.now();
  encode();
  return (performance.now() - startMs) * 1e6 / POINTS_PER_ROUND;
}

const builder = new ChunkBuilder();

function encodeAppending(size: number, points: number): number {
  let bytes = 0;
  for (let first = 0; first < points; first += size) {
    for (let at = 0; at < size; at++) {
      builder.append(SECONDS + Math.floor(at / 1000), (at % 1000) * 1e6, at);
    }
    bytes += builder.take().byteLength;
  }
  return bytes;
}

const arrays = new Map<number, { timesNs: BigInt64Array; values: Float64Array }>();

function encodeMany(size: number, points: number): number {
  let given = arrays.get(size);
  if (given === undefined) {
    given = {
      timesNs: BigInt64Array.from(
        { length: size },
        (_, at) => BigInt(SECONDS) * 1_000_000_000n + BigInt(at) * 1_000_000n,
      ),
      values: Float64Array.from({ length: size }, (_, at) => at),
    };
    arrays.set(size, given);
  }
  let bytes = 0;
  for (let first = 0; first < points; first += size) {
    builder.appendMany(given.timesNs, given.values);
    bytes += builder.take().byteLength;
  }
  return bytes;
}

function encodeProtobufjs(size: number, points: number): number {
  let bytes = 0;
  for (let first = 0; first < points; first += size) {
    const writer = protobuf.Writer.create();
    writer.uint32((1 << 3) | 2).fork();
    writer.int64(SECONDS * 1e9); // is rounded; what counts here is the time it takes
    for (let at = 1; at < size; at++) writer.int64(1e6);
    writer.ldelim().uint32((2 << 3) | 2).fork();
    for (let at = 0; at < size; at++) writer.double(at);
    bytes += writer.ldelim().finish().byteLength;
  }
  return bytes;
}
