/**
 * Chunks for the tests of sinks.
 *
 * @module
 */

import { ChunkBuilder } from "../../src/chunk/chunk_builder.ts";
import { decodeChunk } from "../../src/chunk/decode_chunk.ts";
import { SinkChunk } from "../../src/sink/sink_chunk.ts";

/** The bytes of a chunk with a point at each of some times, in seconds, whose values are the same. */
export function encodeTimes(...seconds: number[]): Uint8Array {
  const builder = new ChunkBuilder();
  for (const second of seconds) builder.append(second, 0, second);
  return builder.detach();
}

/** The same, received. */
export function chunkOf(metric: string, ...seconds: number[]): SinkChunk {
  return new SinkChunk(metric, decodeChunk(encodeTimes(...seconds)));
}
