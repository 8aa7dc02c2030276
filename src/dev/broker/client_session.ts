/**
 * A client's connection as a conversation: from its bytes to its channels, and to its end. It knows no
 * socket and no clock; those are the business of `client_connection.ts`.
 *
 * @module
 */

import { BasicMethod, ChannelMethod, ClassId, Type } from "@cloudamqp/amqp-client/amqp-frame";
import { logger } from "../../log.ts";
import { Channel, type ChannelHost } from "./channel.ts";
import type { BrokerCounters } from "./counters.ts";
import { FrameReader, readUint16 } from "./frame_reader.ts";
import { Handshake, type HandshakeOptions, type Negotiated } from "./handshake.ts";
import { decodeMethod, METHOD_ID_BYTES } from "./method_decoder.ts";
import * as encode from "./method_encoder.ts";
import { ContentBudget } from "./publish_assembler.ts";
import { ReplyError } from "./reply_error.ts";
import type { Restrictions } from "./restrictions.ts";
import { RouteCache } from "./route_cache.ts";
import type { SocketWriter } from "./socket_writer.ts";
import type { VirtualHost } from "./virtual_host.ts";

/** The parts of the broker that a session uses. */
export interface SessionContext extends HandshakeOptions {
  readonly counters: BrokerCounters;
  readonly restrictions: Restrictions;
}

/** What a session tells the connection. */
export interface SessionEvents {
  /** The handshake is done. */
  onOpen(negotiated: Negotiated): void;
  /** The client was sent connection.close: it should agree soon. */
  onClosing(): void;
  /** The socket is to be closed once everything is written. */
  onFinished(): void;
  /** The socket is to be closed at once. */
  onEnd(): void;
}

/** At most this many messages of the largest size may be begun and not finished, on all channels. */
const MAX_UNFINISHED_MESSAGES = 4;

const NOTHING = new Uint8Array(0);
const NO_METHOD: encode.MethodId = { classId: 0, methodId: 0 };

/** One client's conversation with the broker. An error in it ends at most this conversation. */
export class ClientSession implements ChannelHost {
  readonly writer: SocketWriter;
  readonly counters: BrokerCounters;
  readonly restrictions: Restrictions;
  readonly contentBudget: ContentBudget;
  readonly #events: SessionEvents;
  readonly #reader: FrameReader;
  readonly #handshake: Handshake;
  readonly #channels = new Map<number, Channel>();
  readonly #toConfirm = new Set<Channel>();
  #state: "handshake" | "open" | "closing" | "deaf" = "handshake";
  #opened: { negotiated: Negotiated; routes: RouteCache } | undefined;
  #publishes = false;

  /** Begins a conversation. */
  constructor(context: SessionContext, writer: SocketWriter, events: SessionEvents) {
    this.writer = writer;
    this.counters = context.counters;
    this.restrictions = context.restrictions;
    // Larger ones than are taken now may be taken again while the connection lasts.
    const { unrestrictedMessageBytes } = context.restrictions;
    this.contentBudget = new ContentBudget(MAX_UNFINISHED_MESSAGES * unrestrictedMessageBytes);
    this.#events = events;
    this.#reader = new FrameReader(context.frameMax);
    this.#handshake = new Handshake(context, (bytes) => writer.write(bytes));
  }

  /** Whether the handshake is done and neither side has closed the connection. */
  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Whether the client has published anything. */
  get publishes(): boolean {
    return this.#publishes;
  }

  /** What was agreed on in the handshake; undefined before. */
  get negotiated(): Negotiated | undefined {
    return this.#opened?.negotiated;
  }

  /** The channels that are open. */
  get channels(): Channel[] {
    return [...this.#channels.values()].filter((channel) => !channel.closing);
  }

  /** The virtual host that the client has opened. */
  get virtualHost(): VirtualHost {
    return this.#required.negotiated.virtualHost;
  }

  /** Where the client's messages go. */
  get routes(): RouteCache {
    return this.#required.routes;
  }

  /** The user that has logged in. */
  get user(): string {
    return this.#required.negotiated.user;
  }

  /** The negotiated size of frames. */
  get maxFrameBytes(): number {
    return this.#required.negotiated.frameMax;
  }

  /** Whether the client wants to be told that a consumer's queue is gone. */
  get wantsCancelNotice(): boolean {
    return this.can("consumer_cancel_notify");
  }

  /** Whether the client has announced a capability. */
  can(capability: string): boolean {
    return this.negotiated?.capabilities.has(capability) ?? false;
  }

  /**
   * Follows the client's bytes. Never throws.
   *
   * @returns The bytes that have to wait until the client has read the answers to those before.
   */
  receive(bytes: Uint8Array): Uint8Array {
    if (this.#state === "deaf") return NOTHING;
    try {
      const frames = this.#handshake.takeProtocolHeader(bytes);
      if (frames) return frames.subarray(this.#reader.feed(frames, this.#onFrame));
      this.#state = "deaf";
      this.#events.onFinished();
    } catch (error) {
      this.#fail(error, 0, NO_METHOD);
      this.#state = "deaf"; // where the next frame begins cannot be known
    } finally {
      this.#confirm();
    }
    return NOTHING;
  }

  /** Lets the queues deliver again, after the client has read. */
  resume(): void {
    for (const channel of this.#channels.values()) channel.resume();
  }

  /** Sends connection.close. */
  close(error: ReplyError, cause: encode.MethodId = NO_METHOD): void {
    if (this.#state === "closing" || this.#state === "deaf") return;
    this.release();
    this.#state = "closing";
    this.writer.write(encode.connectionClose(error, cause));
    this.#events.onClosing();
  }

  /** Gives back what the client holds in the virtual host; without effect the second time. */
  release(): void {
    // Deliveries end first, so that no channel takes what another one gives back.
    this.writer.acceptsDeliveries = false;
    for (const channel of this.#channels.values()) channel.release();
    this.#channels.clear();
    this.#toConfirm.clear();
    this.negotiated?.virtualHost.connectionClosed(this);
  }

  /** Notes that a channel has publishes to confirm. */
  confirmLater(channel: Channel): void {
    this.#toConfirm.add(channel);
  }

  get #required(): { negotiated: Negotiated; routes: RouteCache } {
    if (!this.#opened) throw new ReplyError(503, "connection is not open yet");
    return this.#opened;
  }

  #confirm(): void {
    for (const channel of this.#toConfirm) channel.confirm();
    this.#toConfirm.clear();
  }

  readonly #onFrame = (
    type: number,
    number: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): boolean => {
    try {
      if (number === 0) this.#onConnectionFrame(type, bytes.subarray(start, end));
      else if (this.#state !== "closing") this.#onChannelFrame(number, type, bytes, start, end);
    } catch (error) {
      this.#fail(error, number, causeOf(type, bytes, start, end));
    }
    return !this.writer.choked;
  };

  #onConnectionFrame(type: number, payload: Uint8Array): void {
    if (type === Type.HEARTBEAT) return;
    if (type !== Type.METHOD) throw new ReplyError(501, `frame of type ${type} on channel 0`);
    const method = decodeMethod(payload);
    if (method.name === "connection.close") return this.#leave();
    if (this.#state === "closing") {
      if (method.name === "connection.close-ok") this.#events.onEnd();
      return;
    }
    if (this.#state === "open") {
      throw new ReplyError(503, `unexpected ${method.name} on an open connection`);
    }
    const negotiated = this.#handshake.onMethod(method);
    if (negotiated) this.#open(negotiated);
  }

  #open(negotiated: Negotiated): void {
    this.#opened = { negotiated, routes: new RouteCache(negotiated.virtualHost) };
    this.#state = "open";
    this.#reader.maxFrameBytes = negotiated.frameMax;
    this.writer.write(encode.plainReply(0, "connection.open-ok"));
    this.#events.onOpen(negotiated);
  }

  #leave(): void {
    this.#confirm();
    this.release();
    this.#state = "closing";
    this.writer.write(encode.plainReply(0, "connection.close-ok"));
    this.#events.onFinished();
  }

  #onChannelFrame(
    number: number,
    type: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    requireChannelFrame(type);
    if (type === Type.METHOD && end - start < METHOD_ID_BYTES) {
      throw new ReplyError(501, `method frame of ${end - start} bytes is cut off`);
    }
    const isChannelClass = type === Type.METHOD && readUint16(bytes, start) === ClassId.CHANNEL;
    const channelMethod = isChannelClass ? readUint16(bytes, start + 2) : undefined;
    if (channelMethod === ChannelMethod.OPEN) return this.#openChannel(number);
    const channel = this.#channels.get(number);
    if (!channel) throw new ReplyError(504, "expected 'channel.open'");
    if (channelMethod === ChannelMethod.CLOSE) return this.#closeChannel(number, channel);
    if (channel.closing) {
      if (channelMethod === ChannelMethod.CLOSE_OK) this.#channels.delete(number);
      return;
    }
    if (type !== Type.METHOD) this.#publishes = true;
    channel.onFrame(type, bytes, start, end);
  }

  #openChannel(number: number): void {
    const { channelMax } = this.#required.negotiated;
    if (this.#channels.has(number)) throw new ReplyError(504, "second 'channel.open' seen");
    if (number > channelMax) {
      throw new ReplyError(
        530,
        `channel ${number} is beyond the negotiated channel_max ${channelMax}`,
      );
    }
    this.#channels.set(number, new Channel(number, this));
    this.writer.write(encode.plainReply(number, "channel.open-ok"));
  }

  #closeChannel(number: number, channel: Channel): void {
    // If the broker closes it as well, the client's answer to that is still to come.
    if (!channel.closing) {
      channel.confirm();
      channel.release();
      this.#channels.delete(number);
    }
    this.writer.write(encode.plainReply(number, "channel.close-ok"));
  }

  /** Ends what an error concerns: a channel, or the connection. */
  #fail(thrown: unknown, number: number, cause: encode.MethodId): void {
    const error = thrown instanceof ReplyError ? thrown : internalError(thrown);
    const channel = this.#channels.get(number);
    if (error.level === "channel" && channel) {
      channel.confirm();
      channel.closing = true;
      channel.release();
      this.writer.write(encode.channelClose(number, error, cause));
    } else if (this.#state === "handshake" && !this.#handshake.mayExplain(error)) {
      this.#events.onEnd();
    } else {
      this.#confirm();
      this.close(error, cause);
    }
  }
}

function requireChannelFrame(type: number): void {
  if (type === Type.METHOD || type === Type.HEADER || type === Type.BODY) return;
  if (type === Type.HEARTBEAT) throw new ReplyError(505, "heartbeat on a channel");
  throw new ReplyError(501, `unknown frame type ${type}`);
}

/** Which method a frame is or, where it is content, belongs to. */
function causeOf(type: number, bytes: Uint8Array, start: number, end: number): encode.MethodId {
  if (type === Type.HEADER || type === Type.BODY) {
    return { classId: ClassId.BASIC, methodId: BasicMethod.PUBLISH };
  }
  if (type !== Type.METHOD || end - start < METHOD_ID_BYTES) return NO_METHOD;
  return { classId: readUint16(bytes, start), methodId: readUint16(bytes, start + 2) };
}

function internalError(thrown: unknown): ReplyError {
  logger("broker").error("Defect in the broker: {error}", { error: thrown });
  return new ReplyError(541, "defect in the broker");
}
