/**
 * How producers are slowed down to what can be sent.
 *
 * @module
 */

import { type MonotonicClock, nextTurn } from "../time/clock.ts";
import type { WatchedCalls } from "../time/watched_calls.ts";

// A producer that never waits for anything outside would keep the event loop from the sockets.
const CHUNKS_PER_TURN = 64;
// A broker that acks nothing for this long is not slow but out of reach, though the connection may
// not have noticed yet: that can take two heartbeats.
const STALL_MS = 1000;

/** What the producers of an outbox wait for: all of them for the same. */
export class ProducerPause {
  readonly #clock: MonotonicClock;
  readonly #watch: WatchedCalls;
  #waiting: number | undefined;
  readonly #closing = new AbortController();
  #room: PromiseWithResolvers<void> | undefined;
  #pace: PromiseWithResolvers<void> | undefined;
  #gaveRoomAtMs = -Infinity;
  #quietSinceMs = -Infinity;
  #isWatching = false;
  #chunksThisTurn = 0;
  #turn: Promise<void> | undefined;

  /** The clock tells for how long there was no room; `watch` learns of waits for room. */
  constructor(clock: MonotonicClock, watch: WatchedCalls) {
    this.#clock = clock;
    this.#watch = watch;
  }

  /** Waits until the next `giveRoom`. */
  untilRoom(): Promise<void> {
    if (this.#room === undefined) {
      this.#room = Promise.withResolvers();
      this.#waiting = this.#watch.begin();
    }
    return this.#room.promise;
  }

  /**
   * As `untilRoom`, but no longer than a second after there was room, or after what is not confirmed yet
   * was sent: a broker that was asked for nothing until now is not out of reach.
   *
   * @param sentAtMs When that was, if anything is in flight.
   */
  untilPace(sentAtMs: number = -Infinity): Promise<void> | undefined {
    this.#quietSinceMs = Math.max(this.#gaveRoomAtMs, sentAtMs);
    if (this.#isStalled) return this.untilTurn();
    this.#pace ??= Promise.withResolvers();
    if (!this.#isWatching) void this.#watchPace();
    return this.#pace.promise;
  }

  /** There is room. */
  giveRoom(): void {
    this.#gaveRoomAtMs = this.#quietSinceMs = this.#clock.nowMs();
    this.#room?.resolve();
    this.#room = undefined;
    if (this.#waiting !== undefined) this.#watch.end(this.#waiting);
    this.#waiting = undefined;
    this.#quicken();
  }

  /** Waits for a turn of the event loop, if many chunks came since the last. */
  untilTurn(): Promise<void> | undefined {
    if (++this.#chunksThisTurn < CHUNKS_PER_TURN) return undefined;
    this.#turn ??= new Promise((resolve) =>
      nextTurn(this.#clock, () => {
        this.#chunksThisTurn = 0;
        this.#turn = undefined;
        resolve();
      })
    );
    return this.#turn;
  }

  /** Ends the watch over the pace. */
  close(): void {
    this.#closing.abort();
  }

  get #isStalled(): boolean {
    return this.#clock.nowMs() >= this.#quietSinceMs + STALL_MS;
  }

  // One timer at a time, not one for each of the waits, of which there may be thousands a second.
  async #watchPace(): Promise<void> {
    const { signal } = this.#closing;
    this.#isWatching = true;
    while (this.#pace !== undefined && !this.#isStalled && !signal.aborted) {
      await this.#clock.sleepUntil(this.#quietSinceMs + STALL_MS, signal);
    }
    this.#isWatching = false;
    this.#quicken();
  }

  #quicken(): void {
    this.#pace?.resolve();
    this.#pace = undefined;
  }
}
