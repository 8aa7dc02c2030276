/**
 * Chunks between their queue and their reader.
 *
 * @module
 */

import type { Acknowledge, DeliveredMessage } from "../amqp/queue_consumer.ts";
import { decodeChunk } from "../chunk/decode_chunk.ts";
import { Deque } from "../deque.ts";
import { errorText } from "../error_text.ts";
import { MessageError } from "../errors.ts";
import { orAborted } from "../time/aborted.ts";
import { Timestamp } from "../time/timestamp.ts";
import { ReceivedChunks } from "./received_chunks.ts";
import { SinkChunk } from "./sink_chunk.ts";

const END = "end";
// So that the broker sends the next chunks while the last are read.
const ACKNOWLEDGED_AT_ONCE = 4; // of those that may be here

/** A message that waits for the reader. */
interface Waiting {
  readonly acknowledge: Acknowledge;
  readonly tag: number;
  /** What there is to read; "end" when nothing more will come; `undefined`: nothing. */
  readonly content: SinkChunk | typeof END | undefined;
}

/** What an inbox has seen. */
export interface InboxCounters {
  chunks: number;
  points: number;
  chunksRepeated: number;
  chunksUnreadable: number;
}

/** What an {@linkcode Inbox} is made with. */
export interface InboxOptions {
  /** How many messages a consumer may have here. */
  readonly prefetch: number;
  /** A metric's message cannot be read. Called once for a metric, until one can be. */
  readonly onUnreadable: (metric: string, reason: string) => void;
}

/**
 * Decodes what consumers receive, leaves out what is there twice, and acknowledges what was read.
 *
 * What a consumer that is gone has received stays: its queue may be gone as well. If it is not, the
 * same chunks are delivered again, and left out then.
 */
export class Inbox {
  readonly counters: InboxCounters = {
    chunks: 0,
    points: 0,
    chunksRepeated: 0,
    chunksUnreadable: 0,
  };
  readonly #options: InboxOptions;
  readonly #received = new ReceivedChunks();
  readonly #unreadable = new Set<string>();
  readonly #waiting = new Deque<Waiting>();
  #changed: PromiseWithResolvers<void> = Promise.withResolvers();
  /** What the reader has now. */
  #handed: Waiting | undefined;
  /** The last of those that were read and are not acknowledged yet. */
  #read: Waiting | undefined;
  #readCount = 0;
  #newestNs: bigint | undefined;

  /** Makes an empty one. */
  constructor(options: InboxOptions) {
    this.#options = options;
  }

  /** The time of the last point of the chunk that was received last. */
  get newest(): Timestamp | undefined {
    return this.#newestNs === undefined ? undefined : Timestamp.fromPosixNs(this.#newestNs);
  }

  /** Takes a message that a consumer has received. */
  receive({ tag, routingKey, type, body }: DeliveredMessage, acknowledge: Acknowledge): void {
    const content = type === END && body.length === 0 ? END : this.#decode(routingKey, body);
    this.#waiting.push({ acknowledge, tag, content });
    this.wake();
  }

  /** Waits until less is here than one consumer may have. */
  async room(signal: AbortSignal): Promise<void> {
    while (this.#waiting.length >= this.#options.prefetch && !signal.aborted) {
      await orAborted(this.#changed.promise, signal);
    }
  }

  /** Waits until something has changed: a message has come or gone, or `wake` was called. */
  async changed(signal: AbortSignal): Promise<void> {
    await orAborted(this.#changed.promise, signal);
  }

  /** Takes out the next chunk, or "end"; `undefined` if there is none. What was taken before is read. */
  next(): SinkChunk | typeof END | undefined {
    while (true) {
      const entry = this.#waiting.shift();
      this.#hand(entry);
      if (entry === undefined) {
        this.acknowledge();
        return undefined;
      }
      if (this.#waiting.length === this.#options.prefetch - 1) this.wake();
      const { content } = entry;
      if (content === undefined) continue;
      if (content === END) {
        this.#hand(undefined);
        this.acknowledge();
      } else {
        this.counters.chunks++;
        this.counters.points += content.length;
      }
      return content;
    }
  }

  /** Acknowledges what was read, but for what the reader has now. */
  acknowledge(): void {
    const read = this.#read;
    this.#read = undefined;
    this.#readCount = 0;
    read?.acknowledge(read.tag);
  }

  /** Gives the reader the next message, as it has read the last. */
  #hand(next: Waiting | undefined): void {
    const read = this.#handed;
    this.#handed = next;
    if (read === undefined) return;
    if (this.#read?.acknowledge !== read.acknowledge) this.acknowledge(); // those of the consumer before
    this.#read = read;
    this.#readCount++;
    if (this.#readCount * ACKNOWLEDGED_AT_ONCE >= this.#options.prefetch) this.acknowledge();
  }

  #decode(metric: string, body: Uint8Array): SinkChunk | undefined {
    let chunk;
    try {
      chunk = new SinkChunk(metric, decodeChunk(body));
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      this.counters.chunksUnreadable++;
      if (!this.#unreadable.has(metric)) {
        this.#unreadable.add(metric);
        this.#options.onUnreadable(metric, errorText(error));
      }
      return undefined;
    }
    this.#unreadable.delete(metric);
    this.#newestNs = chunk.timesNs.at(-1) ?? this.#newestNs;
    if (this.#received.add(chunk)) return chunk;
    this.counters.chunksRepeated++;
    return undefined;
  }

  /** Ends the waiting of all. */
  wake(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers();
    resolve();
  }
}
