/**
 * What lies between measuring and the broker: encoded chunks, in order, until the broker has
 * confirmed them. It knows bytes, not sockets; a {@linkcode ChunkSender} comes and goes with the
 * connection, and what it had not confirmed when it went is sent first by the next.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { backoffMs } from "../amqp/backoff.ts";
import { AgentStopped } from "../errors.ts";
import { type MonotonicClock, sleep, systemClock } from "../time/clock.ts";
import { type Backlog, MemoryBacklog, type RecoveredBacklog } from "./backlog.ts";
import { type Chunk, Entry } from "./chunk.ts";
import { DEFAULT_OUTBOX_BYTES, type OnFull, type PointsLost } from "./delivery_options.ts";
import { DrainWaiters } from "./drain_waiters.ts";
import { bySequence, Lane } from "./lane.ts";
import { OutageMeter } from "./outage_meter.ts";
import type { OutboxCounters } from "./stats.ts";

export type { Chunk };

/** The way to the broker while a connection is up. */
export interface ChunkSender {
  /** Whether chunks can be handed over now; when that turns true, `Outbox.resume` is called. */
  readonly writable: boolean;
  /** Whether the broker takes nothing at all for now. When that changes, `Outbox.resume` is called. */
  readonly blocked?: boolean;
  /** Hands a chunk over. Returns the tag for `Outbox.confirm`, larger than all before. */
  publish(routingKey: string, body: Uint8Array): number;
}

/** What an {@linkcode Outbox} is made with. */
export interface OutboxOptions {
  /** How many bytes of chunks are kept in memory at most. Default 64 MiB. */
  readonly maxBytes?: number;
  /** What happens when there are more. Default `"drop-oldest"`. */
  readonly onFull?: OnFull;
  /** Whether chunks are kept until they are confirmed, and not just until they are sent. Default. */
  readonly confirms?: boolean;
  /** The clock of outages, and of the pauses after a refusal. */
  readonly clock?: MonotonicClock;
  /** Called with each chunk that is given up, and why. */
  readonly onDrop: (chunk: Chunk, reason: PointsLost["reason"]) => void;
  /** Called when chunks were given up, and there is room again. */
  readonly onRelief?: () => void;
}

// So many chunks may be on the way at once: throughput must not wait for round trips.
const WINDOW_CHUNKS = 4096;
// A producer that never waits for anything real would keep the event loop from the sockets.
const PUSHES_PER_TURN = 64;

/** A bounded queue of chunks that empties itself into the broker. */
export class Outbox {
  readonly #options: Required<Omit<OutboxOptions, "maxBytes">>;
  readonly #maxBytes: number;
  readonly #outages: OutageMeter;
  readonly #lanes = new Map<string, Lane>();
  readonly #counters: OutboxCounters = {
    points: { taken: 0, recovered: 0, confirmed: 0, resent: 0, dropped: 0 },
    chunks: { taken: 0, recovered: 0, confirmed: 0, resent: 0, dropped: 0 },
    chunksReturned: 0,
  };
  readonly #closing = new AbortController();
  #backlog: Backlog;
  // Sent and not confirmed, by tag; a Map keeps the order of sending.
  readonly #sent = new Map<number, Entry>();
  #sentBytes = 0;
  // Those of which a chunk was refused, and what they hold back.
  readonly #heldLanes = new Set<Lane>();
  #heldBytes = 0;
  #sender: ChunkSender | undefined;
  #wasAttached = false;
  #chunks = 0;
  #nextSequence = 0;
  readonly #waiters = new DrainWaiters();
  #room: PromiseWithResolvers<void> | undefined;
  #pushesThisTurn = 0;
  #turn: Promise<void> | undefined;
  #retries = 0;
  #isRetrying = false;
  #isLosing = false;
  #state: "open" | "ending" | "closed" = "open";

  /** Makes an empty outbox without a sender. */
  constructor({ maxBytes = DEFAULT_OUTBOX_BYTES, ...options }: OutboxOptions) {
    this.#options = {
      onFull: "drop-oldest",
      confirms: true,
      clock: systemClock,
      onRelief: () => {},
      ...options,
    };
    this.#maxBytes = maxBytes;
    this.#backlog = new MemoryBacklog(maxBytes);
    this.#outages = new OutageMeter(this.#options.clock);
  }

  /** Bytes held, confirmed ones not counted. */
  get bytes(): number {
    return this.#backlog.bytes;
  }

  /** Chunks held, confirmed ones not counted. */
  get chunks(): number {
    return this.#chunks;
  }

  /** What has become of all chunks so far. */
  get counters(): Readonly<OutboxCounters> {
    return this.#counters;
  }

  /** How often and how long there was no sender. */
  get outages(): OutageMeter {
    return this.#outages;
  }

  /** Why no chunk should be pushed now, if so. */
  get refusal(): string | undefined {
    if (this.#state === "closed") return "the source has stopped";
    if (this.#state === "ending") return undefined;
    const { onFull } = this.#options;
    if (onFull === "fail" && this.#isFull) return "the outbox is full";
    // Who waits for each `send` adds one chunk at most; the others must be stopped somewhere.
    if (onFull === "wait" && this.#backlog.excessBytes > this.#maxBytes) {
      return "the outbox is full, and earlier points were not waited for";
    }
    return undefined;
  }

  /** Whether there ever was a sender. */
  get wasAttached(): boolean {
    return this.#wasAttached;
  }

  /** Whether nothing can be pushed any more. */
  get isClosed(): boolean {
    return this.#state === "closed";
  }

  /**
   * Keeps chunks in another place from now on, beginning with those that are there already.
   *
   * @param open Is given what makes an entry of a chunk; called once, before a sender is attached.
   */
  useBacklog(
    open: (makeEntry: (chunk: Chunk, sequence: number) => Entry) => RecoveredBacklog,
  ): void {
    const earlier = this.#backlog.close();
    const backlog = open((chunk, sequence) => this.#makeEntry(chunk, sequence));
    this.#backlog = backlog;
    const { chunks, points, nextSequence } = backlog.recovered;
    this.#counters.chunks.recovered += chunks;
    this.#counters.points.recovered += points;
    this.#chunks += chunks;
    // What was pushed before this comes after what is recovered.
    this.#nextSequence += nextSequence;
    for (const entry of earlier) {
      entry.sequence += nextSequence;
      void backlog.push(entry);
    }
    this.#waiters.prepend(chunks, nextSequence);
  }

  /**
   * Takes a chunk. If there is no room for it, the oldest ones make some, or the producer waits.
   *
   * @returns Nothing, or a promise when the producer should pause: until the chunk is safe in a
   * spool; for a turn of the event loop; until the next confirm, while the connection is up and half
   * of the outbox is full. During an outage it pauses only for `onFull: "wait"`.
   */
  push(chunk: Chunk): Promise<void> | undefined {
    const entry = this.#makeEntry(chunk, this.#nextSequence++);
    this.#chunks++;
    this.#counters.chunks.taken++;
    this.#counters.points.taken += chunk.points;
    const stored = this.#backlog.push(entry);
    this.resume();
    if (this.#options.onFull === "drop-oldest") {
      while (this.#isFull && this.#dropOldest());
    }
    const pause = this.#pause();
    if (stored === undefined || pause === undefined) return stored ?? pause;
    return Promise.all([stored, pause]).then(() => {});
  }

  /** Sends through `sender` from now on, beginning with what was never confirmed. */
  attach(sender: ChunkSender): void {
    this.detach();
    this.#sender = sender;
    this.#wasAttached = true;
    this.#outages.begin();
    this.resume();
  }

  /**
   * Stops sending. What was not confirmed is sent again, in order, by the next sender.
   *
   * @param sender Only if this one is attached.
   */
  detach(sender: ChunkSender | undefined = this.#sender): void {
    if (sender === undefined || sender !== this.#sender) return;
    this.#sender = undefined;
    this.#outages.lose();
    const entries = [...this.#sent.values()];
    for (const { lane } of entries) lane.inFlight = 0;
    for (const lane of this.#heldLanes) {
      this.#settleLane(lane);
      entries.push(...lane.clear());
    }
    this.#sent.clear();
    this.#sentBytes = 0;
    this.#heldLanes.clear();
    this.#heldBytes = 0;
    this.#backlog.unshift(entries.sort(bySequence));
    this.#releaseProducers();
  }

  /** Goes on sending: called when the sender has become writable, or blocked, or not so any more. */
  resume(): void {
    const sender = this.#sender;
    if (sender === undefined) return;
    if (!sender.blocked) this.#sendAll(sender);
    if (sender.blocked || !this.#options.confirms) {
      this.#endLosses();
      this.#releaseProducers();
    }
  }

  /**
   * Takes note of the broker's confirm of the chunk with a tag, or with `multiple` of all up to it.
   * A chunk that it refused (not `acked`) is sent again, in order within its metric.
   */
  confirm(tag: number, multiple: boolean, acked: boolean): void {
    if (multiple) {
      for (const [sentTag, entry] of this.#sent) {
        if (sentTag > tag) break;
        this.#settleSent(sentTag, entry, acked);
      }
    } else {
      const entry = this.#sent.get(tag);
      if (entry !== undefined) this.#settleSent(tag, entry, acked);
    }
    for (const lane of this.#heldLanes) this.#settleLane(lane);
    if (this.#heldLanes.size === 0) this.#retries = 0;
    this.#endLosses();
    this.#releaseProducers();
    this.resume();
  }

  /** Takes note of a chunk that the broker could not route to anybody. */
  returned(): void {
    this.#counters.chunksReturned++;
  }

  /**
   * Waits for the end of all that was pushed before the call.
   *
   * @throws {PublishFailed} When a part of it was given up: of which metric, and how many points.
   * @throws {AgentStopped} When the outbox is closed before.
   */
  drained(): Promise<void> {
    if (this.#chunks === 0) return Promise.resolve();
    if (this.isClosed) return Promise.reject(this.#notDrained());
    return this.#waiters.add(this.#nextSequence, this.#chunks);
  }

  /** Lets no producer wait, and refuses none, as the last chunks are to come. */
  end(): void {
    if (this.#state === "open") this.#state = "ending";
    this.#releaseProducers();
  }

  /** Takes and sends no more. What is left and not kept on disk is given up. */
  close(): void {
    if (this.#state === "closed") return;
    this.end();
    this.detach();
    this.#state = "closed";
    this.#closing.abort();
    this.#outages.end();
    for (const entry of this.#backlog.close()) this.#drop(entry, "stopped");
    this.#waiters.reject(this.#notDrained());
    this.#endLosses();
  }

  get #isFull(): boolean {
    return this.#backlog.excessBytes > 0;
  }

  #makeEntry(chunk: Chunk, sequence: number): Entry {
    let lane = this.#lanes.get(chunk.metric);
    if (lane === undefined) {
      lane = new Lane();
      this.#lanes.set(chunk.metric, lane);
    }
    return new Entry(chunk, sequence, lane);
  }

  #sendAll(sender: ChunkSender): void {
    for (const lane of this.#heldLanes) this.#sendHeld(sender, lane);
    while (this.#canSend(sender)) {
      if (this.#isHoldingTooMuch && !this.#shedHeld()) return;
      const entry = this.#backlog.shift();
      if (entry === undefined) return;
      if (entry.lane.isHeld) {
        this.#heldBytes += entry.sizeBytes;
        entry.lane.hold(entry);
        this.#sendHeld(sender, entry.lane);
      } else this.#send(sender, entry);
    }
  }

  #canSend(sender: ChunkSender): boolean {
    // In bytes as well: what is on its way cannot be dropped.
    return sender.writable && this.#sent.size < WINDOW_CHUNKS &&
      this.#sentBytes < this.#maxBytes / 2;
  }

  // What is held is in memory; with a spool, there may be more to come than fits there.
  get #isHoldingTooMuch(): boolean {
    return this.#heldBytes > this.#maxBytes / 2 && this.#backlog.bytes > this.#maxBytes;
  }

  #send(sender: ChunkSender, entry: Entry): void {
    if (entry.wasSent) {
      this.#counters.chunks.resent++;
      this.#counters.points.resent += entry.points;
    }
    entry.wasSent = true;
    const tag = sender.publish(entry.metric, entry.body);
    if (!this.#options.confirms) return this.#finish(entry);
    entry.lane.inFlight++;
    this.#sentBytes += entry.sizeBytes;
    this.#sent.set(tag, entry);
  }

  #sendHeld(sender: ChunkSender, lane: Lane): void {
    while (this.#canSend(sender)) {
      const entry = lane.next();
      if (entry === undefined) return;
      this.#heldBytes -= entry.sizeBytes;
      this.#send(sender, entry);
    }
  }

  #settleSent(tag: number, entry: Entry, acked: boolean): void {
    this.#sent.delete(tag);
    this.#sentBytes -= entry.sizeBytes;
    if (acked) {
      entry.lane.take(entry);
      this.#finish(entry);
    } else {
      entry.lane.refuse(entry);
      this.#heldLanes.add(entry.lane);
      this.#heldBytes += entry.sizeBytes;
    }
  }

  #settleLane(lane: Lane): void {
    for (const late of lane.settle()) {
      this.#heldBytes -= late.sizeBytes;
      this.#drop(late, "refused");
    }
    if (!lane.isHeld) this.#heldLanes.delete(lane);
    else if (lane.isPausing) this.#retryLater();
  }

  // A broker that refuses everything must not be asked again and again without a pause.
  #retryLater(): void {
    if (this.#isRetrying) return;
    this.#isRetrying = true;
    const pauseMs = backoffMs(this.#retries++, Math.random());
    void sleep(this.#options.clock, pauseMs, this.#closing.signal).then(() => {
      this.#isRetrying = false;
      for (const lane of this.#heldLanes) lane.resume();
      this.resume();
    });
  }

  #finish(entry: Entry): void {
    this.#counters.chunks.confirmed++;
    this.#counters.points.confirmed += entry.points;
    this.#forget(entry, false);
  }

  #drop(entry: Entry, reason: PointsLost["reason"]): void {
    this.#counters.chunks.dropped++;
    this.#counters.points.dropped += entry.points;
    this.#isLosing = true;
    this.#forget(entry, true);
    this.#options.onDrop(entry, reason);
  }

  // The newest chunk is never given up: one that is larger than the whole outbox gets its chance.
  #dropOldest(): boolean {
    if (this.#shedHeld()) return true;
    if (this.#backlog.length < 2) return false;
    const entry = this.#backlog.evict();
    if (entry === undefined) return false;
    this.#drop(entry, "full");
    return true;
  }

  // What is held was taken out of the backlog before, so it is older than all that is in there.
  #shedHeld(): boolean {
    if (this.#options.onFull !== "drop-oldest") return false;
    let oldest: Lane | undefined;
    for (const lane of this.#heldLanes) {
      if (sequenceOf(lane) < sequenceOf(oldest)) oldest = lane;
    }
    const entry = oldest?.shift();
    if (entry === undefined) return false;
    this.#heldBytes -= entry.sizeBytes;
    this.#drop(entry, "full");
    return true;
  }

  #forget(entry: Entry, isLost: boolean): void {
    this.#chunks--;
    this.#backlog.forget(entry);
    this.#waiters.settle(entry, isLost);
  }

  #notDrained(): AgentStopped {
    return new AgentStopped(
      `Cannot flush: the source has stopped before ${this.#chunks} chunk(s) were confirmed`,
    );
  }

  #endLosses(): void {
    const isOver = this.isClosed ||
      (this.#heldLanes.size === 0 && this.#backlog.bytes <= this.#maxBytes / 2);
    if (!this.#isLosing || !isOver) return;
    this.#isLosing = false;
    this.#options.onRelief();
  }

  get #mustWait(): boolean {
    return this.#options.onFull === "wait" && this.#state === "open" && this.#isFull;
  }

  #releaseProducers(): void {
    if (this.#room === undefined || this.#mustWait) return;
    this.#room.resolve();
    this.#room = undefined;
  }

  #pause(): Promise<void> | undefined {
    const isUp = this.#sender !== undefined && !this.#sender.blocked;
    if (this.#mustWait || (isUp && this.#backlog.bytes > this.#maxBytes / 2)) {
      this.#room ??= Promise.withResolvers();
      return this.#room.promise;
    }
    if (++this.#pushesThisTurn < PUSHES_PER_TURN) return undefined;
    this.#turn ??= new Promise((resolve) =>
      setImmediate(() => {
        this.#pushesThisTurn = 0;
        this.#turn = undefined;
        resolve();
      })
    );
    return this.#turn;
  }
}

function sequenceOf(lane: Lane | undefined): number {
  return lane?.first?.sequence ?? Infinity;
}
