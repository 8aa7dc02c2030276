/**
 * Decodes chunks in one of two ways: `decoding.ts decodeChunk|protobufjs`.
 *
 * @module
 */

import protobuf from "protobufjs";
import { ChunkBuilder } from "../../../src/chunk/chunk_builder.ts";
import { decodeChunk } from "../../../src/chunk/decode_chunk.ts";
import { answerAll } from "./answering.ts";

/** What is asked for: chunks of `size` points until there are `points`. */
interface Question {
  readonly size: number;
  readonly points: number;
}

const START_S = 1_700_000_000;

/** Decodes `chunks` times the same bytes, and returns how many points there were. */
type Decode = (bytes: Uint8Array, chunks: number) => number;

function encode(size: number): Uint8Array {
  const builder = new ChunkBuilder();
  for (let at = 0; at < size; at++) {
    builder.append(START_S + Math.floor(at / 1000), (at % 1000) * 1e6, at);
  }
  return builder.detach();
}

function decodeOwn(bytes: Uint8Array, chunks: number): number {
  let points = 0;
  for (let chunk = 0; chunk < chunks; chunk++) points += decodeChunk(bytes).values.length;
  return points;
}

const PROTO = new URL("../../../proto/datachunk.proto", import.meta.url);

function decodingProtobufjs(): Decode {
  const { root } = protobuf.parse(Deno.readTextFileSync(PROTO));
  const DataChunk = root.lookupType("metricq.DataChunk");
  return (bytes, chunks) => {
    let points = 0;
    // Times stay deltas in objects of two halves: to add them up would be more work still.
    for (let chunk = 0; chunk < chunks; chunk++) {
      points += (DataChunk.decode(bytes) as unknown as { value: number[] }).value.length;
    }
    return points;
  };
}

const ways: Readonly<Record<string, () => Decode>> = {
  decodeChunk: () => decodeOwn,
  protobufjs: decodingProtobufjs,
};
const decode = ways[Deno.args[0] ?? ""]?.();
if (decode === undefined) throw new RangeError(`One of ${Object.keys(ways)} is required`);

let isWarm = false;
await answerAll(({ size, points }: Question) => {
  const bytes = encode(size);
  const chunks = Math.ceil(points / size);
  // Compiled to the end before anything counts, which comes late.
  for (let round = 0; !isWarm && round < 10; round++) decode(bytes, chunks);
  isWarm = true;
  const startMs = performance.now();
  decode(bytes, chunks);
  return { seconds: (performance.now() - startMs) / 1000 };
});
