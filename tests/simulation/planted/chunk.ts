/**
 * Faults to plant into the encoding of chunks.
 *
 * @module
 */

import type { Planted } from "./planted.ts";

/** All of them. */
export const CHUNK: readonly Planted[] = [
  {
    what: "long distances between the times of a chunk stay for the next",
    file: "src/chunk/chunk_builder.ts",
    text: "this.#jumps.length = 0;\n    this.#unseenUpTo = 0;",
    replacement: "this.#unseenUpTo = 0;",
  },
  {
    what: "memory is used again from its front while a chunk in it is in flight",
    file: "src/chunk/chunk_memory.ts",
    text: "this.#usedBytes = end;",
    replacement: "this.#usedBytes = this.#block.chunks < 2 ? 0 : end;",
  },
  {
    what: "a chunk begins in the last byte of the one before",
    file: "src/chunk/chunk_memory.ts",
    text: "this.#usedBytes = end;",
    replacement: "this.#usedBytes = end - 1;",
  },
];
