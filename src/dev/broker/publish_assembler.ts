/**
 * Puts a published message together from its method, header and body frames.
 *
 * @module
 */

import { ClassId } from "@cloudamqp/amqp-client/amqp-frame";
import { copyBytes } from "./byte_buffer.ts";
import { byteAt, readUint16, readUint64 } from "./frame_reader.ts";
import { ReplyError } from "./reply_error.ts";

/** What basic.publish says: where its two names lie in the frame, and how to route. */
export interface PublishArguments {
  readonly routeStart: number;
  readonly routeEnd: number;
  readonly mandatory: boolean;
}

/**
 * Reads the arguments of basic.publish, which lie in `bytes` from `start` to `end`.
 *
 * @throws {ReplyError} If they are cut off (501) or ask for `immediate` (540).
 */
export function readPublish(bytes: Uint8Array, start: number, end: number): PublishArguments {
  const routeStart = start + 2; // after the reserved access ticket
  const keyStart = routeStart + 1 + byteAt(bytes, routeStart);
  const routeEnd = keyStart + 1 + byteAt(bytes, keyStart);
  if (keyStart >= end || routeEnd >= end) {
    throw new ReplyError(501, "arguments of basic.publish are cut off");
  }
  const flags = byteAt(bytes, routeEnd);
  if ((flags & 2) !== 0) throw new ReplyError(540, "immediate=true is not supported");
  return { routeStart, routeEnd, mandatory: (flags & 1) !== 0 };
}

/** The memory that the unfinished messages of all channels of a connection may take together. */
export class ContentBudget {
  readonly #limitBytes: number;
  #bytes = 0;

  /** Makes a budget of which nothing is used. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /**
   * Takes bytes from the budget, or gives them back if `changeBytes` is negative.
   *
   * @throws {ReplyError} If fewer are left (506).
   */
  reserve(changeBytes: number): void {
    if (this.#bytes + changeBytes > this.#limitBytes) {
      throw new ReplyError(506, `unfinished messages of more than ${this.#limitBytes} bytes`);
    }
    this.#bytes += changeBytes;
  }
}

const NOTHING = new Uint8Array(0);
// Small contents share memory, as an array for each takes longer than what else becomes of a message.
const MOST_SHARED_BYTES = 128;
// And a message that stays in a queue keeps this much for itself, so it is little.
const SHARED_BYTES = 1024;

/** Collects the content of one message: its properties and its body. */
export class ContentAssembler {
  /** The properties of the message, in memory that is used again for the next one. */
  #properties = new Uint8Array(64);
  #propertiesBytes = 0;
  #content = NOTHING;
  // What is left for the next small ones.
  #shared = NOTHING;
  #contentBytes = 0;
  #expectedBytes = 0;
  readonly #budget: ContentBudget;

  /** Makes an assembler that takes its memory from a budget. */
  constructor(budget: ContentBudget) {
    this.#budget = budget;
  }

  /** How many bytes of the content are properties. */
  get propertiesBytes(): number {
    return this.#propertiesBytes;
  }

  /**
   * Takes the payload of a content header and tells whether the message is complete with it.
   *
   * @throws {ReplyError} If the body is larger than `maxBodyBytes` (406), or the header malformed
   * (501, 505).
   */
  header(bytes: Uint8Array, start: number, end: number, maxBodyBytes: number): boolean {
    if (end - start < 14) throw new ReplyError(501, "content header is cut off");
    const classId = readUint16(bytes, start);
    if (classId !== ClassId.BASIC) {
      throw new ReplyError(
        505,
        `content header is of class ${classId}, ${ClassId.BASIC} is required`,
      );
    }
    const bodyBytes = readUint64(bytes, start + 4);
    if (bodyBytes > maxBodyBytes) {
      throw new ReplyError(
        406,
        `message size ${bodyBytes} is larger than configured max size ${maxBodyBytes}`,
      );
    }
    const propertiesBytes = end - start - 12;
    if (propertiesBytes > this.#properties.length) {
      this.#properties = new Uint8Array(propertiesBytes * 2);
    }
    copyBytes(bytes, start + 12, end, this.#properties, 0);
    this.#propertiesBytes = propertiesBytes;
    this.#expectedBytes = propertiesBytes + bodyBytes;
    this.#contentBytes = 0;
    if (bodyBytes === 0) this.#begin(0);
    return bodyBytes === 0;
  }

  /**
   * Takes the payload of a body frame and tells whether the message is complete with it.
   *
   * @throws {ReplyError} If there are more bytes than the header announced (501), or too many
   * unfinished ones (506).
   */
  body(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#contentBytes === 0) this.#begin(end - start);
    const size = this.#contentBytes + end - start;
    if (size > this.#expectedBytes) {
      throw new ReplyError(501, "body is larger than its content header says");
    }
    if (size > this.#content.length) {
      this.#allocate(Math.min(this.#expectedBytes, size * 2));
    }
    copyBytes(bytes, start, end, this.#content, this.#contentBytes);
    this.#contentBytes = size;
    return size === this.#expectedBytes;
  }

  /** Takes the content out, complete or given up. */
  detach(): Uint8Array {
    const content = this.#content;
    this.#budget.reserve(-content.length);
    this.#content = NOTHING;
    return content;
  }

  // Memory is taken for what has arrived, not for what is announced, which costs a client nothing.
  #begin(firstBytes: number): void {
    this.#allocate(this.#propertiesBytes + firstBytes);
    copyBytes(this.#properties, 0, this.#propertiesBytes, this.#content, 0);
    this.#contentBytes = this.#propertiesBytes;
  }

  #allocate(capacity: number): void {
    this.#budget.reserve(capacity - this.#content.length);
    const grown = this.#memoryOf(capacity);
    copyBytes(this.#content, 0, this.#contentBytes, grown, 0);
    this.#content = grown;
  }

  #memoryOf(bytes: number): Uint8Array<ArrayBuffer> {
    if (bytes > MOST_SHARED_BYTES) return new Uint8Array(bytes);
    if (bytes > this.#shared.length) this.#shared = new Uint8Array(SHARED_BYTES);
    const memory = this.#shared.subarray(0, bytes);
    this.#shared = this.#shared.subarray(bytes);
    return memory;
  }
}
