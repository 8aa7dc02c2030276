/**
 * When a chunk that is not full is sent: points of a slow metric must not wait for others for ever.
 *
 * @module
 */

import type { Outbox } from "../outbox/outbox.ts";
import { type MonotonicClock, sleep } from "../time/clock.ts";
import { requireDuration } from "../time/require_duration.ts";
import type { Duration } from "../time/timedelta.ts";

const DEFAULT_AGE_MS = 10_000;
// The event loop turns in between, where 100 000 metrics are due together.
const CHUNKS_PER_TURN = 1000;
// Until there may be room again.
const RETRY_MS = 100;

/** What collects points. */
export interface Collecting {
  /** How many points make a chunk. */
  readonly chunkSize: number | null;
  /** Sends the points collected so far. */
  detachChunk(): void;
}

/** What {@linkcode ChunkAges} are made with. */
export interface ChunkAgesOptions {
  /** How old a chunk may become; `null` for any age. */
  readonly chunkAge: Duration | null | undefined;
  readonly clock: MonotonicClock;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
  /** Whether chunks have a place to go to: otherwise they would only become smaller. */
  readonly mayLeave: () => boolean;
  /**
   * Where chunks go. Without room the points stay where they are, so that those who send them wait, or are
   * refused, when a chunk is full.
   */
  readonly outbox: Pick<Outbox, "hasRoom" | "untilRoom" | "isCrowded">;
}

/**
 * The chunks of a source that are not full, oldest first, and one timer for all of them. It runs only
 * while there are such chunks, and they may leave.
 */
export class ChunkAges {
  readonly #options: ChunkAgesOptions;
  readonly #ageMs: number;
  // In the order of their first points, which is that of their deadlines.
  readonly #deadlinesMs = new Map<Collecting, number>();
  #isWaiting = false;

  /**
   * Begins with none.
   *
   * @throws {TypeError | RangeError | SyntaxError} If the age is not a duration above 0.
   */
  constructor(options: ChunkAgesOptions) {
    this.#options = options;
    const { chunkAge } = options;
    if (chunkAge === undefined) this.#ageMs = DEFAULT_AGE_MS;
    else if (chunkAge === null) this.#ageMs = Infinity;
    else this.#ageMs = requireDuration("Cannot use chunkAge", chunkAge).ms;
  }

  /** A metric has the first point of a chunk. */
  begin(metric: Collecting): void {
    // By default, metrics without a size are sent by `flush` alone.
    const ages = this.#ageMs < Infinity &&
      (metric.chunkSize !== null || this.#options.chunkAge !== undefined);
    if (!ages) return;
    this.#deadlinesMs.set(metric, this.#options.clock.nowMs() + this.#ageMs);
    this.resume();
  }

  /** A metric that has points has another chunk size. If they waited for `flush`, they age from now on. */
  resize(metric: Collecting): void {
    if (!this.#deadlinesMs.has(metric)) this.begin(metric);
  }

  /** A metric's chunk is detached. */
  end(metric: Collecting): void {
    this.#deadlinesMs.delete(metric);
  }

  /** Goes on: chunks may leave again. */
  resume(): void {
    if (!this.#isWaiting) void this.#detachInTime();
  }

  async #detachInTime(): Promise<void> {
    const { clock, signal, outbox } = this.#options;
    this.#isWaiting = true;
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      await clock.sleepUntil(next, signal);
      if (this.#next() === undefined || this.#detachDue()) continue;
      const room = outbox.untilRoom();
      if (room === undefined) await sleep(clock, RETRY_MS, signal);
      else {
        await room;
        this.#detachFirst();
      }
    }
    this.#isWaiting = false;
  }

  /** The first deadline, if it has to be waited for. */
  #next(): number | undefined {
    const { signal, mayLeave } = this.#options;
    if (signal.aborted || this.#deadlinesMs.size === 0 || !mayLeave()) return undefined;
    return this.#deadlinesMs.values().next().value;
  }

  /** Sends the chunks that are old enough. Returns whether there was room for them. */
  #detachDue(): boolean {
    const nowMs = this.#options.clock.nowMs();
    let chunks = 0;
    for (const [metric, deadlineMs] of this.#deadlinesMs) {
      if (deadlineMs > nowMs || ++chunks > CHUNKS_PER_TURN) return true;
      if (!this.#options.outbox.hasRoom) return false; // nor is there any for those behind it
      metric.detachChunk();
      this.#deadlinesMs.delete(metric);
    }
    return true;
  }

  /** Sends the oldest, which has waited for room, also if others have taken that: they may do so each time. */
  #detachFirst(): void {
    const { clock, outbox } = this.#options;
    const [metric] = this.#deadlinesMs.keys();
    const dueMs = this.#next();
    if (metric === undefined || dueMs === undefined) return;
    if (dueMs > clock.nowMs() || outbox.isCrowded) return;
    metric.detachChunk();
    this.#deadlinesMs.delete(metric);
  }
}
