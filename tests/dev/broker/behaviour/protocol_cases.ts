/**
 * Clients that break the protocol, and how the connection ends for them.
 *
 * @module
 */

import {
  frame,
  method,
  open,
  PROTOCOL_HEADER,
  publish,
  RawClient,
  shortString,
  startOk,
  tuneOk,
} from "../raw_client.ts";

/** One case: what a client does, and the code with which the broker answers. */
export interface ProtocolCase {
  readonly name: string;
  run(url: string): Promise<string>;
  readonly expected: string;
  /**
   * Whether RabbitMQ gives no answer but hangs up, up to three seconds later. Telling the client
   * what it did wrong is better.
   */
  readonly rabbitMqHangsUp?: boolean;
  /** What RabbitMQ answers where that is something else. */
  readonly onRabbitMq?: string;
}

const HANGS_UP = { rabbitMqHangsUp: true };

/** The cases. */
export const PROTOCOL_CASES: readonly ProtocolCase[] = [
  greeted("a wrong password", [startOk("guest", "wrong")], "hung up"),
  greeted("a wrong password of a client that wants to be told", [
    startOk("guest", "wrong", { capabilities: { authentication_failure_close: true } }),
  ], "connection 403"),
  greeted(
    "an unknown mechanism",
    [startOk("guest", "guest", { mechanism: "X" })],
    "connection 503",
    HANGS_UP,
  ),
  greeted(
    "a vhost that is not there",
    [startOk("guest", "guest"), tuneOk(), open("/missing")],
    "connection 530",
  ),
  greeted(
    "a frame size beyond what is offered",
    [startOk("guest", "guest"), tuneOk({ frameMax: 131_073 })],
    "connection 530",
    HANGS_UP,
  ),
  greeted(
    "a frame size below the smallest",
    [startOk("guest", "guest"), tuneOk({ frameMax: 100 })],
    "connection 530",
    HANGS_UP,
  ),
  greeted(
    "more channels than are offered",
    [startOk("guest", "guest"), tuneOk({ channelMax: 65_535 })],
    "connection 530",
    HANGS_UP,
  ),

  opened("a second channel.open", [method(1, 20, 10, [0])], "connection 504"),
  opened("a channel that is not open", [method(2, 85, 10, [0])], "connection 504"),
  opened("an unknown method", [method(1, 60, 99)], "connection 503", HANGS_UP),
  opened("an unknown class", [method(1, 99, 10)], "connection 503", HANGS_UP),
  opened("arguments that are cut off", [method(1, 60, 20, [0, 0, 9])], "connection 501"),
  opened("a table that is longer than its frame", [
    method(1, 50, 10, [0, 0, ...shortString("x"), 0, 0, 0, 1, 0]),
  ], "connection 501"),
  opened(
    "a field of an unknown type",
    [
      method(1, 50, 10, [0, 0, ...shortString("x"), 0, 0, 0, 0, 3, ...shortString("k"), 63]),
    ],
    "connection 501",
    HANGS_UP,
  ),
  opened("a frame of an unknown type", [frame(4, 1, [])], "connection 501"),
  opened("a heartbeat on a channel", [frame(8, 1, [])], "connection 505"),
  opened("a frame without its end", [method(1, 20, 10, [0]).with(-1, 0)], "connection 501"),
  opened(
    "a frame that is too large",
    [frame(3, 1, new Uint8Array(140_000))],
    "connection 501",
  ),
  opened("a body without basic.publish", [frame(3, 1, [1])], "connection 505"),
  opened("a content header without basic.publish", [
    ...publish("x", new Uint8Array(1)).slice(1),
  ], "connection 505"),
  opened("a method where content has to come", [
    method(1, 60, 40, [0, 0, 0, 0, 0]),
    method(1, 60, 10, [0, 0, 0, 0, 0, 0, 0]),
  ], "connection 505"),
  opened("a body before its header", [
    method(1, 60, 40, [0, 0, 0, 0, 0]),
    frame(3, 1, [1]),
  ], "connection 505"),
  opened("content of another class", [
    method(1, 60, 40, [0, 0, 0, 0, 0]),
    frame(2, 1, [0, 50, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
  ], "connection 505"),
  opened("publishing with immediate", [
    method(1, 60, 40, [0, 0, 0, 0, 2]),
    ...publish("x", new Uint8Array(1)).slice(1),
  ], "connection 540"),
  opened("stopping deliveries with channel.flow", [method(1, 20, 20, [0])], "connection 540"),
  opened("a prefetch size", [method(1, 60, 10, [0, 0, 0, 9, 0, 0, 0])], "connection 540"),
  opened("recovering without requeueing", [method(1, 60, 110, [0])], "connection 540"),
  opened("an unknown delivery tag", [
    method(1, 60, 80, [0, 0, 0, 0, 0, 0, 0, 7, 0]),
  ], "channel 406"),
  opened("the largest delivery tag", [
    method(1, 60, 80, [255, 255, 255, 255, 255, 255, 255, 255, 1]),
  ], "channel 406"),
  ...[0, 1, 2, 3].flatMap((size) => {
    const cutOff = [0, 20, 0].slice(0, size);
    return [
      opened(`a method frame of ${size} bytes`, [frame(1, 1, cutOff)], "connection 501"),
      opened(`one of ${size} bytes on channel 0`, [frame(1, 0, cutOff)], "connection 501"),
    ];
  }),
  withProperties("a property that is longer than all of them", [0x80, 0, 9]),
  withProperties("a property that is missing", [0x90, 0, 1, 97]),
  withProperties("more than the flags of properties say", [0x10, 0, 2, 2]),
  withProperties("flags of properties that go on", [0x10, 1, 0, 0, 2]),
  withProperties(
    "headers that end within a field",
    [0x20, 0, 0, 0, 0, 4, ...shortString("k"), 73, 0],
  ),
  withProperties(
    "headers with a field of an unknown type",
    [0x20, 0, 0, 0, 0, 3, ...shortString("k"), 63],
  ),
  opened("a queue's name that is not UTF-8", [
    method(1, 50, 10, [0, 0, 1, 0xff, 0, 0, 0, 0, 0]),
  ], "connection 501"),
  ...[[50, 20], [40, 30], [40, 40]].map(([classId = 0, methodId = 0]) =>
    opened(`${classId}.${methodId} of what is missing and the default exchange`, [
      method(1, classId, methodId, [0, 0, ...shortString("missing"), 0, 0, 0, 0, 0, 0, 0]),
    ], "channel 403")
  ),
  opened("unbinding a queue that is missing from the default exchange", [
    method(1, 50, 50, [0, 0, ...shortString("missing"), 0, 0, 0, 0, 0, 0]),
  ], "channel 403"),
  opened("consuming the last queue where none was declared", [
    method(1, 60, 20, [0, 0, 0, ...shortString("tag"), 0, 0, 0, 0, 0]),
  ], "channel 404"),
];

/** A client that has only sent the protocol header. */
function greeted(
  name: string,
  frames: readonly Uint8Array[],
  expected: string,
  rabbitMq = {},
): ProtocolCase {
  return {
    name,
    async run(url) {
      using client = await RawClient.connect(url);
      await client.send(PROTOCOL_HEADER, ...frames);
      return await client.closeReason();
    },
    expected,
    ...rabbitMq,
  };
}

/**
 * A client that publishes a message with a list of properties, the flags first. RabbitMQ does not
 * expect that it cannot be read, and calls it a fault of its own.
 */
function withProperties(name: string, properties: number[]): ProtocolCase {
  const frames = [
    method(1, 60, 40, [0, 0, 0, 0, 0]),
    frame(2, 1, [0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, ...properties]),
    frame(3, 1, [1]),
  ];
  return opened(name, frames, "connection 502", { onRabbitMq: "connection 541" });
}

/** A client that is connected and has opened the channel 1. */
function opened(
  name: string,
  frames: readonly Uint8Array[],
  expected: string,
  rabbitMq = {},
): ProtocolCase {
  return {
    name,
    async run(url) {
      using client = await RawClient.open(url);
      await client.send(...frames);
      return await client.closeReason();
    },
    expected,
    ...rabbitMq,
  };
}
