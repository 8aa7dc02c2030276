/**
 * Modbus TCP on the wire: requests to read, and the answers to them.
 *
 * @module
 */

/** The tables of a device, and the function that reads each. */
export const TABLES = { coil: 1, discrete: 2, holding: 3, input: 4 } as const;

/** The name of a table. */
export type Table = keyof typeof TABLES;

/** What is read in one request. */
export interface Block {
  readonly table: Table;
  /** The first register or bit, counted from 0. */
  readonly start: number;
  /** How many of them. */
  readonly count: number;
}

/** Which device is asked, and what tells the answer from others. */
export interface FrameHead {
  readonly transaction: number;
  /** The device behind the address: 1 to 247, or 0 and 255 for the one that has the address. */
  readonly unit: number;
}

const HEAD_BYTES = 7;
// The function and its data.
const MAX_PDU_BYTES = 253;
/** The longest frame. */
export const MAX_FRAME_BYTES: number = HEAD_BYTES + MAX_PDU_BYTES;
const EXCEPTION_FLAG = 0x80;

const EXCEPTIONS: Readonly<Record<number, string>> = {
  1: "illegal function",
  2: "illegal data address",
  3: "illegal data value",
  4: "server device failure",
  5: "acknowledge",
  6: "server device busy",
  8: "memory parity error",
  10: "gateway path unavailable",
  11: "gateway target device failed to respond",
};

/** The device has understood the request, and refuses it. */
export class ModbusRefusal extends Error {
  override readonly name = "ModbusRefusal";
}

/** How many bits or registers a request may read. */
export function maxCount(table: Table): number {
  return isBits(table) ? 2000 : 125;
}

/** Whether a table is one of single bits. */
export function isBits(table: Table): boolean {
  return table === "coil" || table === "discrete";
}

/** A request as it is sent. */
export function encodeRequest({ transaction, unit }: FrameHead, block: Block): Uint8Array {
  const frame = new DataView(new ArrayBuffer(HEAD_BYTES + 5));
  frame.setUint16(0, transaction);
  frame.setUint16(4, 6); // bytes that follow
  frame.setUint8(6, unit);
  frame.setUint8(7, TABLES[block.table]);
  frame.setUint16(8, block.start);
  frame.setUint16(10, block.count);
  return new Uint8Array(frame.buffer);
}

/**
 * How many bytes the frame has that begins with these, `undefined` while that cannot be told.
 *
 * @throws {SyntaxError} If they are not the beginning of a frame.
 */
export function frameLength(bytes: Uint8Array): number | undefined {
  if (bytes.length < HEAD_BYTES) return undefined;
  const view = viewOf(bytes);
  const length = view.getUint16(4);
  if (view.getUint16(2) === 0 && length >= 3 && length <= 1 + MAX_PDU_BYTES) return 6 + length;
  throw new SyntaxError("Cannot read answer: its first bytes are not a head of Modbus TCP");
}

/**
 * The data of an answer: registers as two bytes each, bits as eight in a byte, the lowest first.
 *
 * @throws {ModbusRefusal} If the device refuses the request.
 * @throws {SyntaxError} If the frame does not answer the request.
 */
export function decodeAnswer(frame: Uint8Array, head: FrameHead, block: Block): DataView {
  const view = viewOf(frame);
  if (view.getUint16(0) !== head.transaction || view.getUint8(6) !== head.unit) {
    throw new SyntaxError("Cannot read answer: it answers another request");
  }
  const code = TABLES[block.table];
  const [answered, second] = [view.getUint8(7), view.getUint8(8)];
  if (answered === (code | EXCEPTION_FLAG)) {
    const { table, start } = block;
    const reason = EXCEPTIONS[second] ?? `exception ${second}`;
    throw new ModbusRefusal(`Cannot read ${table} ${start}: the device answers "${reason}"`);
  }
  const bytes = isBits(block.table) ? Math.ceil(block.count / 8) : block.count * 2;
  if (answered === code && second === bytes && frame.length === HEAD_BYTES + 2 + bytes) {
    return new DataView(frame.buffer, frame.byteOffset + HEAD_BYTES + 2, bytes);
  }
  throw new SyntaxError("Cannot read answer: it does not have the form that was asked for");
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
