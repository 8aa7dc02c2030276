/**
 * Gathers what goes to a client and writes it in as few, large writes as the socket allows.
 *
 * @module
 */

import { ByteBuffer } from "./byte_buffer.ts";
import type { ClientSocket } from "./client_listener.ts";

/** A client that reads slowly gets no more deliveries while this much waits for it. */
const HIGH_WATER_BYTES = 512 * 1024;
/** Deliveries go on when no more than this is left. */
const LOW_WATER_BYTES = 128 * 1024;
/**
 * While this much waits, nothing is read from the client, which asks and does not take the answers. The
 * mark lies far above that for deliveries, so that a client that acknowledges before it reads goes on.
 */
const CHOKE_BYTES = 4 * 1024 * 1024;

/** What a writer reports and asks. */
export interface SocketWriterEvents {
  /** There is room for deliveries again. */
  onRoom(): void;
  /** The socket has failed; nothing more is written. */
  onFailure(error: unknown): void;
  /** Settles when writing is allowed. */
  mayWrite(): Promise<void> | undefined;
}

/** Writes to one socket. */
export class SocketWriter {
  readonly #socket: Pick<ClientSocket, "write">;
  readonly #events: SocketWriterEvents;
  #filling = new ByteBuffer();
  #sending = new ByteBuffer();
  #unsentBytes = 0;
  #running: Promise<void> | undefined;
  #starved = false;
  #failed = false;
  #roomWaiter: PromiseWithResolvers<void> | undefined;
  /** Cleared when the connection ends: answers are still written, messages are not. */
  acceptsDeliveries = true;
  /** How many bytes the socket has taken. */
  sentBytes = 0;

  /** Makes a writer for a socket. */
  constructor(socket: Pick<ClientSocket, "write">, events: SocketWriterEvents) {
    this.#socket = socket;
    this.#events = events;
  }

  /** The buffer to append to. It is written when the current turn of the event loop ends. */
  get buffer(): ByteBuffer {
    this.#running ??= this.#run();
    return this.#filling;
  }

  /** Whether nothing waits to be written. */
  get idle(): boolean {
    return this.#pendingBytes === 0;
  }

  /** Whether no delivery may be added, mostly because too much waits already. */
  get full(): boolean {
    if (!this.acceptsDeliveries) return true;
    if (this.#pendingBytes < HIGH_WATER_BYTES) return false;
    this.#starved = true;
    return true;
  }

  /** Whether so much waits that nothing is to be read from the client. */
  get choked(): boolean {
    return this.#pendingBytes > CHOKE_BYTES;
  }

  /** Settles when little is left to write, or nothing can be written any more. */
  roomy(): Promise<void> {
    if (this.#failed || this.#pendingBytes <= LOW_WATER_BYTES) return Promise.resolve();
    this.#roomWaiter ??= Promise.withResolvers();
    return this.#roomWaiter.promise;
  }

  /** Appends bytes. */
  write(bytes: Uint8Array): void {
    const { buffer } = this;
    buffer.reserve(bytes.length);
    buffer.append(bytes);
  }

  /** Settles when everything is written, or nothing can be written any more. */
  async flushed(): Promise<void> {
    await this.#running;
  }

  get #pendingBytes(): number {
    return this.#filling.length + this.#unsentBytes;
  }

  async #run(): Promise<void> {
    await undefined; // so that everything of this turn is gathered
    try {
      while (this.#filling.length > 0) {
        [this.#filling, this.#sending] = [this.#sending, this.#filling];
        await this.#send();
      }
    } catch (error) {
      this.#failed = true;
      this.#roomWaiter?.resolve();
      this.#events.onFailure(error);
      return; // stays "running": what is still appended is never sent
    }
    this.#running = undefined;
  }

  async #send(): Promise<void> {
    let rest = this.#sending.written;
    this.#unsentBytes = rest.length;
    while (rest.length > 0) {
      await this.#events.mayWrite();
      const written = await this.#socket.write(rest);
      this.sentBytes += written;
      rest = rest.subarray(written);
      this.#unsentBytes = rest.length;
      this.#offerRoom();
    }
    this.#sending.clear(2 * HIGH_WATER_BYTES);
  }

  #offerRoom(): void {
    if (this.#pendingBytes > LOW_WATER_BYTES) return;
    this.#roomWaiter?.resolve();
    this.#roomWaiter = undefined;
    if (!this.#starved) return;
    this.#starved = false;
    this.#events.onRoom();
  }
}
