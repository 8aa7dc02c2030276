/**
 * A message as the broker keeps it: the bytes that were published, not decoded, because most of them
 * are only handed on.
 *
 * @module
 */

/** Where messages were published to. Shared by all messages that went the same way. */
export interface Route {
  readonly exchange: string;
  readonly routingKey: string;
  /** Both names as short strings, as basic.publish has them and basic.deliver needs them. */
  readonly bytes: Uint8Array;
}

/** A published message. */
export interface Message {
  readonly route: Route;
  /** The properties (flags and list, as in the content header), then the body. */
  readonly content: Uint8Array;
  /** How many bytes of the content are properties. */
  readonly propertiesBytes: number;
  /** Whether a durable queue keeps it when the broker crashes. */
  readonly persistent?: boolean | undefined;
  /** The expiration that the publisher gave the message, in milliseconds. */
  readonly expirationMs?: number | undefined;
}

/** What a message is estimated to cost besides its content. */
const MESSAGE_OVERHEAD_BYTES = 256;

/** What a message in one queue is counted as against the broker's memory limit. */
export function messageCostBytes(message: Message): number {
  return message.content.length + MESSAGE_OVERHEAD_BYTES;
}
