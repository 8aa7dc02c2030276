/**
 * Whether points are refused, or dropped as the oldest, without need.
 *
 * @module
 */

import type { SourceHealth } from "../../src/observe/health.ts";
import type { PointsLost } from "../../src/outbox/delivery_options.ts";
import type { Source } from "../../src/source/source.ts";
import { LARGEST_POINT_BYTES } from "./causes_of_loss.ts";
import { isSizeless } from "./plan.ts";
import type { SimulatedSourceOptions } from "./point_sender.ts";

/** Where nothing is taken any more, or before long. */
export const ENDING: ReadonlySet<SourceHealth["status"]> = new Set([
  "stopping",
  "stopped",
  "failed",
]);
// What a chunk counts for beside its points.
const CHUNK_BYTES = 256;

/** Looks at the room that a source has when it is given a point. */
export class RoomWatch {
  readonly #source: Source;
  readonly #options: SimulatedSourceOptions;
  readonly #limitBytes: number;
  #droppedPoints = 0;
  #taken: Promise<void> | undefined;

  /** Watches one source. */
  constructor(source: Source, options: SimulatedSourceOptions) {
    const { onFull, outboxMaxBytes = 0 } = options;
    this.#source = source;
    this.#options = options;
    // One that lets callers wait takes twice as much from those that do not.
    this.#limitBytes = onFull === "wait" ? 2 * outboxMaxBytes : outboxMaxBytes;
  }

  /** A point is about to be given to it; `isLeftOut` if it counts as dropped itself. */
  beforeSend(isLeftOut = false): void {
    if (!this.#dropsUntold) return;
    this.#droppedPoints = this.#source.stats.pointsDropped + (isLeftOut ? 1 : 0);
  }

  /**
   * It was given a point just now, and nothing has happened since. Returns whether there was room: if it
   * refuses the point, it has not changed. That is not looked at where it has taken the point already.
   */
  afterSend(sent: Promise<void>): boolean {
    if (this.#dropsUntold) this.#requireNeed();
    return this.#options.onFull === "drop-oldest" || this.isTaken(sent) || this.hasRoom;
  }

  /** Whether there is room for another chunk. */
  get hasRoom(): boolean {
    return this.#source.stats.bufferedBytes <= this.#limitBytes;
  }

  /** Points were dropped just now, by whatever: the outbox is full but for the last chunk. */
  noteDropped(reason: PointsLost["reason"]): void {
    if (reason === "full" && this.#mayDrop && !this.#dropsUntold) this.#requireFull("points");
  }

  /** What `send` has returned has resolved: so it has where it is returned for another point as well. */
  noteResolved(sent: Promise<void>): void {
    this.#taken = sent;
  }

  /** Whether `send` has taken a point already, as far as that is known. */
  isTaken(sent: Promise<void>): boolean {
    return sent === this.#taken;
  }

  /** It had room, and has refused a point: only one that stops may do so. */
  requireStopped(error: unknown): void {
    if (ENDING.has(this.#source.health.status)) return;
    this.#options.oracle.violate(
      `${this.#source.token}: there was room, and send has failed with ${error}`,
    );
  }

  // What is refused for what it is goes in the same moment, and has nothing to do with room.
  get #mayDrop(): boolean {
    const { onFull, mayBeRefused } = this.#options;
    return onFull === "drop-oldest" && !mayBeRefused && !isSizeless(this.#options);
  }

  /**
   * Whether `noteDropped` comes too late for a look at the room. Without confirms, what is handed to a
   * connection makes room at once; beside a spool it is the memory that is full.
   */
  get #dropsUntold(): boolean {
    const { delivery, spool } = this.#options;
    return this.#mayDrop && (delivery !== "confirmed" || spool !== undefined);
  }

  /** Without the last chunk that was dropped there was no room yet. */
  #requireNeed(): void {
    const { pointsDropped } = this.#source.stats;
    if (pointsDropped > this.#droppedPoints) {
      this.#requireFull(`${pointsDropped - this.#droppedPoints} points`);
    }
  }

  #requireFull(dropped: string): void {
    const { token, stats: { bufferedBytes } } = this.#source;
    const { oracle } = this.#options;
    const chunkBytes = LARGEST_POINT_BYTES * oracle.mostPointsOf(token) + CHUNK_BYTES;
    if (bufferedBytes > this.#limitBytes - chunkBytes) return;
    oracle.violate(
      `${token}: ${dropped} are dropped as the oldest, and ` +
        `${bufferedBytes} bytes of ${this.#limitBytes} are left`,
    );
  }
}
