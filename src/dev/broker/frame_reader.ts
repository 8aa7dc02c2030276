/**
 * Cuts a stream of bytes into AMQP frames, wherever the network has cut the stream. Pure: it knows
 * no socket.
 *
 * @module
 */

import { End } from "@cloudamqp/amqp-client/amqp-frame";
import { ReplyError } from "./reply_error.ts";

/** The bytes of a frame before its payload: type, channel, size. */
export const FRAME_HEADER_BYTES = 7;

/** The bytes of a frame around its payload: the header and the end mark. */
export const FRAME_OVERHEAD_BYTES = FRAME_HEADER_BYTES + 1;

/**
 * Receives a frame, whose payload is `bytes` from `start` to `end`, and returns whether to go on with
 * the next one. The bytes are valid during the call only; what is kept must be copied.
 */
export type FrameHandler = (
  type: number,
  channel: number,
  bytes: Uint8Array,
  start: number,
  end: number,
) => boolean;

/** Cuts a stream of bytes into frames. */
export class FrameReader {
  #maxFrameBytes: number;
  #partial = new Uint8Array(0);
  #partialBytes = 0;

  /** Makes a reader that refuses frames larger than `maxFrameBytes`, overhead included. */
  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** Changes the limit, once it is negotiated. */
  set maxFrameBytes(value: number) {
    this.#maxFrameBytes = value;
  }

  /**
   * Takes the next bytes of the stream and hands over every frame that they complete.
   *
   * @returns How many bytes were taken: all, unless the handler wanted no more frames for now.
   * @throws {ReplyError} If the bytes are not a frame (501). The stream is lost then: feed no more.
   */
  feed(chunk: Uint8Array, onFrame: FrameHandler): number {
    let offset = 0;
    if (this.#partialBytes > 0) {
      offset = this.#completePartial(chunk);
      if (!this.#isComplete) return offset;
      const size = this.#partialBytes;
      this.#partialBytes = 0;
      if (!handOver(this.#partial, 0, size, onFrame)) return offset;
    }
    while (chunk.length - offset >= FRAME_HEADER_BYTES) {
      const size = this.#frameBytes(chunk, offset);
      if (chunk.length - offset < size) break;
      offset += size;
      if (!handOver(chunk, offset - size, size, onFrame)) return offset;
    }
    this.#keep(chunk.subarray(offset));
    return chunk.length;
  }

  get #isComplete(): boolean {
    return this.#partialBytes >= FRAME_HEADER_BYTES &&
      this.#partialBytes === this.#frameBytes(this.#partial, 0);
  }

  /** Returns how many bytes of the chunk went into the frame that was begun earlier. */
  #completePartial(chunk: Uint8Array): number {
    let taken = 0;
    if (this.#partialBytes < FRAME_HEADER_BYTES) {
      taken = Math.min(FRAME_HEADER_BYTES - this.#partialBytes, chunk.length);
      this.#keep(chunk.subarray(0, taken));
      if (this.#partialBytes < FRAME_HEADER_BYTES) return taken;
    }
    const missing = this.#frameBytes(this.#partial, 0) - this.#partialBytes;
    const rest = chunk.subarray(taken, taken + missing);
    this.#keep(rest);
    return taken + rest.length;
  }

  #keep(bytes: Uint8Array): void {
    const needed = this.#partialBytes + bytes.length;
    if (needed > this.#partial.length) {
      const grown = new Uint8Array(
        Math.max(needed, 512, this.#partial.length * 2),
      );
      grown.set(this.#partial.subarray(0, this.#partialBytes));
      this.#partial = grown;
    }
    this.#partial.set(bytes, this.#partialBytes);
    this.#partialBytes = needed;
  }

  #frameBytes(bytes: Uint8Array, offset: number): number {
    const size = readUint32(bytes, offset + 3) + FRAME_OVERHEAD_BYTES;
    if (size > this.#maxFrameBytes) {
      throw new ReplyError(
        501,
        `frame of ${size} bytes is larger than the negotiated maximum of ${this.#maxFrameBytes}`,
      );
    }
    return size;
  }
}

function handOver(
  bytes: Uint8Array,
  offset: number,
  size: number,
  onFrame: FrameHandler,
): boolean {
  const end = offset + size - 1;
  if (bytes[end] !== End.CODE) {
    throw new ReplyError(501, `frame ends with ${bytes[end]}, ${End.CODE} is required`);
  }
  return onFrame(
    byteAt(bytes, offset),
    readUint16(bytes, offset + 1),
    bytes,
    offset + FRAME_HEADER_BYTES,
    end,
  );
}

/** The byte at an offset, 0 beyond the end. */
export function byteAt(bytes: Uint8Array, offset: number): number {
  return bytes[offset] ?? 0;
}

/** The big-endian 16-bit number at an offset. */
export function readUint16(bytes: Uint8Array, offset: number): number {
  return byteAt(bytes, offset) << 8 | byteAt(bytes, offset + 1);
}

/** The big-endian 32-bit number at an offset. */
export function readUint32(bytes: Uint8Array, offset: number): number {
  return readUint16(bytes, offset) * 0x10000 + readUint16(bytes, offset + 2);
}

/** The big-endian 64-bit number at an offset; beyond 2^53 its last digits are not exact. */
export function readUint64(bytes: Uint8Array, offset: number): number {
  return readUint32(bytes, offset) * 0x100000000 + readUint32(bytes, offset + 4);
}
