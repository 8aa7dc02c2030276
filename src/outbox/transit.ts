/**
 * The way from the backlog to the broker, as far as chunks can get lost or out of order on it.
 *
 * @module
 */

import type { Pace } from "../time/backoff.ts";
import type { Backlog } from "./backlog.ts";
import type { ChunkSender } from "./chunk_sender.ts";
import { ConfirmTimer } from "./confirm_timer.ts";
import { HeldLanes } from "./held_lanes.ts";
import { InFlight } from "./in_flight.ts";
import { bySequence, type Entry, type Lane } from "./lane.ts";
import type { ChunkRefusal, Verdicts } from "./verdicts.ts";

/** What a {@linkcode Transit} is made with; the pace is that of the pauses after a nack. */
export interface TransitOptions extends Pace {
  /** How many bytes the outbox keeps in memory at most; half of them, 4 MiB at most, may be at the broker. */
  readonly maxBytes: number;
  /** Whether chunks are kept until they are confirmed, and not just until they are sent. */
  readonly confirms: boolean;
  /** Whether held chunks may be dropped to make room. */
  readonly mayDrop: boolean;
  /** What the broker has refused for what it is. */
  readonly verdicts: Verdicts;
  /** Called with each chunk that was sent before, when it is sent once more. */
  readonly onResend: (entry: Entry) => void;
  /** Called with each chunk that was acked; without confirms, with each that was sent. */
  readonly onAck: (entry: Entry) => void;
  /**
   * Called with each chunk that is dropped, and why; `words` are the broker's, if it has refused the
   * chunk for what it is.
   */
  readonly onDrop: (entry: Entry, reason: "refused" | "full", words?: string) => void;
  /** Called after a pause, when nacked chunks may be sent again. */
  readonly onResume: () => void;
}

/**
 * The chunks that have left the backlog: in flight, or held back since the broker has nacked one of
 * their metric.
 */
export class Transit {
  /** How long the broker takes to confirm. */
  readonly confirmTimer: ConfirmTimer;
  readonly #options: TransitOptions;
  readonly #inFlight: InFlight;
  readonly #held: HeldLanes;

  /** Begins with none. */
  constructor(options: TransitOptions) {
    const { maxBytes, clock, randomness, onDrop, onResume } = options;
    this.confirmTimer = new ConfirmTimer(clock);
    this.#options = options;
    this.#inFlight = new InFlight(maxBytes / 2);
    const onLate = (entry: Entry) => onDrop(entry, "refused");
    this.#held = new HeldLanes({ clock, randomness, onLate, onResume });
  }

  /** Whether chunks are held back. */
  get isHolding(): boolean {
    return !this.#held.isEmpty;
  }

  /** Whether chunks wait for their confirm. */
  get isInFlight(): boolean {
    return !this.#inFlight.isEmpty;
  }

  /** Sends as much as may be sent now, beginning with what is held. */
  send(sender: ChunkSender, backlog: Backlog): void {
    for (const lane of this.#held) this.#sendHeld(sender, lane);
    while (this.#canSend(sender)) {
      if (this.#isHoldingTooMuch(backlog)) return;
      const entry = backlog.shift();
      if (entry === undefined) return;
      if (entry.lane.isHeld) {
        this.#held.hold(entry);
        this.#sendHeld(sender, entry.lane);
      } else this.#send(sender, entry);
    }
  }

  /**
   * The broker has refused one of those in flight for what it is. Removes all, as those behind it are
   * lost with it: those that are to be given up, and those to be sent again, in order.
   */
  refuse(refusal: ChunkRefusal): { readonly guilty: readonly Entry[]; readonly rest: Entry[] } {
    this.confirmTimer.cancel();
    const inFlight = this.#inFlight.clear();
    const guilty = new Set(this.#options.verdicts.judge(refusal, inFlight));
    const rest = [...inFlight.filter((entry) => !guilty.has(entry)), ...this.#held.clear()];
    return { guilty: [...guilty], rest: rest.sort(bySequence) };
  }

  /** The broker has acked or nacked the chunk with a tag, or with `multiple` all up to it. */
  confirm(tag: number, multiple: boolean, acked: boolean): void {
    this.confirmTimer.end(tag, multiple);
    const inFlight = this.#inFlight;
    let entry = multiple ? inFlight.removeOldest(tag) : inFlight.remove(tag);
    for (; entry !== undefined; entry = multiple ? inFlight.removeOldest(tag) : undefined) {
      this.#options.verdicts.acquit(entry);
      if (acked) {
        entry.lane.ack(entry);
        this.#options.onAck(entry);
      } else this.#held.nack(entry);
    }
    this.#held.settle();
  }

  /** Removes all, in order, as the connection is gone. */
  clear(): Entry[] {
    this.confirmTimer.cancel();
    return [...this.#inFlight.clear(), ...this.#held.clear()].sort(bySequence);
  }

  /** Ends the pause, if there is one. */
  close(): void {
    this.#held.close();
  }

  /** Drops the oldest chunk that is held back, if that is allowed and there is one. */
  dropHeld(): boolean {
    const entry = this.#options.mayDrop ? this.#held.shift() : undefined;
    if (entry === undefined) return false;
    this.#options.onDrop(entry, "full");
    return true;
  }

  #sendHeld(sender: ChunkSender, lane: Lane): void {
    while (this.#canSend(sender)) {
      const entry = this.#held.next(lane);
      if (entry === undefined) return;
      this.#send(sender, entry);
    }
  }

  #send(sender: ChunkSender, entry: Entry): void {
    const words = this.#options.verdicts.against(entry);
    if (words !== undefined) {
      this.#options.onDrop(entry, "refused", words);
      if (entry.lane.isHeld) this.#held.settle(); // it may have been the last one that is held
      return;
    }
    if (entry.wasSent) this.#options.onResend(entry);
    entry.wasSent = true;
    const tag = sender.publish(entry.metric, entry.body);
    if (!this.#options.confirms) return this.#options.onAck(entry);
    this.#inFlight.add(tag, entry);
    this.confirmTimer.begin(tag);
  }

  #canSend(sender: ChunkSender): boolean {
    if (this.#options.verdicts.hasSuspects && this.isInFlight) return false;
    return sender.writable && this.#inFlight.hasRoom;
  }

  // What is held is in memory; with a spool, there may be more to come than fits there. It waits on disk,
  // also what is of other metrics: to drop what is held would let these pass, and lose what the disk has
  // room for.
  #isHoldingTooMuch(backlog: Backlog): boolean {
    const { maxBytes } = this.#options;
    return this.#held.bytes > maxBytes / 2 && backlog.bytes > maxBytes;
  }
}
