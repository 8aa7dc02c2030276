/**
 * What lies between measuring and the broker: encoded chunks, in order, until the broker has acked
 * them. It knows bytes, not sockets; a {@linkcode ChunkSender} comes and goes with the connection,
 * and what was not acked when it went is sent first by the next.
 *
 * A chunk is detached from its builder, admitted here, sent, and acked. One that is nacked is sent
 * again, or dropped.
 *
 * @module
 */

import type { Histogram } from "../histogram.ts";
import { type Backlog, MemoryBacklog, type RecoveredBacklog } from "./backlog.ts";
import type { Chunk } from "./chunk.ts";
import type { ChunkSender } from "./chunk_sender.ts";
import type { LossReason } from "./delivery_options.ts";
import { type HandedChunk, HandedOver } from "./handed_over.ts";
import { EntryPool } from "./entry_pool.ts";
import { type Entry, Lane } from "./lane.ts";
import { Ledger, type OutboxCounters } from "./ledger.ts";
import type { OutboxOptions } from "./outbox_options.ts";
import { ProducerPause } from "./producer_pause.ts";
import { StallWatch } from "./stall_watch.ts";
import { Transit } from "./transit.ts";
import { type ChunkRefusal, Verdicts } from "./verdicts.ts";

export type { Chunk, ChunkRefusal, ChunkSender, Lane };

// Producers that are faster than the broker wait from here on: more than what is in flight, so that it
// never waits for them, and not so much that a process at full speed grows to what an outage may take.
const PACE_BYTES = 6 * 2 ** 20;
// Without confirms nothing is in flight.
const UNCONFIRMED_PACE_BYTES = 2 * 2 ** 20;
// And from here on, where chunks are small, beside those in flight.
const PACE_CHUNKS = 4096;

/** A bounded queue of chunks that empties itself into the broker. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #paceBytes: number;
  readonly #lanes = new Map<string, Lane>();
  readonly #ledger = new Ledger();
  readonly #verdicts = new Verdicts();
  // Without confirms only.
  readonly #handedOver = new HandedOver();
  readonly #entries = new EntryPool();
  readonly #transit: Transit;
  readonly #producers: ProducerPause;
  readonly #stall: StallWatch;
  #backlog: Backlog;
  #sender: ChunkSender | undefined;
  // The last one until its connection ends, which may be up when a refusal has ended the sender.
  #connected: ChunkSender | undefined;
  #wasAttached = false;
  #nextSequence = 0;
  #isLosing = false;
  // Chunks are dropped for what they are. That may go on for long, and is told of each metric.
  #isRefused = false;
  #state: "open" | "ending" | "closed" = "open";

  /** Makes an empty outbox without a sender. */
  constructor(options: OutboxOptions) {
    this.#options = options;
    const { maxBytes, onFull, confirms, clock, randomness, watch } = options;
    this.#paceBytes = Math.min(maxBytes / 2, confirms ? PACE_BYTES : UNCONFIRMED_PACE_BYTES);
    this.#backlog = new MemoryBacklog(maxBytes);
    this.#producers = new ProducerPause(clock, watch);
    this.#transit = new Transit({
      maxBytes,
      confirms,
      mayDrop: onFull === "drop-oldest",
      clock,
      randomness,
      verdicts: this.#verdicts,
      onResend: (entry) => this.#ledger.resend(entry),
      onAck: (entry) => this.#ack(entry),
      onDrop: (entry, reason, words) => this.#drop(entry, reason, words),
      onResume: () => this.resume(),
    });
    this.#stall = new StallWatch({
      clock,
      isInFlight: () => this.#transit.isInFlight,
      onStalled: options.onStalled,
      onMoving: options.onMoving,
    });
  }

  /** Bytes of the chunks that are neither acked nor dropped. */
  get bytes(): number {
    return this.#backlog.bytes;
  }

  /** How many chunks are neither acked nor dropped. */
  get chunks(): number {
    return this.#ledger.chunks;
  }

  /** What has become of all chunks so far. */
  get counters(): Readonly<OutboxCounters> {
    return this.#ledger.counters;
  }

  /** How long the broker takes to ack, in seconds. */
  get confirmSeconds(): Histogram {
    return this.#transit.confirmTimer.seconds;
  }

  /** Why no chunk should be admitted now, if so. */
  get refusal(): string | undefined {
    if (this.#state !== "open") return this.isClosed ? "the source has stopped" : undefined;
    const { onFull } = this.#options;
    if (onFull === "fail" && this.#isFull) return "the outbox is full";
    // A caller that awaits each `send` adds at most one chunk; one that does not has to be stopped.
    if (onFull === "wait" && this.#backlog.excessBytes > this.#options.maxBytes) {
      return "the outbox holds twice as much as it may: earlier points were not waited for, " +
        "or chunks are too large for outboxMaxBytes";
    }
    return undefined;
  }

  /** Whether a chunk that no caller waits for may be admitted. */
  get hasRoom(): boolean {
    return this.#options.onFull === "drop-oldest" || !this.#isFull;
  }

  /** For callers that add several chunks: what to wait for before the next (`onFull: "wait"`). */
  untilRoom(): Promise<void> | undefined {
    return this.#mustWait ? this.#producers.untilRoom() : undefined;
  }

  /**
   * Whether callers that have waited for room have to wait again, as others have taken it. They may take
   * half as much again, which those others leave sooner or later; the rest is for these.
   */
  get isCrowded(): boolean {
    return this.#mustWait && this.#backlog.excessBytes > this.#options.maxBytes / 2;
  }

  /** Whether there is a sender. */
  get isAttached(): boolean {
    return this.#sender !== undefined;
  }

  /** Whether there ever was a sender. */
  get wasAttached(): boolean {
    return this.#wasAttached;
  }

  /** Whether nothing can be admitted any more. */
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
    const backlog = open((chunk, sequence) =>
      this.#entries.take(chunk, sequence, this.lane(chunk.metric))
    );
    this.#backlog = backlog;
    this.#ledger.recover(backlog.recovered);
    const { nextSequence, lost = [] } = backlog.recovered;
    // What was admitted before this comes after what is recovered.
    this.#nextSequence += nextSequence;
    for (const entry of earlier) {
      entry.sequence += nextSequence;
      void backlog.push(entry);
    }
    for (const loss of lost) {
      this.#isLosing = true;
      this.#ledger.lose(loss);
      this.#options.onDrop({ ...loss, body: new Uint8Array(0) }, "damaged");
    }
    this.#endLosses();
  }

  /** A chunk of the backlog cannot be read any more. */
  loseDamaged(entry: Entry): void {
    this.#drop(entry, "damaged");
  }

  /** What is known of one metric, to be looked up once by a producer of many chunks of it. */
  lane(metric: string): Lane {
    let lane = this.#lanes.get(metric);
    if (lane === undefined) {
      lane = new Lane();
      this.#lanes.set(metric, lane);
    }
    return lane;
  }

  /**
   * Admits a chunk. If there is no room for it, the oldest ones are dropped, or the producer waits.
   *
   * @param lane Its metric's.
   * @returns Nothing, or a promise when the producer should pause: until the chunk is safe in a
   * spool; for a turn of the event loop; until the next ack, while the connection is up and the outbox
   * holds 6 MiB (without confirms 2), or half of what it may, or 4096 chunks that are not sent yet.
   * During an outage, and when there was no ack for a second, which may be an outage that has not been
   * noticed yet, it pauses only for `onFull: "wait"`.
   */
  admit(chunk: Chunk, lane: Lane = this.lane(chunk.metric)): Promise<void> | undefined {
    const entry = this.#entries.take(chunk, this.#nextSequence++, lane);
    this.#ledger.admit(chunk);
    const stored = this.#backlog.push(entry);
    this.resume();
    if (this.#options.onFull === "drop-oldest") {
      while (this.#isFull && this.#dropOldest());
    }
    const pause = this.#pause();
    if (stored === undefined || pause === undefined) return stored ?? pause;
    return Promise.all([stored, pause]).then(() => {});
  }

  /**
   * Sends through `sender` from now on, beginning with what was sent and not acked. After `refuse`, and
   * without `detach`, it belongs to the same connection.
   */
  attach(sender: ChunkSender): void {
    if (this.isAttached) this.detach();
    this.#handedOver.clear();
    this.#sender = sender;
    this.#connected = sender;
    this.#wasAttached = true;
    // The broker has answered by a refusal, if it had confirmed nothing on this connection.
    this.#stall.confirmed();
    this.#releaseProducers();
    this.resume();
    this.#options.onAttached();
  }

  /**
   * Stops sending, as the connection has ended. What was not acked is sent again, in order, by the next
   * sender.
   *
   * @param sender Only if this one was attached last. That it was refused does not matter.
   */
  detach(sender: ChunkSender | undefined = this.#connected): void {
    if (sender === undefined || sender !== this.#connected) return;
    this.#leave(this.#transit.clear());
    this.#connected = undefined;
    this.#stall.end();
    this.#verdicts.forgetLimit();
  }

  /**
   * Stops sending, as the broker has refused a chunk for what it is. That chunk is given up if it is
   * known; otherwise those that it may have been are sent one at a time by the next sender. Without
   * confirms the chunks are gone, and what is known to be lost is counted.
   *
   * @returns Whether that may help. If not, no chunk is the reason.
   */
  refuse(sender: ChunkSender, refusal: ChunkRefusal): boolean {
    if (sender !== this.#sender) return true;
    if (!this.#options.confirms) return this.#takeBack(refusal);
    const { guilty, rest } = this.#transit.refuse(refusal);
    this.#leave(rest);
    for (const entry of guilty) this.#drop(entry, "refused", refusal.reason);
    return guilty.length > 0 || this.#verdicts.hasSuspects;
  }

  /** Sends again what was forbidden: this source may have been given the right to. */
  pardon(): void {
    this.#verdicts.forgetForbidden();
    if (!this.#isRefused || this.#isLosing) return;
    this.#isRefused = false;
    this.#options.onRelief();
  }

  /** Goes on sending: called when the sender has become writable, or blocked, or not so any more. */
  resume(): void {
    this.#stall.block(this.#connected?.blocked ?? false);
    const sender = this.#sender;
    if (sender === undefined) return;
    const { bytes } = this.#backlog;
    if (!sender.blocked) this.#transit.send(sender, this.#backlog);
    if (this.#transit.isInFlight) this.#stall.expectConfirms();
    // Without confirms, what is handed over need not be kept.
    if (sender.blocked || this.#backlog.bytes < bytes) {
      this.#endLosses();
      this.#releaseProducers();
    }
  }

  /**
   * The broker's confirm, an ack or a nack, of the chunk with a tag, or with `multiple` of all up to
   * it. What is nacked is sent again, in order within its metric.
   *
   * @param isOneOfMany Whether others came together with it, and `proceed` is called behind the last.
   */
  confirm(tag: number, multiple: boolean, acked: boolean, isOneOfMany: boolean = false): void {
    this.#stall.confirmed();
    this.#transit.confirm(tag, multiple, acked);
    if (!isOneOfMany) this.proceed();
  }

  /** Goes on, as chunks were confirmed. */
  proceed(): void {
    this.#endLosses();
    this.#releaseProducers();
    this.resume();
  }

  /** The broker gave back a chunk that has no receiver. */
  returned(): void {
    this.#ledger.return();
  }

  /**
   * Waits for the end of all that was admitted before the call, and of what `admit` admits.
   *
   * @param admit Called at once; what it returns is waited for first. It calls `onNext` just before each
   * chunk that it admits, as others may admit chunks meanwhile.
   * @param only The metric of which nothing may be dropped.
   * @default {any}
   * @throws {PublishFailed} If a part of it was dropped: of which metric, and how many points.
   * @throws {AgentStopped} If the outbox is closed before.
   */
  async drained(
    admit?: (onNext: () => void) => Promise<void> | undefined,
    only?: string,
  ): Promise<void> {
    const { waiters } = this.#ledger;
    const waiter = waiters.begin(this.#nextSequence, this.chunks, only);
    try {
      const admitted = admit?.(() => waiters.add(waiter, this.#nextSequence));
      if (admitted !== undefined) await admitted;
      if (this.isClosed && this.chunks > 0) throw this.#ledger.notDrained();
    } catch (error) {
      waiters.cancel(waiter);
      throw error;
    }
    await waiters.untilEnd(waiter);
  }

  /** Stops holding back producers, so that the last chunks get in. */
  end(): void {
    if (this.#state === "open") this.#state = "ending";
    this.#releaseProducers();
  }

  /** Admits and sends no more. What is left and not kept on disk is dropped. */
  close(): void {
    if (this.#state === "closed") return;
    this.end();
    this.detach();
    this.#state = "closed";
    this.#transit.close();
    this.#producers.close();
    this.#endLosses();
    for (const entry of this.#backlog.close()) this.#drop(entry, "stopped");
    this.#ledger.close();
    this.#endLosses();
  }

  #leave(rest: readonly Entry[]): void {
    this.#sender = undefined;
    this.#stall.pause();
    this.#backlog.unshift(rest);
    this.#releaseProducers();
  }

  #takeBack(refusal: ChunkRefusal): boolean {
    this.#leave(this.#transit.clear());
    const [first, ...behind] = this.#handedOver.lostBy(refusal);
    if (first === undefined) return false;
    const metric = this.#refusedMetric(refusal, first);
    if (metric === undefined) return false;
    this.#verdicts.note(refusal, metric);
    const { reason } = refusal;
    const lose = (chunk: HandedChunk, words: string) => {
      this.#ledger.takeBack(chunk);
      this.#options.onTakenBack(chunk, words);
    };
    this.#isRefused = true;
    lose(first, `${reason} (without confirms, more may be lost)`);
    for (const chunk of behind) lose(chunk, `${reason} (of a chunk that was sent before)`);
    return true;
  }

  /** The metric that is refused: that of the first chunk which is lost, unless the refused one is forgotten. */
  #refusedMetric(refusal: ChunkRefusal, { metric }: HandedChunk): string | undefined {
    if (refusal.kind !== "forbidden" || refusal.mayBe(metric)) return metric;
    const [only, another] = [...this.#lanes.keys()].filter((known) => refusal.mayBe(known));
    return another === undefined ? only : undefined;
  }

  get #isFull(): boolean {
    return this.#backlog.excessBytes > 0;
  }

  #ack(entry: Entry): void {
    this.#backlog.forget(entry);
    this.#ledger.ack(entry);
    if (!this.#options.confirms) {
      this.#handedOver.add(entry.metric, entry.points, entry.bodyBytes);
    }
    entry.memory?.release();
    // Not one that is dropped: the reports of losses may know it.
    this.#entries.give(entry);
  }

  #drop(entry: Entry, reason: LossReason, words?: string): void {
    if (words === undefined) this.#isLosing = true;
    else this.#isRefused = true;
    this.#verdicts.acquit(entry);
    this.#backlog.forget(entry);
    this.#ledger.drop(entry);
    this.#options.onDrop(entry, reason, words);
    entry.memory?.release();
  }

  #dropOldest(): boolean {
    // What is in transit left the backlog before, so it is older than all in there.
    if (this.#transit.dropHeld()) return true;
    // The newest is never dropped: one that is larger than the whole outbox gets its chance.
    if (this.#backlog.length < 2) return false;
    const entry = this.#backlog.evict();
    if (entry === undefined) return false;
    this.#drop(entry, "full");
    return true;
  }

  #endLosses(): void {
    const isOver = this.isClosed ||
      (!this.#transit.isHolding && this.#backlog.bytes <= this.#options.maxBytes / 2);
    const isLosing = this.#isLosing || (this.isClosed && this.#isRefused);
    if (!isLosing || !isOver) return;
    this.#isLosing = false;
    this.#isRefused = false;
    this.#options.onRelief();
  }

  get #mustWait(): boolean {
    return this.#options.onFull === "wait" && this.#state === "open" && this.#isFull;
  }

  #releaseProducers(): void {
    if (!this.#mustWait) this.#producers.giveRoom();
  }

  #pause(): Promise<void> | undefined {
    const room = this.untilRoom();
    if (room !== undefined) return room;
    const isUp = this.#sender !== undefined && !this.#sender.blocked;
    const isAhead = this.#backlog.length > PACE_CHUNKS || this.#backlog.bytes > this.#paceBytes;
    if (!isUp || !isAhead) return this.#producers.untilTurn();
    return this.#producers.untilPace(this.#transit.confirmTimer.sentAtMs);
  }
}
