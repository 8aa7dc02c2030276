/**
 * What an outbox is made with.
 *
 * @module
 */

import type { Pace } from "../time/backoff.ts";
import type { WatchedCalls } from "../time/watched_calls.ts";
import type { Chunk } from "./chunk.ts";
import type { LossReason, OnFull } from "./delivery_options.ts";
import type { HandedChunk } from "./handed_over.ts";
import type { StallReason } from "./stall_watch.ts";

/** What an `Outbox` is made with; the pace is that of the pauses after a nack. */
export interface OutboxOptions extends Pace {
  /** How many bytes of chunks are kept in memory at most. */
  readonly maxBytes: number;
  /** What happens when there are more. */
  readonly onFull: OnFull;
  /** Whether chunks are kept until they are acked, and not just until they are sent. */
  readonly confirms: boolean;
  /**
   * Called with each chunk that is dropped, and why; `words` are the broker's, if it has refused the
   * chunk for what it is.
   */
  readonly onDrop: (chunk: Chunk, reason: LossReason, words?: string) => void;
  /** Called when there is a sender, and it has been given what waits. */
  readonly onAttached: () => void;
  /**
   * Called, without confirms, with each chunk that was handed over and is lost, as the broker has refused
   * it, or one before it, with these words.
   */
  readonly onTakenBack: (chunk: HandedChunk, words: string) => void;
  /** Called when chunks were dropped, and there is room again, or what was refused is allowed again. */
  readonly onRelief: () => void;
  /** Called when chunks do not move although there is a sender, and why. */
  readonly onStalled: (reason: StallReason) => void;
  /** Called when they move again, but not when the sender is gone. */
  readonly onMoving: () => void;
  /** Watches producers that wait for room. */
  readonly watch: WatchedCalls;
}
