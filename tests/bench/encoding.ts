/**
 * What a point costs from `append` to the bytes of its chunk, without any network.
 *
 * @module
 */

import protobuf from "protobufjs";
import { ChunkBuilder, encodePoint } from "../../src/chunk/chunk_builder.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { compileCpp, CPP_PACKAGES } from "./cpp_peer.ts";
import { hasUpb, Program } from "./program.ts";
import { publish } from "./report.ts";
import { median } from "./statistics.ts";

const ROUNDS = 7;
const POINTS_PER_ROUND = 1_000_000;
const PYTHON_POINTS_PER_ROUND = 50_000;
const LARGEST_CHUNK = 10_000;

// Made before anything is measured, a millisecond apart: only what happens to a point counts.
const TIMES = Array.from(
  { length: LARGEST_CHUNK },
  (_, at) => new Timestamp(1_700_000_000 + Math.floor(at / 1000), (at % 1000) * 1e6),
);

/** Encodes chunks of `size` points until there are `points`, and returns the bytes. */
type Encode = (size: number, points: number) => number;

/** Measures and prints. */
export async function encoding(): Promise<void> {
  await using parts = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir();
  parts.defer(() => Deno.remove(folder, { recursive: true }));
  const cppPath = await compileCpp("encoding.cpp", folder);
  const peers: Record<string, { program: Program; points: number }> = {};
  if (cppPath !== undefined) {
    peers["C++"] = { program: parts.use(Program.native(cppPath)), points: POINTS_PER_ROUND };
  }
  const pythons = hasUpb() ? { "Python": [], "Python, upb": ["upb"] } : { "Python": [] };
  for (const [name, args] of Object.entries(pythons)) {
    const program = parts.use(Program.python("encoding.py", ...args));
    peers[name] = { program, points: PYTHON_POINTS_PER_ROUND };
  }
  const contenders: Record<string, Encode> = {
    append: encodeAppending,
    appendMany: encodeMany,
    protobufjs: encodeProtobufjs,
  };
  // Compiled to the end before anything counts.
  for (const encode of Object.values(contenders)) for (const size of [1, 1000]) encode(size, 1e6);

  const rows = [];
  for (const size of [1, 10, 100, 1000, LARGEST_CHUNK]) {
    const ns: Record<string, number[]> = {};
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, encode] of Object.entries(contenders)) {
        (ns[name] ??= []).push(nsPerPoint(() => encode(size, POINTS_PER_ROUND)));
      }
      for (const [name, { program, points }] of Object.entries(peers)) {
        const { seconds } = await program.ask<{ seconds: number }>({ size, points });
        (ns[name] ??= []).push(seconds / points * 1e9);
      }
    }
    const of = (name: string) => median(ns[name] ?? []);
    rows.push({
      "points/chunk": size,
      "append": of("append"),
      "appendMany": of("appendMany"),
      "protobufjs": of("protobufjs"),
      ...Object.fromEntries(Object.keys(peers).map((name) => [name, of(name)])),
      "protobufjs / append": of("protobufjs") / of("append"),
      "append / C++": cppPath === undefined ? undefined : of("append") / of("C++"),
      "appendMany / C++": cppPath === undefined ? undefined : of("appendMany") / of("C++"),
    });
  }
  await publish({
    name: "encoding",
    title: `Encoding, ns per point, medians of ${ROUNDS} rounds`,
    rows,
    notes: [
      "append: ChunkBuilder.append() for each point, then take(); encodePoint() for chunks of one.",
      "appendMany: whole arrays.",
      "protobufjs: points kept in arrays, then its Writer, told the deltas as numbers.",
      cppPath === undefined
        ? `C++ is left out, which needs ${CPP_PACKAGES}.`
        : "C++: protobuf's own library, append and serialize, as metricq-cpp does.",
      "Python: append and SerializeToString, as the reference source does, with the protobuf that",
      hasUpb()
        ? "its package wants, which is pure Python; upb: with protobuf's fast implementation."
        : "its package wants, which is pure Python; upb, the fast one, is not installed: left out.",
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

const arrays = new Map<number, { timesNs: BigInt64Array; values: Float64Array }>();

function encodeMany(size: number, points: number): number {
  let given = arrays.get(size);
  if (given === undefined) {
    given = {
      timesNs: BigInt64Array.from(TIMES.slice(0, size), ({ posixNs }) => posixNs),
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
