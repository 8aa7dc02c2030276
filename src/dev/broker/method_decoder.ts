/**
 * The methods that clients send, from bytes to typed objects.
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
} from "@cloudamqp/amqp-client/amqp-frame";
import { errorText } from "../../error_text.ts";
import { FieldReader } from "./field_reader.ts";
import { ReplyError } from "./reply_error.ts";

/** A method and its arguments, named as in the specification. */
export type ClientMethod = ReturnType<(typeof DECODERS)[number]["decode"]>;

/** The bytes of a class and a method. */
export const METHOD_ID_BYTES = 4;

/** The methods whose names are `Name`. */
export type MethodNamed<Name extends ClientMethod["name"]> = Extract<ClientMethod, { name: Name }>;

/**
 * Decodes the payload of a method frame.
 *
 * @throws {ReplyError} If no client may send such a method (503), this broker does not have it (540),
 * or its arguments are cut off or malformed (501).
 */
export function decodeMethod(payload: Uint8Array): ClientMethod {
  if (payload.length < METHOD_ID_BYTES) {
    throw new ReplyError(501, `method frame of ${payload.length} bytes is cut off`);
  }
  const reader = new FieldReader(payload, 0, payload.length);
  const classId = reader.short();
  const methodId = reader.short();
  const decode = BY_ID.get(methodKey(classId, methodId));
  if (decode === undefined) throw unknownMethod(classId, methodId);
  try {
    return decode(reader);
  } catch (error) {
    throw new ReplyError(501, `cannot decode method ${classId}.${methodId}: ${errorText(error)}`);
  }
}

/** The mechanism of a login by a table, which some clients choose; most choose PLAIN. */
export const AMQPLAIN = "AMQPLAIN";

function unknownMethod(classId: number, methodId: number): ReplyError {
  if (classId === ClassId.TX) return new ReplyError(540, "transactions are not supported");
  if (classId === ClassId.CONNECTION && methodId === ConnectionMethod.UPDATE_SECRET) {
    return new ReplyError(540, "connection.update-secret is not supported");
  }
  return new ReplyError(503, `unexpected method ${classId}.${methodId}`);
}

function methodKey(classId: number, methodId: number): number {
  return classId << 16 | methodId;
}

function decoder<Name extends string, Arguments extends object>(
  classId: ClassId,
  methodId: number,
  name: Name,
  readArguments: (reader: FieldReader) => Arguments,
) {
  return {
    key: methodKey(classId, methodId),
    decode: (reader: FieldReader) => ({ name, classId, methodId, ...readArguments(reader) }),
  };
}

const close = (reader: FieldReader) => ({
  replyCode: reader.short(),
});
const none = () => ({});

const exchangeBinding = (reader: FieldReader) => {
  reader.short(); // reserved
  return {
    destination: reader.shortString(),
    source: reader.shortString(),
    routingKey: reader.shortString(),
    ...reader.flags("noWait"),
    arguments: reader.table(),
  };
};

const DECODERS = [
  decoder(ClassId.CONNECTION, ConnectionMethod.START_OK, "connection.start-ok", (reader) => {
    const clientProperties = reader.table();
    const mechanism = reader.shortString();
    // Both begin with their length: the response of AMQPLAIN is the inside of a table.
    const response = mechanism === AMQPLAIN ? reader.table() : reader.longString();
    return { clientProperties, mechanism, response, locale: reader.shortString() };
  }),
  decoder(ClassId.CONNECTION, ConnectionMethod.TUNE_OK, "connection.tune-ok", (reader) => ({
    channelMax: reader.short(),
    frameMax: reader.long(),
    heartbeatSeconds: reader.short(),
  })),
  decoder(ClassId.CONNECTION, ConnectionMethod.OPEN, "connection.open", (reader) => ({
    virtualHost: reader.shortString(),
  })),
  decoder(ClassId.CONNECTION, ConnectionMethod.CLOSE, "connection.close", close),
  decoder(ClassId.CONNECTION, ConnectionMethod.CLOSE_OK, "connection.close-ok", none),
  decoder(ClassId.CHANNEL, ChannelMethod.OPEN, "channel.open", none),
  decoder(
    ClassId.CHANNEL,
    ChannelMethod.FLOW,
    "channel.flow",
    (reader) => reader.flags("active"),
  ),
  decoder(ClassId.CHANNEL, ChannelMethod.CLOSE, "channel.close", close),
  decoder(ClassId.CHANNEL, ChannelMethod.CLOSE_OK, "channel.close-ok", none),
  decoder(ClassId.EXCHANGE, ExchangeMethod.DECLARE, "exchange.declare", (reader) => {
    reader.short(); // reserved
    return {
      exchange: reader.shortString(),
      type: reader.shortString(),
      ...reader.flags("passive", "durable", "autoDelete", "internal", "noWait"),
      arguments: reader.table(),
    };
  }),
  decoder(ClassId.EXCHANGE, ExchangeMethod.DELETE, "exchange.delete", (reader) => {
    reader.short(); // reserved
    return { exchange: reader.shortString(), ...reader.flags("ifUnused", "noWait") };
  }),
  decoder(ClassId.EXCHANGE, ExchangeMethod.BIND, "exchange.bind", exchangeBinding),
  decoder(ClassId.EXCHANGE, ExchangeMethod.UNBIND, "exchange.unbind", exchangeBinding),
  decoder(ClassId.QUEUE, QueueMethod.DECLARE, "queue.declare", (reader) => {
    reader.short(); // reserved
    return {
      queue: reader.shortString(),
      ...reader.flags("passive", "durable", "exclusive", "autoDelete", "noWait"),
      arguments: reader.table(),
    };
  }),
  decoder(ClassId.QUEUE, QueueMethod.BIND, "queue.bind", (reader) => {
    reader.short(); // reserved
    return {
      queue: reader.shortString(),
      exchange: reader.shortString(),
      routingKey: reader.shortString(),
      ...reader.flags("noWait"),
      arguments: reader.table(),
    };
  }),
  decoder(ClassId.QUEUE, QueueMethod.UNBIND, "queue.unbind", (reader) => {
    reader.short(); // reserved
    return {
      queue: reader.shortString(),
      exchange: reader.shortString(),
      routingKey: reader.shortString(),
      arguments: reader.table(),
    };
  }),
  decoder(ClassId.QUEUE, QueueMethod.PURGE, "queue.purge", (reader) => {
    reader.short(); // reserved
    return { queue: reader.shortString(), ...reader.flags("noWait") };
  }),
  decoder(ClassId.QUEUE, QueueMethod.DELETE, "queue.delete", (reader) => {
    reader.short(); // reserved
    return { queue: reader.shortString(), ...reader.flags("ifUnused", "ifEmpty", "noWait") };
  }),
  decoder(ClassId.BASIC, BasicMethod.QOS, "basic.qos", (reader) => ({
    prefetchSize: reader.long(),
    prefetchCount: reader.short(),
    ...reader.flags("global"),
  })),
  decoder(ClassId.BASIC, BasicMethod.CONSUME, "basic.consume", (reader) => {
    reader.short(); // reserved
    return {
      queue: reader.shortString(),
      consumerTag: reader.shortString(),
      ...reader.flags("noLocal", "noAck", "exclusive", "noWait"),
      arguments: reader.table(),
    };
  }),
  decoder(ClassId.BASIC, BasicMethod.CANCEL, "basic.cancel", (reader) => ({
    consumerTag: reader.shortString(),
    ...reader.flags("noWait"),
  })),
  decoder(ClassId.BASIC, BasicMethod.CANCEL_OK, "basic.cancel-ok", none),
  decoder(ClassId.BASIC, BasicMethod.GET, "basic.get", (reader) => {
    reader.short(); // reserved
    return { queue: reader.shortString(), ...reader.flags("noAck") };
  }),
  decoder(ClassId.BASIC, BasicMethod.ACK, "basic.ack", (reader) => ({
    deliveryTag: reader.longlong(),
    ...reader.flags("multiple"),
  })),
  decoder(ClassId.BASIC, BasicMethod.REJECT, "basic.reject", (reader) => ({
    deliveryTag: reader.longlong(),
    ...reader.flags("requeue"),
  })),
  decoder(ClassId.BASIC, BasicMethod.NACK, "basic.nack", (reader) => ({
    deliveryTag: reader.longlong(),
    ...reader.flags("multiple", "requeue"),
  })),
  decoder(
    ClassId.BASIC,
    BasicMethod.RECOVER_ASYNC,
    "basic.recover-async",
    (reader) => reader.flags("requeue"),
  ),
  decoder(
    ClassId.BASIC,
    BasicMethod.RECOVER,
    "basic.recover",
    (reader) => reader.flags("requeue"),
  ),
  decoder(
    ClassId.CONFIRM,
    ConfirmMethod.SELECT,
    "confirm.select",
    (reader) => reader.flags("noWait"),
  ),
] as const;

const BY_ID: ReadonlyMap<number, (reader: FieldReader) => ClientMethod> = new Map(
  DECODERS.map(({ key, decode }) => [key, decode]),
);
