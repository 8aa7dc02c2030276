/**
 * Rows of a spool's tables, read out of single pages: whatever else is wrong with the file, a row is
 * found where it stands.
 *
 * The format: https://www.sqlite.org/fileformat2.html#b_tree_pages
 *
 * @module
 */

import { PAGE_BYTES } from "./schema.ts";

/** A row: the number that is its key, and its columns, the key's own among them as `null`. */
export interface Row {
  readonly key: number;
  readonly columns: readonly Column[];
  /** The pages that its bytes go on in. */
  readonly overflow: readonly number[];
}

/** A value in a table. */
export type Column = null | number | string | Uint8Array;

const TABLE_BRANCH = 5;
const TABLE_LEAF = 13;
const PAGE_HEADER_BYTES = 8;
const BRANCH_HEADER_BYTES = 12;
// More than any spool has: 256 GiB. A page of rows would name higher ones if it were taken for a branch.
const MAX_PAGES = 2 ** 26;
// The file's own header, on page 1.
const FILE_HEADER_BYTES = 100;
const MIN_CELL_BYTES = 4;
const MAX_COLUMNS = 6;
// The largest chunk has 9 MiB.
const MAX_ROW_BYTES = 16 * 2 ** 20;
// How much of a row stands on the page itself: SQLite's own formula for tables.
const MAX_LOCAL_BYTES = PAGE_BYTES - 35;
const MIN_LOCAL_BYTES = Math.floor((PAGE_BYTES - 12) * 32 / 255) - 23;
const OVERFLOW_BYTES = PAGE_BYTES - 4;

/** Reads a page by its number. */
export type ReadPage = (page: number) => Uint8Array;

/** The rows that a page lists; `undefined` if it is not a page of rows, or one that is damaged. */
export function listedRows(page: number, read: ReadPage): Row[] | undefined {
  const bytes = read(page);
  const header = page === 1 ? FILE_HEADER_BYTES : 0;
  if (bytes[header] !== TABLE_LEAF) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, PAGE_BYTES);
  const cells = view.getUint16(header + 3);
  const firstCell = header + PAGE_HEADER_BYTES + 2 * cells;
  if (firstCell > PAGE_BYTES) return undefined;
  const rows: Row[] = [];
  for (let pointer = header + PAGE_HEADER_BYTES; pointer < firstCell; pointer += 2) {
    const at = view.getUint16(pointer);
    const row = at < firstCell ? undefined : rowAt(bytes, at, read);
    if (row === undefined) return undefined;
    rows.push(row);
  }
  return rows;
}

/**
 * The pages that a page leads to, if it is a whole branch of a table's tree, which has no rows but may
 * have had some.
 */
export function childrenOf(page: number, read: ReadPage): number[] | undefined {
  const bytes = read(page);
  const header = page === 1 ? FILE_HEADER_BYTES : 0;
  if (bytes[header] !== TABLE_BRANCH) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, PAGE_BYTES);
  const children = [view.getUint32(header + 8)];
  const firstCell = header + BRANCH_HEADER_BYTES + 2 * view.getUint16(header + 3);
  if (firstCell > PAGE_BYTES) return undefined;
  for (let pointer = header + BRANCH_HEADER_BYTES; pointer < firstCell; pointer += 2) {
    const at = view.getUint16(pointer);
    if (at < firstCell || at > PAGE_BYTES - MIN_CELL_BYTES) return undefined;
    children.push(view.getUint32(at));
  }
  return children.every((child) => child > 1 && child < MAX_PAGES) ? children : undefined;
}

/** The rows that may stand anywhere on a page, whose list of them is damaged. */
export function* possibleRows(page: number, read: ReadPage): Generator<Row, void, void> {
  const bytes = read(page);
  for (let at = 0; at <= PAGE_BYTES - MIN_CELL_BYTES; at++) {
    const row = rowAt(bytes, at, read);
    if (row !== undefined) yield row;
  }
}

function rowAt(page: Uint8Array, at: number, read: ReadPage): Row | undefined {
  const cell = new Cursor(page, at);
  const length = cell.varint();
  const key = cell.varint();
  if (length > MAX_ROW_BYTES || !Number.isSafeInteger(key)) return undefined;
  const types = columnTypes(cell, length);
  if (types === undefined) return undefined;
  const payload = readPayload(page, cell.at, length, read);
  if (payload === undefined) return undefined;
  const columns: Column[] = [];
  const values = new Cursor(payload.bytes, types.headerBytes);
  for (const type of types.types) columns.push(values.column(type));
  return { key, columns, overflow: payload.overflow };
}

/** The types of the columns, if they are those of a row of this length. */
function columnTypes(
  cell: Cursor,
  length: number,
): { headerBytes: number; types: number[] } | undefined {
  const header = new Cursor(cell.bytes, cell.at);
  const headerBytes = header.varint();
  const end = cell.at + headerBytes;
  if (headerBytes > length || end > cell.bytes.length) return undefined;
  const types: number[] = [];
  let bytes = headerBytes;
  while (header.at < end && types.length <= MAX_COLUMNS) {
    const type = header.varint();
    bytes += columnBytes(type);
    types.push(type);
  }
  const isRow = header.at === end && bytes === length && types.length > 0 &&
    types.length <= MAX_COLUMNS;
  return isRow ? { headerBytes, types } : undefined;
}

/** The bytes of a row, which may begin on a page and go on in others. */
function readPayload(
  page: Uint8Array,
  at: number,
  length: number,
  read: ReadPage,
): { bytes: Uint8Array; overflow: number[] } | undefined {
  const local = localBytes(length);
  const end = at + local;
  if (end + (local < length ? 4 : 0) > page.length) return undefined;
  if (local === length) return { bytes: page.subarray(at, end), overflow: [] };
  const bytes = new Uint8Array(length);
  bytes.set(page.subarray(at, end));
  const overflow: number[] = [];
  let next = uint32At(page, end);
  for (let filled = local; filled < length; filled += OVERFLOW_BYTES) {
    if (next === 0) return undefined;
    overflow.push(next);
    const more = read(next);
    bytes.set(more.subarray(4, 4 + Math.min(OVERFLOW_BYTES, length - filled)), filled);
    next = uint32At(more, 0);
  }
  return { bytes, overflow };
}

function localBytes(length: number): number {
  if (length <= MAX_LOCAL_BYTES) return length;
  const local = MIN_LOCAL_BYTES + (length - MIN_LOCAL_BYTES) % OVERFLOW_BYTES;
  return local <= MAX_LOCAL_BYTES ? local : MIN_LOCAL_BYTES;
}

function uint32At(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
}

const INTEGER_BYTES = [0, 1, 2, 3, 4, 6, 8];
const ZERO = 8;
const ONE = 9;

/** How long a column of a type is; a type that our tables do not have is longer than any row. */
function columnBytes(type: number): number {
  if (type >= 12) return Math.floor((type - 12) / 2);
  if (type === ZERO || type === ONE) return 0;
  return INTEGER_BYTES[type] ?? Infinity;
}

/** Reads one value after another. */
class Cursor {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  /** Up to 9 bytes, the last of which has 8 bits; behind the end are zeros. */
  varint(): number {
    let value = 0;
    for (let i = 0; i < 8; i++) {
      const byte = this.bytes[this.at++] ?? 0;
      value = value * 128 + (byte & 127);
      if (byte < 128) return value;
    }
    return value * 256 + (this.bytes[this.at++] ?? 0);
  }

  /** The value of a type. */
  column(type: number): Column {
    if (type === ZERO) return 0;
    if (type === ONE) return 1;
    const start = this.at;
    this.at += columnBytes(type);
    const bytes = this.bytes.subarray(start, this.at);
    if (type >= 12) return type % 2 === 0 ? bytes : new TextDecoder().decode(bytes);
    return type === 0 ? null : integer(bytes);
  }
}

/** A signed integer, the highest byte first. */
function integer(bytes: Uint8Array): number {
  let value = (bytes[0] ?? 0) > 127 ? -1 : 0;
  for (const byte of bytes) value = value * 256 + byte;
  return value;
}
