/**
 * The methods that the broker sends, as whole frames. Written with the AMQP client's `Writer`; the
 * frequent ones (deliveries, acknowledgements) are in `content_encoder.ts`.
 *
 * @module
 */

import {
  BasicMethod,
  ChannelMethod,
  ClassId,
  ConfirmMethod,
  ConnectionMethod,
  ExchangeMethod,
  QueueMethod,
  Type,
  Writer,
} from "@cloudamqp/amqp-client/amqp-frame";
import type { Table } from "./field_reader.ts";
import type { ReplyError } from "./reply_error.ts";

/** The method that an error is about; zeros if it is about none. */
export interface MethodId {
  readonly classId: number;
  readonly methodId: number;
}

/** The answers that have no arguments, and the method they belong to. */
const PLAIN_REPLIES = {
  "connection.open-ok": [ClassId.CONNECTION, ConnectionMethod.OPEN_OK, 1],
  "connection.close-ok": [ClassId.CONNECTION, ConnectionMethod.CLOSE_OK, 0],
  "connection.unblocked": [ClassId.CONNECTION, ConnectionMethod.UNBLOCKED, 0],
  "channel.open-ok": [ClassId.CHANNEL, ChannelMethod.OPEN_OK, 4],
  "channel.close-ok": [ClassId.CHANNEL, ChannelMethod.CLOSE_OK, 0],
  "exchange.declare-ok": [ClassId.EXCHANGE, ExchangeMethod.DECLARE_OK, 0],
  "exchange.delete-ok": [ClassId.EXCHANGE, ExchangeMethod.DELETE_OK, 0],
  "exchange.bind-ok": [ClassId.EXCHANGE, ExchangeMethod.BIND_OK, 0],
  "exchange.unbind-ok": [ClassId.EXCHANGE, ExchangeMethod.UNBIND_OK, 0],
  "queue.bind-ok": [ClassId.QUEUE, QueueMethod.BIND_OK, 0],
  "queue.unbind-ok": [ClassId.QUEUE, QueueMethod.UNBIND_OK, 0],
  "basic.qos-ok": [ClassId.BASIC, BasicMethod.QOS_OK, 0],
  "basic.recover-ok": [ClassId.BASIC, BasicMethod.RECOVER_OK, 0],
  "basic.get-empty": [ClassId.BASIC, BasicMethod.GET_EMPTY, 1],
  "confirm.select-ok": [ClassId.CONFIRM, ConfirmMethod.SELECT_OK, 0],
} as const;

/** Encodes an answer without arguments; its reserved fields are zero. */
export function plainReply(channel: number, name: keyof typeof PLAIN_REPLIES): Uint8Array {
  const [classId, methodId, reservedBytes] = PLAIN_REPLIES[name];
  return frame(channel, classId, methodId, (writer) => {
    for (let count = 0; count < reservedBytes; count++) writer.writeUint8(0);
  });
}

/** Encodes connection.start. */
export function connectionStart(serverProperties: Table, mechanisms: string): Uint8Array {
  return frame(0, ClassId.CONNECTION, ConnectionMethod.START, (writer) => {
    writer.writeUint8(0); // major version
    writer.writeUint8(9); // minor version
    writer.writeTable({ ...serverProperties } as Parameters<Writer["writeTable"]>[0]);
    writer.writeLongString(mechanisms);
    writer.writeLongString("en_US");
  });
}

/** Encodes connection.tune. */
export function connectionTune(
  channelMax: number,
  frameMax: number,
  heartbeatSeconds: number,
): Uint8Array {
  return frame(0, ClassId.CONNECTION, ConnectionMethod.TUNE, (writer) => {
    writer.writeUint16(channelMax);
    writer.writeUint32(frameMax);
    writer.writeUint16(heartbeatSeconds);
  });
}

/** Encodes connection.blocked. */
export function connectionBlocked(reason: string): Uint8Array {
  return frame(0, ClassId.CONNECTION, ConnectionMethod.BLOCKED, (writer) => {
    writer.writeShortString(shortened(reason));
  });
}

/** Encodes connection.close with the error's code and text. */
export function connectionClose(error: ReplyError, cause: MethodId): Uint8Array {
  return closeFrame(0, ClassId.CONNECTION, ConnectionMethod.CLOSE, error, cause);
}

/** Encodes channel.close with the error's code and text. */
export function channelClose(channel: number, error: ReplyError, cause: MethodId): Uint8Array {
  return closeFrame(channel, ClassId.CHANNEL, ChannelMethod.CLOSE, error, cause);
}

/** Encodes channel.flow-ok. */
export function channelFlowOk(channel: number, active: boolean): Uint8Array {
  return frame(channel, ClassId.CHANNEL, ChannelMethod.FLOW_OK, (writer) => {
    writer.writeUint8(active ? 1 : 0);
  });
}

/** Encodes queue.declare-ok. */
export function queueDeclareOk(
  channel: number,
  queue: string,
  messageCount: number,
  consumerCount: number,
): Uint8Array {
  return frame(channel, ClassId.QUEUE, QueueMethod.DECLARE_OK, (writer) => {
    writer.writeShortString(queue);
    writer.writeUint32(messageCount);
    writer.writeUint32(consumerCount);
  });
}

/** Encodes queue.purge-ok. */
export function queuePurgeOk(channel: number, messageCount: number): Uint8Array {
  return frame(channel, ClassId.QUEUE, QueueMethod.PURGE_OK, (writer) => {
    writer.writeUint32(messageCount);
  });
}

/** Encodes queue.delete-ok. */
export function queueDeleteOk(channel: number, messageCount: number): Uint8Array {
  return frame(channel, ClassId.QUEUE, QueueMethod.DELETE_OK, (writer) => {
    writer.writeUint32(messageCount);
  });
}

/** Encodes basic.consume-ok. */
export function basicConsumeOk(channel: number, consumerTag: string): Uint8Array {
  return frame(channel, ClassId.BASIC, BasicMethod.CONSUME_OK, (writer) => {
    writer.writeShortString(consumerTag);
  });
}

/** Encodes basic.cancel-ok. */
export function basicCancelOk(channel: number, consumerTag: string): Uint8Array {
  return frame(channel, ClassId.BASIC, BasicMethod.CANCEL_OK, (writer) => {
    writer.writeShortString(consumerTag);
  });
}

/** Encodes basic.cancel: the consumer's queue is gone. */
export function basicCancel(channel: number, consumerTag: string): Uint8Array {
  return frame(channel, ClassId.BASIC, BasicMethod.CANCEL, (writer) => {
    writer.writeShortString(consumerTag);
    writer.writeUint8(1); // no-wait
  });
}

function closeFrame(
  channel: number,
  classId: ClassId,
  methodId: number,
  error: ReplyError,
  cause: MethodId,
): Uint8Array {
  return frame(channel, classId, methodId, (writer) => {
    writer.writeUint16(error.code);
    writer.writeShortString(shortened(error.message));
    writer.writeUint16(cause.classId);
    writer.writeUint16(cause.methodId);
  });
}

const MAX_METHOD_FRAME_BYTES = 4096;

function frame(
  channel: number,
  classId: ClassId,
  method: number,
  write: (writer: Writer) => void,
): Uint8Array {
  const writer = new Writer({
    bufferSize: MAX_METHOD_FRAME_BYTES,
    type: Type.METHOD,
    channel,
    classId,
    method,
  });
  write(writer);
  writer.finalize();
  return writer.toUint8Array();
}

/** Cuts a text so that it fits into a short string. */
function shortened(text: string): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(255));
  if (read === text.length) return text;
  const { read: kept } = new TextEncoder().encodeInto(text, new Uint8Array(252));
  return `${text.slice(0, kept)}...`;
}
