/**
 * What lies between measuring and the broker: encoded chunks, in order, until the broker has
 * confirmed them. It knows bytes, not sockets; a {@linkcode ChunkSender} comes and goes with the
 * connection, and what it had not confirmed when it went is sent first by the next.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { Deque } from "./deque.ts";

/** Encoded points of one metric. The bytes never change again: a resent chunk is the same chunk. */
export interface Chunk {
  /** The metric's name. */
  readonly metric: string;
  /** The protobuf message. */
  readonly body: Uint8Array;
  /** How many points `body` holds. */
  readonly points: number;
}

/** The way to the broker while a connection is up. */
export interface ChunkSender {
  /** Whether chunks can be handed over now; when that turns true, `Outbox.resume` is called. */
  readonly writable: boolean;
  /** Hands a chunk over. Returns the tag for `Outbox.confirm`, larger than all before. */
  publish(routingKey: string, body: Uint8Array): number;
}

/** What an {@linkcode Outbox} is made with. */
export interface OutboxOptions {
  /** How many bytes of chunks are kept at most. Default 64 MiB. */
  readonly maxBytes?: number;
  /** Called with each chunk that is given up, the oldest first, because the outbox is full. */
  readonly onDrop: (chunk: Chunk) => void;
}

/** How much an outbox holds unless told otherwise, in bytes. */
export const DEFAULT_OUTBOX_BYTES: number = 64 * 2 ** 20;

// So many chunks may be on the way at once: throughput must not wait for round trips.
const WINDOW_CHUNKS = 4096;
// A chunk costs its bytes and about this much for the objects that hold it.
const ENTRY_OVERHEAD_BYTES = 128;
// A producer that never waits for anything real would keep the event loop from the sockets.
const PUSHES_PER_TURN = 64;

interface Entry extends Chunk {
  /** Position in the order of all chunks. */
  readonly sequence: number;
}

interface Waiter {
  readonly sequence: number;
  readonly resolve: () => void;
}

/** A bounded queue of chunks that empties itself into the broker. */
export class Outbox {
  readonly #maxBytes: number;
  readonly #onDrop: (chunk: Chunk) => void;
  readonly #waiting = new Deque<Entry>();
  // Sent and not confirmed, by tag; a Map keeps the order of sending.
  readonly #sent = new Map<number, Entry>();
  #sender: ChunkSender | undefined;
  #bytes = 0;
  #nextSequence = 0;
  #pushesThisTurn = 0;
  #turn: Promise<void> | undefined;
  #drained: Waiter[] = [];
  #room: PromiseWithResolvers<void> | undefined;

  /** Makes an empty outbox without a sender. */
  constructor({ maxBytes = DEFAULT_OUTBOX_BYTES, onDrop }: OutboxOptions) {
    this.#maxBytes = maxBytes;
    this.#onDrop = onDrop;
  }

  /** Bytes held, confirmed ones not counted. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Chunks held, confirmed ones not counted. */
  get chunks(): number {
    return this.#waiting.length + this.#sent.size;
  }

  /**
   * Takes a chunk, and drops the oldest ones if there is no room for it.
   *
   * @returns Nothing, or a promise when the producer should pause: for a turn of the event loop, or
   * while the connection is up and half of the outbox is full. During an outage it never has to.
   */
  push(chunk: Chunk): Promise<void> | undefined {
    this.#waiting.push({ ...chunk, sequence: this.#nextSequence++ });
    this.#bytes += sizeBytes(chunk);
    this.resume();
    while (this.#bytes > this.#maxBytes && this.#dropOldest());
    if (this.#sender?.writable && this.#bytes > this.#maxBytes / 2) {
      this.#room ??= Promise.withResolvers();
      return this.#room.promise;
    }
    return this.#pause();
  }

  /** Sends through `sender` from now on, beginning with what was never confirmed. */
  attach(sender: ChunkSender): void {
    this.detach();
    this.#sender = sender;
    this.resume();
  }

  /** Stops sending. What was not confirmed is sent again, in order, by the next sender. */
  detach(): void {
    this.#sender = undefined;
    this.#waiting.unshift([...this.#sent.values()]);
    this.#sent.clear();
    this.#releaseProducers();
  }

  /** Goes on sending: called when the sender has become writable again. */
  resume(): void {
    const sender = this.#sender;
    if (sender === undefined) return;
    while (sender.writable && this.#sent.size < WINDOW_CHUNKS) {
      const entry = this.#waiting.shift();
      if (entry === undefined) return;
      this.#sent.set(sender.publish(entry.metric, entry.body), entry);
    }
  }

  /**
   * Takes note of the broker's confirm of the chunk with a tag, or with `multiple` of all up to it.
   * A chunk that it refused (not `acked`) is sent again.
   */
  confirm(tag: number, multiple: boolean, acked: boolean): void {
    const refused: Entry[] = [];
    for (const [sentTag, entry] of multiple ? this.#sent : this.#one(tag)) {
      if (sentTag > tag) break;
      this.#sent.delete(sentTag);
      if (acked) this.#bytes -= sizeBytes(entry);
      else refused.push(entry);
    }
    if (refused.length > 0) this.#waiting.unshift(refused);
    this.#settleDrained();
    if (this.#bytes <= this.#maxBytes / 2) this.#releaseProducers();
    this.resume();
  }

  /** Resolves when all that was pushed before the call is confirmed (or was dropped). */
  drained(): Promise<void> {
    if (this.chunks === 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#drained.push({ sequence: this.#nextSequence, resolve });
    return promise;
  }

  *#one(tag: number): Iterable<[number, Entry]> {
    const entry = this.#sent.get(tag);
    if (entry !== undefined) yield [tag, entry];
  }

  // What is on its way cannot be taken back, and may be confirmed any moment.
  #dropOldest(): boolean {
    const entry = this.#waiting.shift();
    if (entry === undefined) return false;
    this.#bytes -= sizeBytes(entry);
    this.#onDrop(entry);
    this.#settleDrained();
    return true;
  }

  #settleDrained(): void {
    if (this.#drained.length === 0) return;
    const [oldestSent] = this.#sent.values();
    const oldest = Math.min(
      oldestSent?.sequence ?? Infinity,
      this.#waiting.first?.sequence ?? Infinity,
    );
    this.#drained = this.#drained.filter((waiter) => {
      const isDone = oldest >= waiter.sequence;
      if (isDone) waiter.resolve();
      return !isDone;
    });
  }

  #releaseProducers(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  #pause(): Promise<void> | undefined {
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

function sizeBytes({ body }: Chunk): number {
  return body.byteLength + ENTRY_OVERHEAD_BYTES;
}
