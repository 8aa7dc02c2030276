/**
 * Encodes chunks in one of three ways: `encoding.ts append|appendMany|protobufjs`.
 *
 * @module
 */

import protobuf from "protobufjs";
import { ChunkBuilder, encodePoint } from "../../../src/chunk/chunk_builder.ts";
import { Timestamp } from "../../../src/time/timestamp.ts";
import { answerAll } from "./answering.ts";

/** What is asked for: chunks of `size` points until there are `points`. */
interface Question {
  readonly size: number;
  readonly points: number;
}

const LARGEST_CHUNK = 10_000;

// Made before anything is measured, a millisecond apart: only what happens to a point counts.
const TIMES = Array.from(
  { length: LARGEST_CHUNK },
  (_, at) => new Timestamp(1_700_000_000 + Math.floor(at / 1000), (at % 1000) * 1e6),
);

/** Encodes chunks of `size` points until there are `points`, and returns the bytes. */
type Encode = (size: number, points: number) => number;

const builder = new ChunkBuilder();

function encodeAppending(size: number, points: number): number {
  if (size === 1) return encodePoints(points);
  let bytes = 0;
  for (let first = 0; first < points; first += size) {
    for (let at = 0; at < size; at++) {
      const { seconds, nanoseconds } = TIMES[at] as Timestamp; // there are as many
      builder.append(seconds, nanoseconds, at);
    }
    bytes += builder.take().byteLength;
  }
  return bytes;
}

/** What a source does with points that are chunks of their own. */
function encodePoints(points: number): number {
  let bytes = 0;
  for (let at = 0; at < points; at++) {
    const { seconds, nanoseconds } = TIMES[at % LARGEST_CHUNK] as Timestamp; // there are as many
    bytes += encodePoint(seconds, nanoseconds, at).byteLength;
  }
  return bytes;
}

const timesNs = BigInt64Array.from(TIMES, ({ posixNs }) => posixNs);
const ordinals = Float64Array.from(TIMES, (_, at) => at);

function encodeMany(size: number, points: number): number {
  let bytes = 0;
  for (let first = 0; first < points; first += size) {
    builder.appendMany(timesNs, ordinals, 0, size);
    bytes += builder.take().byteLength;
  }
  return bytes;
}

const seconds = new Float64Array(LARGEST_CHUNK);
const nanoseconds = new Float64Array(LARGEST_CHUNK);
const values = new Float64Array(LARGEST_CHUNK);

/** What takes the place of `ChunkBuilder` if the library is to encode. */
function encodeProtobufjs(size: number, points: number): number {
  let bytes = 0;
  for (let first = 0; first < points; first += size) {
    for (let at = 0; at < size; at++) {
      const time = TIMES[at] as Timestamp; // there are as many
      seconds[at] = time.seconds;
      nanoseconds[at] = time.nanoseconds;
      values[at] = at;
    }
    const writer = protobuf.Writer.create();
    writer.uint32((1 << 3) | 2).fork();
    let previousS = 0;
    let previousNs = 0;
    for (let at = 0; at < size; at++) {
      const s = seconds[at] as number;
      const ns = nanoseconds[at] as number;
      // The first is rounded to 256 ns, as numbers are; what counts here is the time it takes.
      writer.int64((s - previousS) * 1e9 + (ns - previousNs));
      previousS = s;
      previousNs = ns;
    }
    writer.ldelim().uint32((2 << 3) | 2).fork();
    for (let at = 0; at < size; at++) writer.double(values[at] as number);
    bytes += writer.ldelim().finish().byteLength;
  }
  return bytes;
}

const ways: Readonly<Record<string, Encode>> = {
  append: encodeAppending,
  appendMany: encodeMany,
  protobufjs: encodeProtobufjs,
};
const encode = ways[Deno.args[0] ?? ""];
if (encode === undefined) throw new RangeError(`One of ${Object.keys(ways)} is required`);

let isWarm = false;
await answerAll(({ size, points }: Question) => {
  // Compiled to the end before anything counts, which comes late.
  for (let round = 0; !isWarm && round < 10; round++) encode(size, points);
  isWarm = true;
  const startMs = performance.now();
  encode(size, points);
  return { seconds: (performance.now() - startMs) / 1000 };
});
