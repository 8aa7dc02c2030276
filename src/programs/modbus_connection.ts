/**
 * A connection to a Modbus TCP device, or to a gateway with several of them.
 *
 * @module
 */

import { type Address, addressText } from "../address.ts";
import { errorText } from "../error_text.ts";
import {
  type Block,
  decodeAnswer,
  encodeRequest,
  frameLength,
  MAX_FRAME_BYTES,
  ModbusRefusal,
} from "./modbus_frame.ts";

/**
 * Connects when it is asked for something, and stays connected. It is to be asked for one block at a
 * time, as many devices only answer the first of several requests. Whatever does not go as it should
 * ends the connection, so that no late answer is taken for that of a later request.
 */
export class ModbusConnection {
  readonly #address: Address;
  #conn: Deno.TcpConn | undefined;
  #transaction = 0;

  /** Does not connect yet. */
  constructor(address: Address) {
    this.#address = address;
  }

  /**
   * Reads one block of a device.
   *
   * @param unit The device behind the address.
   * @throws {ModbusRefusal} If the device refuses the request.
   * @throws {Error} If there is no connection, or no proper answer.
   * @throws {Error} If `signal` is aborted: its reason.
   */
  async read(unit: number, block: Block, signal: AbortSignal): Promise<DataView> {
    signal.throwIfAborted();
    const wasOpen = this.#conn !== undefined;
    let answer = await this.#exchange(unit, block, signal);
    // A device may have closed a connection that was idle, which is seen only now.
    if (answer === undefined && wasOpen) answer = await this.#exchange(unit, block, signal);
    if (answer === undefined) throw this.#failure("it has closed the connection");
    return answer;
  }

  /** Ends the connection; a later `read` makes another. */
  close(): void {
    const conn = this.#conn;
    this.#conn = undefined;
    try {
      conn?.close();
    } catch {
      // A signal has closed it already.
    }
  }

  /** `undefined` if the other side has closed the connection. */
  async #exchange(unit: number, block: Block, signal: AbortSignal): Promise<DataView | undefined> {
    const close = () => this.close();
    signal.addEventListener("abort", close, { once: true });
    try {
      const conn = this.#conn ??= await this.#connect(signal);
      this.#transaction = (this.#transaction + 1) & 0xffff;
      const head = { transaction: this.#transaction, unit };
      const frame = await exchange(conn, encodeRequest(head, block));
      if (frame) return decodeAnswer(frame, head, block);
      this.close();
      return undefined;
    } catch (error) {
      // A device that refuses something listens on.
      if (error instanceof ModbusRefusal) throw error;
      this.close();
      signal.throwIfAborted();
      throw this.#failure(errorText(error));
    } finally {
      signal.removeEventListener("abort", close);
    }
  }

  async #connect(signal: AbortSignal): Promise<Deno.TcpConn> {
    const conn = await Deno.connect({ ...this.#address, signal });
    conn.setNoDelay();
    return conn;
  }

  #failure(reason: string): Error {
    return new Error(`Cannot read ${addressText(this.#address)}: ${reason}`);
  }
}

/** Sends a request and waits for a whole frame; `undefined` if the other side closes instead. */
async function exchange(
  conn: Deno.TcpConn,
  request: Uint8Array,
): Promise<Uint8Array | undefined> {
  try {
    // So few bytes are written at once or not at all.
    await conn.write(request);
    const bytes = new Uint8Array(MAX_FRAME_BYTES);
    for (let length = 0;;) {
      const read = await conn.read(bytes.subarray(length));
      if (read === null) return undefined;
      length += read;
      const end = frameLength(bytes.subarray(0, length));
      if (end === length) return bytes.subarray(0, end);
      if (end !== undefined && end < length) {
        throw new SyntaxError("Cannot read answer: there are more bytes than its frame has");
      }
    }
  } catch (error) {
    const isClosed = error instanceof Deno.errors.ConnectionReset ||
      error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionAborted;
    if (isClosed) return undefined;
    throw error;
  }
}
