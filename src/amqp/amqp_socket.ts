/**
 * The AMQP client's protocol machine on a byte stream of our own. The client's own socket class reports
 * a malformed frame by throwing out of the socket's event (which ends the process), writes once per
 * message, holds a 128 KiB buffer for each unconfirmed message, cannot be cancelled while it
 * connects, and takes any write of its own as a sign of life of the peer.
 *
 * @module
 */

import { AMQPBaseClient } from "@cloudamqp/amqp-client/amqp-base-client";
import { AMQPView } from "@cloudamqp/amqp-client/amqp-view";
import { Buffer } from "node:buffer";
import { AmqpError } from "../errors.ts";
import { orAborted } from "../time/aborted.ts";
import { type MonotonicClock, nextTurn, sleep } from "../time/clock.ts";
import { asAmqpError } from "./amqp_error.ts";
import { Answers } from "./answers.ts";
import { certificateError } from "./certificate_error.ts";
import type { ServerAddress } from "./server_address.ts";
import { untilSilent } from "./silence.ts";
import type { TlsCertificates } from "./tls.ts";
import type { ByteStream, Transport } from "./transport.ts";
import { WriteBuffer } from "./write_buffer.ts";

const PROTOCOL_HEADER = new Uint8Array([65, 77, 81, 80, 0, 0, 9, 1]); // "AMQP" 0-9-1
const HEARTBEAT_FRAME = new Uint8Array([8, 0, 0, 0, 0, 0, 0, 0xCE]);
const FRAME_OVERHEAD_BYTES = 8;
const FRAME_MAX_BYTES = 131_072; // what RabbitMQ offers
const FRAME_MIN_BYTES = 4096;
const FRAME_METHOD = 1;
// Where in a frame its parts are.
const FRAME_SIZE_AT = 3;
const METHOD_AT = 7;
const CONFIRM_TAG_AT = 11;
const CONFIRM_FLAGS_AT = 19;
const FRAME_END = 0xCE;
// Class and method, and the bytes that both have beside a frame's overhead.
const BASIC_ACK = 60 << 16 | 80;
const BASIC_NACK = 60 << 16 | 120;
const CONFIRM_BYTES = 13;
const CONFIRM_MULTIPLE = 1;
const MAX_SAFE_HIGH_BITS = 2 ** 21 - 1; // of a number of 64 bits, which is to fit in 53
const CLOSE_TIMEOUT_MS = 2000;
const NOTHING = new Uint8Array(0);
const RESOLVED = Promise.resolve();

/** What an {@linkcode AmqpSocket} is opened with. */
export interface AmqpSocketOptions {
  /** The connection's name in the broker's management pages. */
  readonly name: string;
  /** Certificates, for an `amqps:` address. */
  readonly tls: TlsCertificates;
  /** The clock of the heartbeats. */
  readonly clock: MonotonicClock;
  /** How the bytes come and go. */
  readonly transport: Transport;
}

/** One connection to a broker, from `connect` to its end. It does not come back by itself. */
export class AmqpSocket extends AMQPBaseClient {
  /** What the broker owes. */
  readonly answers: Answers;
  readonly #address: ServerAddress;
  readonly #options: AmqpSocketOptions;
  readonly #ended = Promise.withResolvers<AmqpError | undefined>();
  #stream: ByteStream | undefined;
  #unparsed: Uint8Array = NOTHING;
  #outgoing = new WriteBuffer();
  // What the operating system is taking; the two change places.
  #writing = new WriteBuffer();
  #receivedAtMs = 0;
  #over = new AbortController();

  /** Prepares a connection; nothing is sent before `connect`. */
  constructor(address: ServerAddress, options: AmqpSocketOptions) {
    const platform = `Deno ${globalThis.Deno?.version.deno ?? "?"}`;
    super(
      address.vhost,
      address.username,
      address.password,
      options.name,
      platform,
      FRAME_MAX_BYTES,
      address.heartbeatSeconds,
    );
    this.#address = address;
    this.#options = options;
    this.answers = new Answers({
      clock: options.clock,
      isBlocked: () => this.blocked !== undefined,
      onSilence: (reason) => this.#break(reason),
    });
    this.onerror = () => {}; // says again what `ended` says
    this.ondisconnect = (error) => this.#end(asAmqpError(error));
  }

  /** Settles with the reason when the connection has ended, without one if `close` ended it. */
  get ended(): Promise<AmqpError | undefined> {
    return this.#ended.promise;
  }

  /** Bytes that were handed over and that the operating system has not taken yet. */
  get backlogBytes(): number {
    return this.#outgoing.length + this.#writing.length;
  }

  /** Opens the socket and logs in. Rejects with an {@linkcode AmqpError}, also when aborted. */
  override async connect(signal?: AbortSignal): Promise<this> {
    const abort = () => this.#break(new AmqpError("Cannot connect: stopped while connecting"));
    signal?.addEventListener("abort", abort);
    try {
      signal?.throwIfAborted();
      const opened = new Promise<void>((resolve, reject) => {
        this.connectPromise = [() => resolve(), reject];
      });
      this.#open();
      // Whichever comes first: the broker's open-ok, its refusal, or the end of the socket.
      await Promise.race([
        opened,
        this.#ended.promise.then((error) => Promise.reject(error)),
      ]);
      this.#watchHeartbeats();
      return this;
    } catch (error) {
      const reason = asAmqpError(error);
      this.#end(reason);
      throw await this.#explained(reason, signal);
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /**
   * Where to write what is to be sent: all that one turn of the event loop adds leaves in one write.
   * Nothing if the connection has ended.
   */
  get outgoing(): WriteBuffer | undefined {
    if (this.#stream === undefined) return undefined;
    if (this.#outgoing.length === 0) nextTurn(this.#options.clock, () => this.#flush());
    return this.#outgoing;
  }

  /** Sends bytes, as with `outgoing`. */
  override send(bytes: Uint8Array): Promise<void> {
    // Never rejects: the client attaches unbound handlers to it. A lost socket shows in `ended`.
    const { outgoing } = this;
    if (outgoing === undefined) return RESOLVED;
    outgoing.reserve(bytes.byteLength);
    outgoing.bytes.set(bytes, outgoing.length);
    outgoing.length += bytes.byteLength;
    return RESOLVED;
  }

  /** Called whenever the operating system has taken what was written. */
  onDrain: () => void = () => {};

  /** Called when what was read at a time has been told: of confirms there are often many. */
  onRead: () => void = () => {};

  /** Ends the connection without the handshake of `close`, and gives up what is not sent yet. */
  destroy(): void {
    this.#break(undefined);
  }

  /** Ends the connection for a reason that is not the socket's own, and tells the broker. */
  fail(reason: AmqpError): void {
    if (this.closed) return;
    void this.close(); // its answer is not waited for
    this.#end(reason);
  }

  /**
   * Waits for the broker to agree that something is closed: for a moment, as it may be silent, and not
   * longer than the connection lasts.
   */
  async untilClosed(closing: Promise<void>): Promise<void> {
    const closed = new AbortController();
    const signal = AbortSignal.any([closed.signal, this.#over.signal]);
    const tooLong = sleep(this.#options.clock, CLOSE_TIMEOUT_MS, signal);
    // What is lost has ended as well.
    await Promise.race([closing.catch(() => {}), tooLong]);
    closed.abort();
  }

  protected override closeSocket(): void {
    this.#end(undefined);
  }

  #open(): void {
    const { tls, transport } = this.#options;
    const { hostname, port, tls: isEncrypted } = this.#address;
    const greet = () => this.send(PROTOCOL_HEADER);
    const stream = transport({ hostname, port }, isEncrypted ? tls : undefined, greet);
    this.#stream = stream;
    stream.on("data", (bytes) => this.#read(bytes));
    stream.on("error", (error) => this.#end(asAmqpError(error)));
    stream.on(
      "close",
      () => this.#end(new AmqpError("Connection lost: closed by the broker's host")),
    );
  }

  #read(bytes: Uint8Array): void {
    this.#receivedAtMs = this.#options.clock.nowMs();
    const unparsed = this.#unparsed.byteLength === 0
      ? bytes
      : Buffer.concat([this.#unparsed, bytes]);
    try {
      const complete = completeFramesBytes(unparsed, this.frameMax);
      // Before parsing: a handler may end the connection, and must find no half-eaten input.
      this.#unparsed = complete === unparsed.byteLength ? NOTHING : unparsed.slice(complete);
      if (complete > 0) {
        // The cast: a socket's buffers are never shared ones. The client copies out what it keeps.
        const buffer = unparsed.buffer as ArrayBuffer;
        this.#parse(new StrictView(buffer, unparsed.byteOffset, complete));
        this.#checkFrameMax();
        this.onRead();
      }
    } catch (error) {
      this.#end(
        new AmqpError("Connection given up: the broker sent what is not AMQP 0-9-1", {
          cause: error,
        }),
      );
    }
  }

  /** As the client's `parseFrames`, which takes an ack for a hundred times as long: there may be 100 000 a second. */
  #parse(frames: StrictView): void {
    const { buffer, byteOffset, byteLength } = frames;
    let parsed = 0;
    const parseUpTo = (end: number) => {
      if (parsed < end) this.parseFrames(new StrictView(buffer, byteOffset + parsed, end - parsed));
    };
    for (let at = 0; at < byteLength;) {
      const end = at + frames.getUint32(at + FRAME_SIZE_AT) + FRAME_OVERHEAD_BYTES;
      if (isConfirm(frames, at, BASIC_ACK) && frames.getUint8(end - 1) === FRAME_END) {
        parseUpTo(at);
        parsed = end;
        const isMultiple = (frames.getUint8(at + CONFIRM_FLAGS_AT) & CONFIRM_MULTIPLE) !== 0;
        const channel = this.channels[frames.getUint16(at + 1)];
        channel?.publishConfirmed(frames.getUint64(at + CONFIRM_TAG_AT), isMultiple, false);
      }
      at = end;
    }
    parseUpTo(byteLength);
  }

  #checkFrameMax(): void {
    if (this.frameMax === 0) this.frameMax = FRAME_MAX_BYTES; // the broker sets no limit
    if (this.frameMax >= FRAME_MIN_BYTES) return;
    throw new RangeError(`Frames of ${this.frameMax} bytes, AMQP has ${FRAME_MIN_BYTES} at least`);
  }

  #flush(): void {
    // While a write is under way, more only collects: two buffers are enough, and none is copied.
    if (this.#stream === undefined || this.#outgoing.length === 0 || this.#writing.length > 0) {
      return;
    }
    [this.#outgoing, this.#writing] = [this.#writing, this.#outgoing];
    const writing = this.#writing;
    // Not the socket's "drain": it does not come when bytes that waited here went in one go.
    this.#stream.write(writing.written(), () => {
      writing.clear();
      this.#flush();
      this.onDrain();
    });
  }

  /** The one place where a connection ends; the first reason counts. */
  #end(reason: AmqpError | undefined): void {
    this.#ended.resolve(reason);
    this.closed = true;
    this.#over.abort();
    const stream = this.#stream;
    this.#stream = undefined;
    if (stream) {
      if (this.#outgoing.length > 0) stream.write(this.#outgoing.written());
      this.#outgoing = new WriteBuffer();
      this.#writing = new WriteBuffer();
      stream.destroySoon();
    }
    for (const channel of this.channels) channel?.setClosed(reason);
  }

  /** As `#end`, without waiting for a peer that may never take what is on its way to it. */
  #break(reason: AmqpError | undefined): void {
    const stream = this.#stream;
    this.#end(reason);
    stream?.destroy();
  }

  async #explained(failure: AmqpError, signal: AbortSignal | undefined): Promise<AmqpError> {
    if (!this.#address.tls || signal?.aborted) return failure;
    const { cause } = failure;
    const better = await orAborted(
      certificateError(cause, this.#address, this.#options.tls),
      signal,
    );
    return better === undefined || better === cause ? failure : asAmqpError(better);
  }

  #watchHeartbeats(): void {
    if (this.heartbeat === 0) return;
    void this.#sendHeartbeats();
    void this.#awaitSilence();
  }

  async #sendHeartbeats(): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      // Twice per interval, as the peer may count silence from just after our last frame.
      await sleep(this.#options.clock, this.heartbeat * 1000 / 2, signal);
      void this.send(HEARTBEAT_FRAME);
    }
  }

  async #awaitSilence(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#over;
    const longestMs = 2 * this.heartbeat * 1000;
    // Only what arrives proves that the peer lives; what is written may just fill a buffer.
    if (!await untilSilent(clock, longestMs, () => this.#receivedAtMs, signal)) return;
    this.#break(new AmqpError(`Connection lost: no sign of life for ${2 * this.heartbeat} s`));
  }
}

/** Refuses numbers that it cannot hold; the client's own view rounds them and prints a warning. */
class StrictView extends AMQPView {
  override getUint64(byteOffset: number, littleEndian?: boolean): number {
    const high = this.getUint32(byteOffset, littleEndian);
    if (high <= MAX_SAFE_HIGH_BITS) return super.getUint64(byteOffset, littleEndian);
    throw new RangeError(`A number of more than ${Number.MAX_SAFE_INTEGER}`);
  }
}

/** How many bytes at the start of `bytes` are whole frames. */
function completeFramesBytes(bytes: Uint8Array, frameMaxBytes: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = 0;
  while (end + 7 <= bytes.byteLength) {
    const frameBytes = view.getUint32(end + FRAME_SIZE_AT) + FRAME_OVERHEAD_BYTES;
    if (frameBytes > frameMaxBytes) {
      throw new RangeError(`A frame of ${frameBytes} bytes, at most ${frameMaxBytes} were agreed`);
    }
    if (end + frameBytes > bytes.byteLength) break;
    mendNack(view, end);
    end += frameBytes;
  }
  return end;
}

/**
 * The client takes a `basic.nack` for one of several messages only if no other flag is set, and
 * RabbitMQ sets one that means nothing to a publisher: all messages but the last would never settle.
 */
function mendNack(frames: DataView, at: number): void {
  if (!isConfirm(frames, at, BASIC_NACK)) return;
  const flagsAt = at + CONFIRM_FLAGS_AT;
  frames.setUint8(flagsAt, frames.getUint8(flagsAt) & CONFIRM_MULTIPLE);
}

/** Whether a frame is an ack, or a nack, of messages that were published. */
function isConfirm(frames: DataView, at: number, method: number): boolean {
  return frames.getUint32(at + FRAME_SIZE_AT) === CONFIRM_BYTES &&
    frames.getUint8(at) === FRAME_METHOD && frames.getUint32(at + METHOD_AT) === method;
}
