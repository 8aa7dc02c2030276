/**
 * What is in the spool of one source, by what was written into it.
 *
 * @module
 */

import { decodeChunk } from "../../src/chunk/decode_chunk.ts";
import { MessageError } from "../../src/errors.ts";
import type { StoredChunk } from "../../src/outbox/spool_storage.ts";

/** A chunk in a spool: the number of its first point tells it from others of its metric. */
interface Row {
  readonly metric: string;
  readonly first: number;
  readonly points: number;
}

/** The rows of a spool: each chunk has one, from when it is written until it is removed. */
export class SpoolAccount {
  readonly #violate: (text: string) => void;
  // By place.
  readonly #rows = new Map<number, Row>();
  // By metric: the numbers of the first points of its chunks.
  readonly #chunks = new Map<string, Set<number>>();
  // The last place, unless there is none.
  #last = -1;
  #points = 0;

  /** Begins with an empty spool. */
  constructor(violate: (text: string) => void) {
    this.#violate = violate;
  }

  /** How many chunks there are. */
  get chunks(): number {
    return this.#rows.size;
  }

  /** How many points they have. */
  get points(): number {
    return this.#points;
  }

  /** A process has opened it, which begins behind what is there: the last chunks may have been removed. */
  open(): void {
    this.#last = Math.max(-1, ...this.#rows.keys());
  }

  /** Chunks were written and removed. */
  write(added: readonly StoredChunk[], removed: readonly number[]): void {
    for (const { sequence, metric, points, body } of added) {
      const values = valuesOf(body);
      if (values === undefined) {
        this.#violate(`what is written of ${metric} is not a chunk`);
        continue;
      }
      const first = values[0] ?? -1;
      const what = () => `the chunk of ${metric} ${first}`;
      if (this.#rows.has(sequence)) this.#violate(`place ${sequence} is taken twice`);
      else if (sequence < this.#last) {
        this.#violate(`${what()} is at ${sequence}, before the older one at ${this.#last}`);
      }
      this.#last = sequence;
      const chunks = this.#chunksOf(metric);
      if (chunks.has(first)) this.#violate(`${what()} is written twice`);
      if (values.length !== points) {
        this.#violate(`${what()} has ${values.length} points, not ${points}`);
      }
      this.#rows.set(sequence, { metric, first, points });
      this.#points += points;
      chunks.add(first);
    }
    for (const sequence of removed) {
      const row = this.#rows.get(sequence);
      if (row === undefined) this.#violate(`place ${sequence} is removed, and empty`);
      else {
        this.#chunksOf(row.metric).delete(row.first);
        this.#points -= row.points;
      }
      this.#rows.delete(sequence);
    }
    if (this.#rows.size === 0) this.#last = -1;
  }

  #chunksOf(metric: string): Set<number> {
    const chunks = this.#chunks.get(metric) ?? new Set();
    this.#chunks.set(metric, chunks);
    return chunks;
  }
}

function valuesOf(body: Uint8Array): Float64Array | undefined {
  try {
    return decodeChunk(body).values;
  } catch (error) {
    if (error instanceof MessageError) return undefined;
    throw error;
  }
}
