/**
 * Faults to plant into the encoding of chunks, and into what decides when they leave.
 *
 * @module
 */

import { isSizeless } from "../plan.ts";
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
  {
    what: "chunks that are old enough do not wait for room",
    file: "src/source/chunk_ages.ts",
    text: "if (!this.#options.outbox.hasRoom) return false;",
    replacement: "",
    shows: ({ sources }) =>
      sources.some(({ onFull, outboxMaxBytes }) => {
        return onFull === "wait" && outboxMaxBytes < 2 ** 20;
      }),
  },
  {
    what: "chunks without a size leave after 10 s",
    file: "src/source/chunk_ages.ts",
    text: "(metric.chunkSize !== null || this.#options.chunkAge !== undefined);",
    replacement: "true;",
    shows: (plan) => plan.sources.some(isSizeless),
  },
  {
    what: "chunks without a size wait for flush though an age is given",
    file: "src/source/chunk_ages.ts",
    text: "(metric.chunkSize !== null || this.#options.chunkAge !== undefined);",
    replacement: "metric.chunkSize !== null;",
    shows: (plan) => plan.sources.some(isSizeless),
  },
  {
    what: "a chunk becomes twice as old as it may",
    file: "src/source/chunk_ages.ts",
    text: "this.#options.clock.nowMs() + this.#ageMs",
    replacement: "this.#options.clock.nowMs() + 2 * this.#ageMs",
  },
  {
    what: "chunks leave after 10 s, whatever age is given",
    file: "src/source/chunk_ages.ts",
    text: 'else this.#ageMs = requireDuration("Cannot use chunkAge", chunkAge).ms;',
    replacement: "else this.#ageMs = DEFAULT_AGE_MS;",
    shows: ({ sources }) => sources.some(({ chunkAgeMs = 10_000 }) => chunkAgeMs < 4000),
  },
];
