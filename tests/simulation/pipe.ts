/**
 * One direction of a simulated connection.
 *
 * @module
 */

import type { SimulatedClock } from "./clock.ts";
import type { Random } from "./random.ts";
import { copyOf } from "./slab.ts";

/** How bytes travel. */
export interface Conditions {
  /** How long they take at least. */
  readonly latencyMs: number;
  /** How much longer at most. */
  readonly jitterMs: number;
  /** The part of all writes that arrive in pieces. */
  readonly cutting: number;
}

/** Where a pipe ends. */
export interface PipeEnd {
  /** Takes bytes. Returns whether they are consumed, or `consumed` is called later. */
  receive(bytes: Uint8Array): boolean;
  /** The other side has ended the connection: in order, or for a reason. */
  ended(failure?: Error): void;
}

interface Piece {
  readonly arrivesAtMs: number;
  /** `undefined` at the end. */
  readonly bytes: Uint8Array | undefined;
  readonly failure?: Error | undefined;
}

interface Writing {
  readonly bytes: Uint8Array;
  taken: number;
  readonly onTaken: (() => void) | undefined;
}

// What the buffers of both systems hold together.
const CAPACITY_BYTES = 256 * 1024;
const MOST_PIECES = 4;
// How long a system that is busy takes for a write for which it has room, and how often.
const SLOWEST_WRITE_MS = 20;
const SLOW_WRITES = 0.02;

/** Carries bytes in order, as TCP does: late, in pieces, or not at all. */
export class Pipe {
  readonly #clock: SimulatedClock;
  readonly #random: Random;
  readonly #conditions: Conditions;
  readonly #end: PipeEnd;
  #writings: Writing[] = [];
  #pieces: Piece[] = [];
  #unconsumedBytes = 0;
  #lastArrivalMs = 0;
  #heldUntilMs = 0;
  #isScheduled = false;
  #isEnding = false;
  #isOver = false;

  /** Carries to an end. */
  constructor(clock: SimulatedClock, random: Random, conditions: Conditions, end: PipeEnd) {
    this.#clock = clock;
    this.#random = random;
    this.#conditions = conditions;
    this.#end = end;
  }

  /** How many more bytes the sender's system takes now. */
  get room(): number {
    return this.#writings.length > 0 ? 0 : CAPACITY_BYTES - this.#unconsumedBytes;
  }

  /** Sends bytes, which must not change before `onTaken`; without one they are no more than there is room for. */
  write(bytes: Uint8Array, onTaken?: () => void): void {
    if (this.#isOver || this.#isEnding) return;
    this.#writings.push({ bytes, taken: 0, onTaken });
    this.#take();
  }

  /** Receives no more writes, and tells the end when all of them have arrived. */
  end(): void {
    if (this.#isEnding || this.#isOver) return;
    this.#isEnding = true;
    this.#endWhenTaken();
  }

  /** Loses what the sender's system has not taken. */
  giveUp(): void {
    this.#writings = [];
    this.end();
  }

  /** Loses everything; the end learns of it now. */
  break(failure: Error): void {
    if (this.#isOver) return;
    this.#writings = [];
    this.#isEnding = true;
    this.#pieces = [{ arrivesAtMs: this.#clock.nowMs(), bytes: undefined, failure }];
    this.#heldUntilMs = 0;
    this.#schedule();
  }

  /** Whether nothing will ever arrive, and the sender does not know. */
  get isSilent(): boolean {
    return this.#heldUntilMs === Infinity && !this.#isOver;
  }

  /** Whether the receiver is yet to learn that nothing more will come. */
  get isEnding(): boolean {
    return this.#isEnding && !this.#isOver;
  }

  /** Nothing arrives until then; `Infinity`: nothing ever does, and nobody is told. */
  hold(untilMs: number): void {
    this.#heldUntilMs = Math.max(this.#heldUntilMs, untilMs);
  }

  /** The receiver has taken bytes out of its system's buffer. */
  consumed(bytes: number): void {
    this.#unconsumedBytes -= bytes;
    this.#take();
  }

  #take(): void {
    for (let writing = this.#writings[0]; writing !== undefined; writing = this.#writings[0]) {
      const room = CAPACITY_BYTES - this.#unconsumedBytes;
      const bytes = Math.min(room, writing.bytes.byteLength - writing.taken);
      if (bytes > 0) {
        const isAll = bytes === writing.bytes.byteLength;
        const taken = isAll
          ? writing.bytes
          : writing.bytes.subarray(writing.taken, writing.taken + bytes);
        this.#send(copyOf(taken));
      }
      writing.taken += bytes;
      if (writing.taken < writing.bytes.byteLength) return;
      this.#writings.shift();
      const isSlow = this.#random.chance(SLOW_WRITES);
      const tookMs = isSlow ? this.#random.fraction() * SLOWEST_WRITE_MS : 0;
      if (writing.onTaken !== undefined) this.#clock.after(tookMs, writing.onTaken);
    }
    this.#endWhenTaken();
  }

  #endWhenTaken(): void {
    if (!this.#isEnding || this.#writings.length > 0) return;
    if (this.#pieces.at(-1)?.bytes === undefined && this.#pieces.length > 0) return;
    this.#add(undefined);
  }

  #send(bytes: Uint8Array): void {
    this.#unconsumedBytes += bytes.byteLength;
    let start = 0;
    if (bytes.byteLength > 1 && this.#random.chance(this.#conditions.cutting)) {
      for (let count = this.#random.integer(1, MOST_PIECES - 1); count > 0; count--) {
        const end = this.#random.integer(start, bytes.byteLength);
        if (end > start) this.#add(bytes.subarray(start, end));
        start = end;
      }
    }
    if (start < bytes.byteLength) this.#add(start === 0 ? bytes : bytes.subarray(start));
  }

  #add(bytes: Uint8Array | undefined): void {
    const { latencyMs, jitterMs } = this.#conditions;
    const atMs = this.#clock.nowMs() + latencyMs + this.#random.fraction() * jitterMs;
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, atMs);
    this.#pieces.push({ arrivesAtMs: this.#lastArrivalMs, bytes });
    this.#schedule();
  }

  #schedule(): void {
    const first = this.#pieces[0];
    if (this.#isScheduled || first === undefined || this.#isOver) return;
    const atMs = Math.max(first.arrivesAtMs, this.#heldUntilMs);
    if (atMs === Infinity) return;
    this.#isScheduled = true;
    this.#clock.at(atMs, this.#onArrival);
  }

  // Made once: it is called for each piece.
  readonly #onArrival = (): void => {
    this.#isScheduled = false;
    if (this.#clock.nowMs() >= this.#heldUntilMs) this.#arrive();
    this.#schedule();
  };

  #arrive(): void {
    const piece = this.#pieces.shift();
    if (piece === undefined || this.#isOver) return;
    if (piece.bytes === undefined) {
      this.#isOver = true;
      this.#end.ended(piece.failure);
    } else if (this.#end.receive(piece.bytes)) this.consumed(piece.bytes.byteLength);
  }
}
