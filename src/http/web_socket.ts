/**
 * The server's end of a WebSocket (RFC 6455). Deno's own comes with `Deno.serve` only, which does not
 * close connections that never complete a request.
 *
 * @module
 */

import type { Duplex } from "node:stream";
import { type MonotonicClock, sleep } from "../time/clock.ts";
import {
  CLOSE_CODE,
  encodeFrame,
  type Frame,
  FrameReader,
  OPCODE,
  tooLarge,
  WebSocketError,
} from "./web_socket_frames.ts";

/** How long a peer may say nothing; it is asked for a sign of life after this, and given up after twice as long. */
const SILENCE_MS = 20_000;
/** While so much waits for a peer to take it, its pings are not answered: it does not read. */
const MAX_WAITING_BYTES = 64 * 1024;
/** How long a peer may take to answer that the connection is to be closed. */
const CLOSING_MS = 1000;

const KEY_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const VERSION = "13";

/** Options of a {@linkcode ServerSocket}. */
export interface ServerSocketOptions {
  readonly clock: MonotonicClock;
  /** The most bytes that a message of the peer may have. */
  readonly maxMessageBytes: number;
}

/** An open WebSocket. A peer that is gone, or says nothing when asked, is noticed. */
export class ServerSocket {
  /** Takes a message: a text, or bytes. */
  onMessage: (message: string | Uint8Array) => void = () => {};
  /** The connection is over, or will be in a moment. Called once. */
  onClose: () => void = () => {};
  readonly #stream: Duplex;
  readonly #clock: MonotonicClock;
  readonly #maxMessageBytes: number;
  readonly #frames: FrameReader;
  readonly #over = new AbortController();
  /** The parts of a message that have come; there may be room behind them. */
  #parts = new Uint8Array(0);
  #partBytes = 0;
  /** The kind of the message whose parts are coming. */
  #kind: number | undefined;
  #isClosing = false;
  /** What comes cannot be read any more. */
  #isBroken = false;
  #hasHeard = true;
  #drained = Promise.withResolvers<void>();

  /** Takes over a connection whose handshake is done. */
  constructor(stream: Duplex, { clock, maxMessageBytes }: ServerSocketOptions) {
    this.#stream = stream;
    this.#clock = clock;
    this.#maxMessageBytes = maxMessageBytes;
    this.#frames = new FrameReader(maxMessageBytes);
    stream.on("data", (bytes: Uint8Array) => this.#take(bytes));
    stream.on("drain", () => this.#drained.resolve());
    for (const event of ["end", "close", "error"]) stream.on(event, () => this.#end());
    void this.#watch();
  }

  /** Whether messages can be sent. */
  get isOpen(): boolean {
    return !this.#isClosing && !this.#over.signal.aborted;
  }

  /** Sends a text, or bytes. After the end it does nothing. */
  send(message: string | Uint8Array): void {
    if (!this.isOpen) return;
    if (typeof message !== "string") this.#write(OPCODE.binary, message);
    else this.#write(OPCODE.text, new TextEncoder().encode(message));
  }

  /** Settles when the peer has taken, but for a little, what it was sent, or when the connection is over. */
  async drained(): Promise<void> {
    while (this.#stream.writableNeedDrain && !this.#over.signal.aborted) {
      this.#drained = Promise.withResolvers();
      await this.#drained.promise;
    }
  }

  /** Tells the peer why it ends, and ends. */
  close(code: number = CLOSE_CODE.normal, reason: string = ""): void {
    if (!this.isOpen) return;
    this.#isClosing = true;
    const text = new TextEncoder().encode(reason);
    const payload = new Uint8Array(2 + text.length);
    new DataView(payload.buffer).setUint16(0, code);
    payload.set(text, 2);
    this.#write(OPCODE.close, payload);
    this.onClose();
    const { signal } = this.#over;
    void sleep(this.#clock, CLOSING_MS, signal).then(() => this.#end());
  }

  #end(): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    this.#stream.destroy();
    this.#drained.resolve();
    if (!this.#isClosing) this.onClose();
  }

  async #watch(): Promise<void> {
    const { signal } = this.#over;
    while (true) {
      await sleep(this.#clock, SILENCE_MS, signal);
      if (signal.aborted) return;
      if (!this.#hasHeard) return this.#end();
      this.#hasHeard = false;
      this.#write(OPCODE.ping, new Uint8Array(0));
    }
  }

  #write(opcode: number, payload: Uint8Array): void {
    if (!this.#over.signal.aborted) this.#stream.write(encodeFrame(opcode, payload));
  }

  #take(bytes: Uint8Array): void {
    if (this.#over.signal.aborted || this.#isBroken) return;
    try {
      for (const frame of this.#frames.read(bytes)) {
        this.#hasHeard = true;
        this.#takeFrame(frame);
        if (this.#over.signal.aborted) return;
      }
    } catch (error) {
      if (!(error instanceof WebSocketError)) throw error;
      this.#isBroken = true;
      this.close(error.code, error.message);
    }
  }

  #takeFrame({ opcode, isFinal, payload }: Frame): void {
    if (opcode === OPCODE.ping) {
      if (this.#stream.writableLength <= MAX_WAITING_BYTES) this.#write(OPCODE.pong, payload);
      return;
    }
    if (opcode === OPCODE.pong) return;
    if (opcode === OPCODE.close) {
      if (this.#isClosing) return this.#end();
      this.close();
      this.#stream.end();
      return;
    }
    if (this.#isClosing) return;
    if ((opcode === OPCODE.continuation) !== (this.#kind !== undefined)) {
      throw new WebSocketError(CLOSE_CODE.protocolError, "parts of messages came out of order");
    }
    this.#kind ??= opcode;
    this.#append(payload);
    if (isFinal) this.#complete(this.#kind);
  }

  // Many small parts would take far more memory than what is in them.
  #append(part: Uint8Array): void {
    const start = this.#partBytes;
    this.#partBytes += part.length;
    if (this.#partBytes > this.#maxMessageBytes) throw tooLarge(this.#maxMessageBytes);
    if (this.#partBytes > this.#parts.length) {
      const larger = new Uint8Array(Math.max(this.#partBytes, 2 * this.#parts.length));
      larger.set(this.#parts.subarray(0, start));
      this.#parts = larger;
    }
    this.#parts.set(part, start);
  }

  #complete(kind: number): void {
    const message = this.#parts.subarray(0, this.#partBytes);
    this.#parts = new Uint8Array(0);
    this.#partBytes = 0;
    this.#kind = undefined;
    this.onMessage(kind === OPCODE.text ? textOf(message) : message);
  }
}

/** Whether a request is to become a WebSocket. */
export function wantsWebSocket({ headers }: Request): boolean {
  return headers.get("upgrade")?.toLowerCase() === "websocket";
}

/** Why a request cannot become a WebSocket, as an answer to it; `undefined` if it can. */
export function refuseHandshake(request: Request): Response | undefined {
  const { headers } = request;
  if (headers.get("sec-websocket-version") !== VERSION) {
    const expected = { "sec-websocket-version": VERSION };
    return new Response(`Version ${VERSION} is required`, { status: 426, headers: expected });
  }
  const isWhole = request.method === "GET" &&
    /^[A-Za-z0-9+/]{22}==$/.test(headers.get("sec-websocket-key") ?? "");
  return isWhole ? undefined : new Response("A WebSocket's handshake is required", { status: 400 });
}

/** What is written before the first frame, to a request that is not refused. */
export async function handshakeOf(request: Request): Promise<string> {
  const key = new TextEncoder().encode(request.headers.get("sec-websocket-key") + KEY_SUFFIX);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-1", key));
  return [
    "HTTP/1.1 101 Switching Protocols",
    "upgrade: websocket",
    "connection: upgrade",
    `sec-websocket-accept: ${hash.toBase64()}`,
    "\r\n",
  ].join("\r\n");
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new WebSocketError(CLOSE_CODE.invalidText, "a text is not UTF-8");
  }
}
