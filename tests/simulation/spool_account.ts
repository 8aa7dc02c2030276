/**
 * What is in the spool of one source, by what was written into it.
 *
 * @module
 */

import { decodeChunk } from "../../src/chunk/decode_chunk.ts";
import { MessageError } from "../../src/errors.ts";
import type { StoredChunk } from "../../src/outbox/spool_storage.ts";

/** The rows of a spool: each chunk has one, from when it is written until it is removed. */
export class SpoolAccount {
  readonly #violate: (text: string) => void;
  // By place: the metric, and the number of the chunk's first point.
  readonly #rows = new Map<number, string>();
  readonly #chunks = new Set<string>();
  // The last place, unless there is none.
  #last = -1;

  /** Begins with an empty spool. */
  constructor(violate: (text: string) => void) {
    this.#violate = violate;
  }

  /** How many chunks there are. */
  get chunks(): number {
    return this.#rows.size;
  }

  /** Chunks were written and removed. */
  write(added: readonly StoredChunk[], removed: readonly number[]): void {
    for (const { sequence, metric, points, body } of added) {
      const values = valuesOf(body);
      if (values === undefined) {
        this.#violate(`what is written of ${metric} is not a chunk`);
        continue;
      }
      const chunk = `${metric} ${values[0]}`;
      if (this.#rows.has(sequence)) this.#violate(`place ${sequence} is taken twice`);
      else if (sequence < this.#last) {
        this.#violate(
          `the chunk of ${chunk} is at ${sequence}, before the older one at ${this.#last}`,
        );
      }
      this.#last = sequence;
      if (this.#chunks.has(chunk)) this.#violate(`the chunk of ${chunk} is written twice`);
      if (values.length !== points) {
        this.#violate(`the chunk of ${chunk} has ${values.length} points, not ${points}`);
      }
      this.#rows.set(sequence, chunk);
      this.#chunks.add(chunk);
    }
    for (const sequence of removed) {
      const chunk = this.#rows.get(sequence);
      if (chunk === undefined) this.#violate(`place ${sequence} is removed, and empty`);
      else this.#chunks.delete(chunk);
      this.#rows.delete(sequence);
    }
    if (this.#rows.size === 0) this.#last = -1;
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
