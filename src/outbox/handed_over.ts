/**
 * What was handed to a connection without confirms.
 *
 * @module
 */

import type { ChunkRefusal } from "./verdicts.ts";

// A broker's refusal comes within a round trip; 100 000 messages a second are 4000 in 40 ms.
const CAPACITY = 4096;

/** What is known of a chunk whose bytes are gone. */
export interface HandedChunk {
  readonly metric: string;
  readonly points: number;
  readonly bodyBytes: number;
}

/**
 * The last chunks that were handed over, without their bytes: enough to tell what it has cost that the
 * broker has refused one of them, as it looks at nothing that comes behind that one.
 */
export class HandedOver {
  // Rings, and not one of objects: those would live just long enough to cost the most.
  readonly #metrics: string[] = [];
  readonly #points: number[] = [];
  readonly #bodyBytes: number[] = [];
  #count = 0;

  /** A chunk was handed over. */
  add(metric: string, points: number, bodyBytes: number): void {
    const at = this.#count++ % CAPACITY;
    this.#metrics[at] = metric;
    this.#points[at] = points;
    this.#bodyBytes[at] = bodyBytes;
  }

  /** The connection, or its channel, is a new one. */
  clear(): void {
    this.#metrics.length = 0;
    this.#points.length = 0;
    this.#bodyBytes.length = 0;
    this.#count = 0;
  }

  /**
   * The chunks that are lost, in their order: the one that was refused, unless that is forgotten, and
   * those behind it. A size that is refused only since the connection has begun is taken to have been
   * refused before, as a broker's limit hardly ever changes.
   */
  lostBy(refusal: ChunkRefusal): readonly HandedChunk[] {
    const hasForgotten = this.#count > CAPACITY;
    const chunks = this.#inOrder(hasForgotten ? this.#count % CAPACITY : 0);
    if (refusal.kind === "unknown") return [];
    const refusedAt = refusal.kind === "too-large"
      ? chunks.findIndex(({ bodyBytes }) => bodyBytes === refusal.bodyBytes)
      // Not the first: what was sent before may have been allowed then.
      : chunks.findLastIndex(({ metric }) => refusal.mayBe(metric));
    if (refusedAt >= 0) return chunks.slice(refusedAt);
    // It is among those that are forgotten, so that all others came behind it.
    return hasForgotten ? chunks : [];
  }

  #inOrder(oldestAt: number): HandedChunk[] {
    const chunks = this.#metrics.map((metric, at) => ({
      metric,
      points: this.#points[at] ?? 0,
      bodyBytes: this.#bodyBytes[at] ?? 0,
    }));
    return [...chunks.slice(oldestAt), ...chunks.slice(0, oldestAt)];
  }
}
