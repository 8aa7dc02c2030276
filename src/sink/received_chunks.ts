/**
 * Which chunks have been received already.
 *
 * @module
 */

import type { SinkChunk } from "./sink_chunk.ts";

// Twice as many are remembered, half of them always. A source that comes back sends what was not
// confirmed again, some ten thousand chunks; a broker redelivers what was not acknowledged.
const GENERATION_CHUNKS = 131_072;

/** What is kept of a metric. */
interface Known {
  /** A number of its own. */
  readonly id: number;
  /** The time of its newest point. */
  newestNs: bigint;
}

/**
 * Tells a chunk that is delivered again, by the broker or by its source, from one that only is late.
 *
 * Only a chunk that is no newer than what its metric has sent can be one. To take each of those for
 * one would lose the points of a source whose clock was set back, so chunks are remembered: by the
 * metric, the first and last time, the last value, and the number of points, in 53 bits. That two
 * different chunks have the same is one in 30 billion for each that is not newer.
 */
export class ReceivedChunks {
  readonly #metrics = new Map<string, Known>();
  #chunks = new Set<number>();
  #chunksBefore = new Set<number>();

  /** Notes a chunk. Returns whether it is new. */
  add(chunk: SinkChunk): boolean {
    const last = chunk.length - 1;
    if (last < 0) return true; // of no points, so nobody will miss it, or have it twice
    // The casts: a chunk that is not empty has these.
    const newestNs = chunk.timesNs[last] as bigint;
    let known = this.#metrics.get(chunk.metric);
    if (known === undefined) {
      known = { id: this.#metrics.size, newestNs: newestNs - 1n };
      this.#metrics.set(chunk.metric, known);
    }
    const mark = fingerprint(known.id, chunk);
    if (newestNs > known.newestNs) known.newestNs = newestNs;
    else if (this.#chunks.has(mark) || this.#chunksBefore.has(mark)) return false;
    this.#chunks.add(mark);
    if (this.#chunks.size >= GENERATION_CHUNKS) {
      this.#chunksBefore = this.#chunks;
      this.#chunks = new Set();
    }
    return true;
  }
}

const words = new Uint32Array(2);
const wordsNs = new BigInt64Array(words.buffer);
const wordsValue = new Float64Array(words.buffer);

function fingerprint(id: number, { timesNs, values }: SinkChunk): number {
  const last = values.length - 1;
  let [high, low] = [id, values.length];
  const mix = () => {
    // The casts: there are two words.
    for (const word of [words[0] as number, words[1] as number]) {
      high = Math.imul(high ^ word, 0x85EB_CA6B) ^ (low >>> 15);
      low = Math.imul(low ^ word ^ (high >>> 13), 0xC2B2_AE35);
    }
  };
  wordsNs[0] = timesNs[0] as bigint;
  mix();
  wordsNs[0] = timesNs[last] as bigint;
  mix();
  wordsValue[0] = values[last] as number;
  mix();
  return (high >>> 11) * 2 ** 32 + ((low ^ (high >>> 16)) >>> 0);
}
