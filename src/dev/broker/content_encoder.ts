/**
 * The frequent frames, written by hand straight into the buffer that goes to the socket: messages
 * with their method, header and body, and acknowledgements.
 *
 * @module
 */

import { BasicMethod, ClassId, End, Type } from "@cloudamqp/amqp-client/amqp-frame";
import { ReplyCode } from "../../amqp/reply_codes.ts";
import type { ByteBuffer } from "./byte_buffer.ts";
import { FRAME_OVERHEAD_BYTES } from "./frame_reader.ts";
import type { Message } from "./message.ts";

/** Where a message is sent to. */
export interface Outlet {
  readonly buffer: ByteBuffer;
  readonly channel: number;
  /** The largest frame of the connection, overhead included. */
  readonly maxFrameBytes: number;
}

/** Encodes a short string of at most 255 bytes. */
export function shortString(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  return Uint8Array.of(bytes.length, ...bytes);
}

/** Writes basic.deliver. */
export function writeDelivery(
  outlet: Outlet,
  consumerTag: Uint8Array,
  deliveryTag: number,
  redelivered: boolean,
  message: Message,
): void {
  const { buffer, channel } = outlet;
  const route = message.route.bytes;
  beginMethod(buffer, channel, BasicMethod.DELIVER, consumerTag.length + 9 + route.length);
  buffer.appendRange(consumerTag, 0, consumerTag.length);
  buffer.uint64(deliveryTag);
  buffer.uint8(redelivered ? 1 : 0);
  buffer.appendRange(route, 0, route.length);
  buffer.uint8(End.CODE);
  writeContent(outlet, message);
}

/** Writes basic.get-ok. */
export function writeGetOk(
  outlet: Outlet,
  deliveryTag: number,
  redelivered: boolean,
  message: Message,
  messageCount: number,
): void {
  const { buffer, channel } = outlet;
  const route = message.route.bytes;
  beginMethod(buffer, channel, BasicMethod.GET_OK, 9 + route.length + 4);
  buffer.uint64(deliveryTag);
  buffer.uint8(redelivered ? 1 : 0);
  buffer.append(route);
  buffer.uint32(messageCount);
  buffer.uint8(End.CODE);
  writeContent(outlet, message);
}

const NO_ROUTE = shortString("NO_ROUTE");

/** Writes basic.return of a mandatory message that no queue took. */
export function writeReturn(outlet: Outlet, message: Message): void {
  const { buffer, channel } = outlet;
  const route = message.route.bytes;
  beginMethod(buffer, channel, BasicMethod.RETURN, 2 + NO_ROUTE.length + route.length);
  buffer.uint16(ReplyCode.NO_ROUTE);
  buffer.append(NO_ROUTE);
  buffer.append(route);
  buffer.uint8(End.CODE);
  writeContent(outlet, message);
}

/** Writes basic.ack, which confirms every publish up to `deliveryTag`. */
export function writeConfirm(buffer: ByteBuffer, channel: number, deliveryTag: number): void {
  beginMethod(buffer, channel, BasicMethod.ACK, 9);
  buffer.uint64(deliveryTag);
  buffer.uint8(1); // multiple
  buffer.uint8(End.CODE);
}

/** Writes basic.nack, by which one publish is refused. */
export function writeNack(buffer: ByteBuffer, channel: number, deliveryTag: number): void {
  beginMethod(buffer, channel, BasicMethod.NACK, 9);
  buffer.uint64(deliveryTag);
  buffer.uint8(0); // just this one
  buffer.uint8(End.CODE);
}

function beginMethod(
  buffer: ByteBuffer,
  channel: number,
  methodId: number,
  argumentBytes: number,
): void {
  beginFrame(buffer, Type.METHOD, channel, 4 + argumentBytes);
  buffer.uint16(ClassId.BASIC);
  buffer.uint16(methodId);
}

function beginFrame(buffer: ByteBuffer, type: Type, channel: number, payloadBytes: number): void {
  buffer.reserve(payloadBytes + FRAME_OVERHEAD_BYTES);
  buffer.uint8(type);
  buffer.uint16(channel);
  buffer.uint32(payloadBytes);
}

function writeContent({ buffer, channel, maxFrameBytes }: Outlet, message: Message): void {
  const { content, propertiesBytes } = message;
  beginFrame(buffer, Type.HEADER, channel, 12 + propertiesBytes);
  buffer.uint16(ClassId.BASIC);
  buffer.uint16(0); // weight
  buffer.uint64(content.length - propertiesBytes);
  buffer.appendRange(content, 0, propertiesBytes);
  buffer.uint8(End.CODE);
  const largestPiece = maxFrameBytes - FRAME_OVERHEAD_BYTES;
  for (let start = propertiesBytes; start < content.length; start += largestPiece) {
    const end = Math.min(start + largestPiece, content.length);
    beginFrame(buffer, Type.BODY, channel, end - start);
    buffer.appendRange(content, start, end);
    buffer.uint8(End.CODE);
  }
}
