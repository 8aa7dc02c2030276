/**
 * The frames of `basic.publish`, put together here rather than by the client: a source sends the
 * same exchange, routing keys and properties over and over, so everything but the body is encoded
 * once per metric and copied from then on.
 *
 * @module
 */

import { AMQPView } from "@cloudamqp/amqp-client/amqp-view";
import type { AMQPProperties } from "@cloudamqp/amqp-client/amqp-properties";

const FRAME_METHOD = 1;
const FRAME_HEADER = 2;
const FRAME_BODY = 3;
const FRAME_END = 0xCE;
const FRAME_OVERHEAD_BYTES = 8;
const CLASS_BASIC = 60;
const METHOD_PUBLISH = 40;
const BODY_SIZE_OFFSET = 11; // in a header frame: type, channel, size, class, weight
// Exchange, routing key and each text property are at most 255 bytes; MetricQ sets no headers.
const PREFIX_MAX_BYTES = 4096;

interface Prefix {
  readonly bytes: Uint8Array;
  /** Where in `bytes` the low 32 bits of the body's size belong. */
  readonly bodySizeAt: number;
}

/** Encodes messages that one channel publishes to one exchange with the same properties. */
export class PublishEncoder {
  readonly #channelId: number;
  readonly #exchange: string;
  readonly #properties: AMQPProperties;
  readonly #frameMaxBytes: number;
  readonly #prefixes = new Map<string, Prefix>();
  readonly #scratch = new AMQPView(new ArrayBuffer(PREFIX_MAX_BYTES));

  /** `frameMaxBytes` is what the connection has negotiated. */
  constructor(
    channelId: number,
    exchange: string,
    properties: AMQPProperties,
    frameMaxBytes: number,
  ) {
    this.#channelId = channelId;
    this.#exchange = exchange;
    this.#properties = properties;
    this.#frameMaxBytes = frameMaxBytes;
  }

  /** The frames of one message, ready for the socket. */
  encode(routingKey: string, body: Uint8Array): Uint8Array {
    let prefix = this.#prefixes.get(routingKey);
    if (prefix === undefined) {
      prefix = this.#encodePrefix(routingKey);
      this.#prefixes.set(routingKey, prefix);
    }
    const bodyMaxBytes = this.#frameMaxBytes - FRAME_OVERHEAD_BYTES;
    const bodyFrames = Math.ceil(body.byteLength / bodyMaxBytes);
    const frames = new Uint8Array(
      prefix.bytes.byteLength + body.byteLength + bodyFrames * FRAME_OVERHEAD_BYTES,
    );
    frames.set(prefix.bytes);
    const view = new DataView(frames.buffer);
    view.setUint32(prefix.bodySizeAt, body.byteLength);

    let at = prefix.bytes.byteLength;
    for (let from = 0; from < body.byteLength; from += bodyMaxBytes) {
      const part = body.subarray(from, from + bodyMaxBytes);
      view.setUint8(at, FRAME_BODY);
      view.setUint16(at + 1, this.#channelId);
      view.setUint32(at + 3, part.byteLength);
      frames.set(part, at + 7);
      at += 7 + part.byteLength;
      view.setUint8(at++, FRAME_END);
    }
    return frames;
  }

  #encodePrefix(routingKey: string): Prefix {
    const view = this.#scratch;

    let at = 7;
    view.setUint16(at, CLASS_BASIC);
    view.setUint16(at + 2, METHOD_PUBLISH);
    view.setUint16(at + 4, 0); // reserved
    at += 6;
    at += view.setShortString(at, this.#exchange);
    at += view.setShortString(at, routingKey);
    view.setUint8(at++, 0); // neither mandatory nor immediate
    at = this.#closeFrame(view, FRAME_METHOD, 0, at);

    const header = at;
    view.setUint16(header + 7, CLASS_BASIC);
    view.setUint16(header + 9, 0); // weight
    view.setBigUint64(header + BODY_SIZE_OFFSET, 0n); // every message fills in its own
    at = header + BODY_SIZE_OFFSET + 8;
    at += view.setProperties(at, this.#properties);
    at = this.#closeFrame(view, FRAME_HEADER, header, at);

    return {
      bytes: new Uint8Array(view.buffer.slice(0, at)),
      bodySizeAt: header + BODY_SIZE_OFFSET + 4,
    };
  }

  #closeFrame(view: AMQPView, type: number, start: number, end: number): number {
    view.setUint8(start, type);
    view.setUint16(start + 1, this.#channelId);
    view.setUint32(start + 3, end - start - 7);
    view.setUint8(end, FRAME_END);
    return end + 1;
  }
}
