/**
 * The frames of `basic.publish`, put together here rather than by the client: a source sends the
 * same exchange and properties over and over, so all but routing key and body is encoded once.
 *
 * @module
 */

import { AMQPView } from "@cloudamqp/amqp-client/amqp-view";
import type { AMQPProperties } from "@cloudamqp/amqp-client/amqp-properties";
import type { WriteBuffer } from "./write_buffer.ts";

const FRAME_METHOD = 1;
const FRAME_HEADER = 2;
const FRAME_BODY = 3;
const FRAME_END = 0xCE;
const FRAME_START_BYTES = 7; // type, channel, size
const FRAME_OVERHEAD_BYTES = 8;
const FRAME_SIZE_OFFSET = 3;
const CLASS_BASIC = 60;
const METHOD_PUBLISH = 40;
const BODY_SIZE_OFFSET = 11; // in a header frame: type, channel, size, class, weight
const SHORT_STRING_MAX_BYTES = 255;
const SMALL_BYTES = 32;
// The exchange and each text property are at most 255 bytes; MetricQ sets no headers.
const TEMPLATE_MAX_BYTES = 4096;
// Of which each encoder copies its own: there is one for each call of an RPC.
const template = new AMQPView(new ArrayBuffer(TEMPLATE_MAX_BYTES));

/**
 * Encodes messages that one channel publishes to one exchange with the same properties.
 *
 * The routing key is written anew each time. What was kept for each metric instead took half a
 * kilobyte, and finding it among those of 100 000 metrics as long as all the rest.
 */
export class PublishEncoder {
  readonly #channelId: number;
  readonly #frameMaxBytes: number;
  /** The method frame up to the length of the routing key. */
  readonly #beforeKey: Uint8Array;
  /** From behind the routing key to the end of the header frame. */
  readonly #afterKey: Uint8Array;
  /** Where in `#afterKey` the low 32 bits of the body's size belong. */
  readonly #bodySizeAt: number;
  // All up to the body, for the routing key that came twice in a row: sources often send one metric.
  #lastKey: string | undefined;
  #sameKey: string | undefined;
  #sameHead = new Uint8Array(0);
  #sameSizeAt = 0;

  /** `frameMaxBytes` is what the connection has negotiated. */
  constructor(
    channelId: number,
    exchange: string,
    properties: AMQPProperties,
    frameMaxBytes: number,
  ) {
    this.#channelId = channelId;
    this.#frameMaxBytes = frameMaxBytes;
    const view = template;

    this.#startFrame(view, FRAME_METHOD, 0);
    view.setUint16(7, CLASS_BASIC);
    view.setUint16(9, METHOD_PUBLISH);
    view.setUint16(11, 0); // reserved
    const keyAt = 13 + view.setShortString(13, exchange);

    let at = keyAt;
    view.setUint8(at++, 0); // neither mandatory nor immediate
    view.setUint8(at++, FRAME_END);
    const header = at;
    this.#startFrame(view, FRAME_HEADER, header);
    view.setUint16(header + 7, CLASS_BASIC);
    view.setUint16(header + 9, 0); // weight
    view.setBigUint64(header + BODY_SIZE_OFFSET, 0n); // every message fills in its own
    at = header + BODY_SIZE_OFFSET + 8;
    at += view.setProperties(at, properties);
    view.setUint32(header + FRAME_SIZE_OFFSET, at - header - FRAME_START_BYTES);
    view.setUint8(at++, FRAME_END);

    const bytes = new Uint8Array(view.buffer);
    this.#beforeKey = bytes.slice(0, keyAt);
    this.#afterKey = bytes.slice(keyAt, at);
    this.#bodySizeAt = header - keyAt + BODY_SIZE_OFFSET + 4;
  }

  /**
   * Writes the frames of one message.
   *
   * @throws {RangeError} If the routing key has more than 255 bytes; nothing is written then.
   */
  encode(routingKey: string, body: Uint8Array, buffer: WriteBuffer): void {
    const beforeKey = this.#beforeKey;
    const afterKey = this.#afterKey;
    const bodyBytes = body.byteLength;
    const bodyMaxBytes = this.#frameMaxBytes - FRAME_OVERHEAD_BYTES;
    if (routingKey === this.#sameKey && bodyBytes <= bodyMaxBytes) {
      return this.#encodeSame(body, buffer);
    }
    const bodyFrames = Math.ceil(bodyBytes / bodyMaxBytes);
    buffer.reserve(
      beforeKey.byteLength + 1 + SHORT_STRING_MAX_BYTES + afterKey.byteLength + bodyBytes +
        bodyFrames * FRAME_OVERHEAD_BYTES,
    );
    const { bytes, length: start } = buffer;
    bytes.set(beforeKey, start);
    const keyAt = start + beforeKey.byteLength;
    let at = writeShortString(bytes, keyAt, routingKey);
    // What is in the frame behind its start: all so far, the flags and not the frame's end.
    writeUint32(bytes, start + FRAME_SIZE_OFFSET, at + 1 - start - FRAME_START_BYTES);
    bytes.set(afterKey, at);
    writeUint32(bytes, at + this.#bodySizeAt, bodyBytes);
    const sizeAt = at + this.#bodySizeAt;
    at += afterKey.byteLength;
    if (routingKey === this.#lastKey) {
      this.#keepHead(bytes.slice(start, at), sizeAt - start, routingKey);
    }
    this.#lastKey = routingKey;

    for (let from = 0; from < bodyBytes; from += bodyMaxBytes) {
      const part = bodyFrames === 1 ? body : body.subarray(from, from + bodyMaxBytes);
      at = this.#writeBodyFrame(bytes, at, part);
    }
    buffer.length = at;
  }

  #keepHead(head: Uint8Array<ArrayBuffer>, sizeAt: number, routingKey: string): void {
    this.#sameHead = head;
    this.#sameSizeAt = sizeAt;
    this.#sameKey = routingKey;
  }

  #encodeSame(body: Uint8Array, buffer: WriteBuffer): void {
    const head = this.#sameHead;
    buffer.reserve(head.byteLength + body.byteLength + FRAME_OVERHEAD_BYTES);
    const { bytes, length: start } = buffer;
    bytes.set(head, start);
    writeUint32(bytes, start + this.#sameSizeAt, body.byteLength);
    const at = start + head.byteLength;
    buffer.length = body.byteLength === 0 ? at : this.#writeBodyFrame(bytes, at, body);
  }

  #writeBodyFrame(bytes: Uint8Array, at: number, part: Uint8Array): number {
    const length = part.byteLength;
    bytes[at] = FRAME_BODY;
    bytes[at + 1] = this.#channelId >>> 8;
    bytes[at + 2] = this.#channelId;
    writeUint32(bytes, at + FRAME_SIZE_OFFSET, length);
    at += FRAME_START_BYTES;
    // Up to so many one by one: the call that copies them takes longer.
    if (length <= SMALL_BYTES) {
      for (let i = 0; i < length; i++) {
        bytes[at + i] = part[i] as number;
      }
    } else bytes.set(part, at);
    at += length;
    bytes[at++] = FRAME_END;
    return at;
  }

  #startFrame(view: AMQPView, type: number, at: number): void {
    view.setUint8(at, type);
    view.setUint16(at + 1, this.#channelId);
  }
}

/** Writes a text behind its length, and returns the place behind it. */
function writeShortString(bytes: Uint8Array, at: number, text: string): number {
  const start = at + 1;
  const { length } = text;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    // Names of metrics are ASCII; a queue may have any name.
    if (code > 127 || length > SHORT_STRING_MAX_BYTES) return writeEncoded(bytes, at, text);
    bytes[start + index] = code;
  }
  bytes[at] = length;
  return start + length;
}

function writeEncoded(bytes: Uint8Array, at: number, text: string): number {
  const encoded = new TextEncoder().encode(text);
  if (encoded.byteLength > SHORT_STRING_MAX_BYTES) {
    throw new RangeError(
      `Cannot publish: a routing key of ${encoded.byteLength} bytes is given, at most ${SHORT_STRING_MAX_BYTES} bytes are required`,
    );
  }
  bytes[at] = encoded.byteLength;
  bytes.set(encoded, at + 1);
  return at + 1 + encoded.byteLength;
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
