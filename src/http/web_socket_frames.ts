/**
 * The frames of WebSockets (RFC 6455), as a server reads and writes them.
 *
 * @module
 */

/** What kinds of frames there are. */
export const OPCODE = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xA,
} as const;

/** Why a WebSocket is closed. */
export const CLOSE_CODE = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  unsupportedData: 1003,
  invalidText: 1007,
  tooBig: 1009,
  internalError: 1011,
} as const;

const KNOWN: ReadonlySet<number> = new Set(Object.values(OPCODE));
const FINAL = 0x80;
const RESERVED = 0x70;
const MASKED = 0x80;
const MASK_BYTES = 4;
const FIRST_CONTROL = 0x8;
const MAX_CONTROL_BYTES = 125;
const LENGTH_IN_2_BYTES = 126;
const LENGTH_IN_8_BYTES = 127;
const MAX_HEAD_BYTES = 14;
const FIRST_CAPACITY = 1024;

/** A peer breaks the rules, or the limits; `code` is what it is told. */
export class WebSocketError extends Error {
  override readonly name = "WebSocketError";
  readonly code: number;

  /** Makes an error. */
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** A frame that was received, its mask taken off. */
export interface Frame {
  readonly opcode: number;
  /** Whether it ends a message. */
  readonly isFinal: boolean;
  readonly payload: Uint8Array<ArrayBuffer>;
}

/** Reads a client's frames from bytes that come in any pieces. */
export class FrameReader {
  readonly #maxBytes: number;
  #buffer = new Uint8Array(FIRST_CAPACITY);
  #size = 0;

  /** Reads frames whose content has at most `maxBytes`. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Takes bytes, and gives the frames that they complete.
   *
   * @throws {WebSocketError} If they are not a client's frames, or announce one that is too large.
   */
  *read(bytes: Uint8Array): Generator<Frame, void> {
    this.#append(bytes);
    let offset = 0;
    try {
      while (true) {
        const head = this.#readHead(offset);
        if (head === undefined || this.#size < head.end) return;
        const { opcode, isFinal, maskAt, end } = head;
        offset = end;
        yield { opcode, isFinal, payload: this.#unmask(maskAt, end) };
      }
    } finally {
      this.#buffer.copyWithin(0, offset, this.#size);
      this.#size -= offset;
    }
  }

  #append(bytes: Uint8Array): void {
    const needed = this.#size + bytes.length;
    if (needed > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#buffer.length));
      larger.set(this.#buffer.subarray(0, this.#size));
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.#size);
    this.#size = needed;
  }

  /** `undefined` if it is not there as a whole yet. */
  #readHead(
    offset: number,
  ): { opcode: number; isFinal: boolean; maskAt: number; end: number } | undefined {
    const [first, second] = this.#buffer.subarray(offset, Math.min(offset + 2, this.#size));
    if (first === undefined || second === undefined) return undefined;
    const opcode = first & 0xF;
    const isFinal = (first & FINAL) !== 0;
    if ((first & RESERVED) !== 0 || !KNOWN.has(opcode)) throw broken("an unknown kind of frame");
    if ((second & MASKED) === 0) throw broken("a frame without a mask");
    const short = second & 0x7F;
    if (opcode >= FIRST_CONTROL && (!isFinal || short > MAX_CONTROL_BYTES)) {
      throw broken("a control frame in parts, or of more than 125 bytes");
    }
    const lengthBytes = short === LENGTH_IN_2_BYTES ? 2 : short === LENGTH_IN_8_BYTES ? 8 : 0;
    const maskAt = offset + 2 + lengthBytes;
    if (this.#size < maskAt) return undefined;
    const view = new DataView(this.#buffer.buffer, offset + 2);
    const length = lengthBytes === 2
      ? view.getUint16(0)
      : lengthBytes === 8
      ? Number(view.getBigUint64(0))
      : short;
    if (length > this.#maxBytes) throw tooLarge(this.#maxBytes);
    return { opcode, isFinal, maskAt, end: maskAt + MASK_BYTES + length };
  }

  #unmask(maskAt: number, end: number): Uint8Array<ArrayBuffer> {
    const mask = this.#buffer.subarray(maskAt, maskAt + MASK_BYTES);
    const payload = this.#buffer.slice(maskAt + MASK_BYTES, end);
    for (let at = 0; at < payload.length; at++) {
      payload[at] = (payload[at] ?? 0) ^ (mask[at % MASK_BYTES] ?? 0);
    }
    return payload;
  }
}

/** Writes a frame that is a whole message, or controls the connection. */
export function encodeFrame(opcode: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const { length } = payload;
  const frame = new Uint8Array(MAX_HEAD_BYTES - MASK_BYTES + length);
  const view = new DataView(frame.buffer);
  frame[0] = FINAL | opcode;
  let offset = 2;
  if (length <= MAX_CONTROL_BYTES) frame[1] = length;
  else if (length < 2 ** 16) {
    frame[1] = LENGTH_IN_2_BYTES;
    view.setUint16(2, length);
    offset += 2;
  } else {
    frame[1] = LENGTH_IN_8_BYTES;
    view.setBigUint64(2, BigInt(length));
    offset += 8;
  }
  frame.set(payload, offset);
  return frame.subarray(0, offset + length);
}

/** What the peer of a connection that is too large a message is told. */
export function tooLarge(maxBytes: number): WebSocketError {
  return new WebSocketError(
    CLOSE_CODE.tooBig,
    `a message has more than ${maxBytes} bytes, no more are allowed`,
  );
}

function broken(what: string): WebSocketError {
  return new WebSocketError(CLOSE_CODE.protocolError, `${what} came`);
}
