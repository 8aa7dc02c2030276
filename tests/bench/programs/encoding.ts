/**
 * Encodes chunks in one of three ways: `encoding.ts append|arrays|protobufjs`.
 *
 * @module
 */

import protobuf from "protobufjs";
import { ArrayPoints } from "../../../src/chunk/array_points.ts";
import { ChunkBuilder } from "../../../src/chunk/chunk_builder.ts";
import { memoryOf } from "../../../src/chunk/chunk_memory.ts";
import { encodePoint, encodePoints } from "../../../src/chunk/data_chunk.ts";
import { answerAll } from "./answering.ts";

/** What is asked for: chunks of `size` points until there are `points`. */
interface Question {
  readonly size: number;
  readonly points: number;
}

const LARGEST_CHUNK = 10_000;
const START_S = 1_700_000_000;

// Made before anything is measured, a millisecond apart: only what happens to a point counts.
const seconds = Float64Array.from(
  { length: LARGEST_CHUNK },
  (_, at) => START_S + Math.floor(at / 1000),
);
const nanoseconds = Int32Array.from(seconds, (_, at) => (at % 1000) * 1e6);
const timesNs = BigInt64Array.from(
  seconds,
  (second, at) => BigInt(second) * 1_000_000_000n + BigInt(nanoseconds[at] as number),
);
const ordinals = Float64Array.from(seconds, (_, at) => at);

/** Encodes chunks of `size` points until there are `points`, and returns the bytes. */
type Encode = (size: number, points: number) => number;

const builder = new ChunkBuilder();

/** Appends and encodes one chunk, in a function that is called as often as a source's loop is left. */
function appendChunk(size: number): number {
  for (let at = 0; at < size; at++) {
    builder.append(seconds[at] as number, nanoseconds[at] as number, at);
  }
  return released(builder.detach());
}

function encodeAppending(size: number, points: number): number {
  if (size === 1) return encodeSingly(points);
  let bytes = 0;
  for (let first = 0; first < points; first += size) bytes += appendChunk(size);
  return bytes;
}

/** What a source does with points that are chunks of their own. */
function encodeSingly(points: number): number {
  let bytes = 0;
  for (let at = 0; at < points; at++) {
    const place = at % LARGEST_CHUNK;
    bytes += released(encodePoint(seconds[place] as number, nanoseconds[place] as number, at));
  }
  return bytes;
}

function encodeMany(size: number, points: number): number {
  let bytes = 0;
  for (let first = 0; first < points; first += size) {
    bytes += released(encodePoints(new ArrayPoints(timesNs, ordinals, 0, size)));
  }
  return bytes;
}

/** As an outbox does when a chunk has ended. */
function released(chunk: Uint8Array): number {
  memoryOf(chunk)?.release();
  return chunk.byteLength;
}

const keptSeconds = new Float64Array(LARGEST_CHUNK);
const keptNanoseconds = new Int32Array(LARGEST_CHUNK);
const keptValues = new Float64Array(LARGEST_CHUNK);

/** What takes the place of `ChunkBuilder` if the library is to encode. */
function encodeProtobufjs(size: number, points: number): number {
  let bytes = 0;
  for (let first = 0; first < points; first += size) {
    for (let at = 0; at < size; at++) {
      keptSeconds[at] = seconds[at] as number;
      keptNanoseconds[at] = nanoseconds[at] as number;
      keptValues[at] = at;
    }
    const writer = protobuf.Writer.create();
    writer.uint32((1 << 3) | 2).fork();
    let previousS = 0;
    let previousNs = 0;
    for (let at = 0; at < size; at++) {
      const s = keptSeconds[at] as number;
      const ns = keptNanoseconds[at] as number;
      // The first is rounded to 256 ns, as numbers are; what counts here is the time it takes.
      writer.int64((s - previousS) * 1e9 + (ns - previousNs));
      previousS = s;
      previousNs = ns;
    }
    writer.ldelim().uint32((2 << 3) | 2).fork();
    for (let at = 0; at < size; at++) writer.double(keptValues[at] as number);
    bytes += writer.ldelim().finish().byteLength;
  }
  return bytes;
}

const ways: Readonly<Record<string, Encode>> = {
  append: encodeAppending,
  arrays: encodeMany,
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
