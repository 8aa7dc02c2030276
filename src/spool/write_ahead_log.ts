/**
 * SQLite's write-ahead log, read without SQLite. That takes the log to end before the first frame
 * whose checksum does not match, and says nothing; here it is told, and what follows is read.
 *
 * The format: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
 *
 * @module
 */

import { PAGE_BYTES } from "./schema.ts";

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const FRAME_BYTES = FRAME_HEADER_BYTES + PAGE_BYTES;
// The last bit tells the byte order in which checksums are computed.
const MAGIC_LITTLE_ENDIAN = 0x377F0682;
const MAGIC_BIG_ENDIAN = 0x377F0683;
// A spool has fewer: these are 4 TiB.
const MAX_PAGES = 2 ** 30;

/** The two halves of a checksum. */
interface Sum {
  readonly low: number;
  readonly high: number;
}

/** What a log says. */
export interface LogContents {
  /** Whether a part of it is not as it was written. */
  readonly isDamaged: boolean;
  /**
   * Whether it ends in the middle of what was being written: its process or the machine has ended there, or
   * the end was cut off.
   */
  readonly isCutOff: boolean;
  /** Where in the log the newest version of each page begins, by the page's number. */
  readonly pages: ReadonlyMap<number, number>;
}

/** Reads the bytes of a log, which may be none. Numbers of pages that have changed are put right there. */
export function readLog(bytes: Uint8Array): LogContents {
  return new LogReader(bytes).read();
}

class LogReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #frames: number;
  readonly #isLittleEndian: boolean;
  // What was found up to here may be the end of a transaction that was never completed.
  #isSuspect = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#frames = Math.max(0, Math.floor((bytes.length - HEADER_BYTES) / FRAME_BYTES));
    this.#isLittleEndian = this.#frames === 0 || this.#view.getUint32(0) !== MAGIC_BIG_ENDIAN;
  }

  read(): LogContents {
    const pages = new Map<number, number>();
    const last = this.#lastFrame();
    const isCutOff = this.#endsInside(last);
    if (last < 0) return { isDamaged: false, isCutOff, pages };
    let isDamaged = false;
    let pending = new Map<number, number>();
    let sum = this.#checkHeader();
    for (let frame = 0; frame <= last; frame++) {
      const read = this.#readFrame(frame, sum);
      sum = read.sum;
      if (read.page === 0) continue;
      pending.set(read.page, this.#frameAt(frame) + FRAME_HEADER_BYTES);
      if (!read.isCommit) continue;
      isDamaged ||= this.#isSuspect;
      for (const [page, at] of pending) pages.set(page, at);
      pending = new Map();
    }
    return { isDamaged, isCutOff: isCutOff || pending.size > 0, pages };
  }

  /** Whether behind a frame there is a part of one, or one of zeros, which was never written. */
  #endsInside(frame: number): boolean {
    const end = frame < 0 ? 0 : this.#frameAt(frame + 1);
    const rest = this.#bytes.subarray(end, this.#frameAt(frame + 2));
    if (rest.length === 0) return false;
    return rest.length < FRAME_BYTES || rest.every((byte) => byte === 0);
  }

  #frameAt(frame: number): number {
    return HEADER_BYTES + frame * FRAME_BYTES;
  }

  #sumAt(at: number): Sum {
    return { low: this.#view.getUint32(at), high: this.#view.getUint32(at + 4) };
  }

  // What follows is of an earlier use of the file, whose salts were others, both of them.
  #lastFrame(): number {
    for (let frame = this.#frames - 1; frame >= 0; frame--) {
      if (this.#isOfThisLog(frame)) return frame;
    }
    return -1;
  }

  #isOfThisLog(frame: number): boolean {
    const at = this.#frameAt(frame) + 8;
    const view = this.#view;
    return view.getUint32(at) === view.getUint32(16) ||
      view.getUint32(at + 4) === view.getUint32(20);
  }

  #checkHeader(): Sum {
    const view = this.#view;
    const magic = view.getUint32(0);
    const isKnown = magic === MAGIC_LITTLE_ENDIAN || magic === MAGIC_BIG_ENDIAN;
    const stored = this.#sumAt(24);
    const sum = this.#add({ low: 0, high: 0 }, 0, 24);
    if (!isKnown || !areEqual(sum, stored)) this.#isSuspect = true;
    return stored;
  }

  /** The page that a frame is of, 0 if none, and the checksum that the next frame continues. */
  #readFrame(frame: number, before: Sum): { page: number; isCommit: boolean; sum: Sum } {
    const at = this.#frameAt(frame);
    const view = this.#view;
    const stored = this.#sumAt(at + 16);
    const sum = this.#frameSum(before, at);
    const hasSalts = view.getUint32(at + 8) === view.getUint32(16) &&
      view.getUint32(at + 12) === view.getUint32(20);
    if (!hasSalts) this.#isSuspect = true;
    if (areEqual(sum, stored)) return { ...this.#frameHeader(at), sum };
    this.#isSuspect = true;
    if (!this.#isOfThisLog(frame)) return { page: 0, isCommit: false, sum: stored };
    // If it is the checksum itself that has changed, the next frame continues the right one.
    if (this.#isSumOfNext(frame, sum)) return { ...this.#frameHeader(at), sum };
    if (!this.#isInOrder(frame)) this.#mendFrameHeader(at, before, stored);
    return { ...this.#frameHeader(at), sum: stored };
  }

  #frameHeader(at: number): { page: number; isCommit: boolean } {
    const page = this.#view.getUint32(at);
    return { page: page <= MAX_PAGES ? page : 0, isCommit: this.#view.getUint32(at + 4) !== 0 };
  }

  #isSumOfNext(frame: number, sum: Sum): boolean {
    const next = this.#frameAt(frame + 1);
    if (frame + 1 >= this.#frames) return false;
    return areEqual(this.#frameSum(sum, next), this.#sumAt(next + 16));
  }

  /** Whether a frame's header fits to those around it: within a transaction, pages are in order. */
  #isInOrder(frame: number): boolean {
    const { page, isCommit } = this.#frameHeader(this.#frameAt(frame));
    const previous = frame > 0 ? this.#frameHeader(this.#frameAt(frame - 1)) : undefined;
    const after = previous === undefined || previous.isCommit ? 0 : previous.page;
    if (page <= after || page > this.#pagesAfter(frame)) return false;
    if (isCommit) return true;
    const next = frame + 1;
    const isLast = next >= this.#frames || !this.#isOfThisLog(next);
    return !isLast && page < this.#frameHeader(this.#frameAt(next)).page;
  }

  /** How many pages the file has after the transaction that a frame is of. */
  #pagesAfter(frame: number): number {
    for (let at = frame; at < this.#frames && this.#isOfThisLog(at); at++) {
      const pages = this.#view.getUint32(this.#frameAt(at) + 4);
      if (pages !== 0) return pages;
    }
    return 0;
  }

  // A page under another's number would hide that one. Eight bytes can be tried out; but only where the
  // header cannot be right, as some changes of the page have the same effect on so simple a checksum.
  #mendFrameHeader(at: number, before: Sum, stored: Sum): void {
    for (let changed = at; changed < at + 8; changed++) {
      const given = this.#bytes[changed] ?? 0;
      for (let value = 0; value < 256; value++) {
        this.#bytes[changed] = value;
        if (areEqual(this.#frameSum(before, at), stored)) return;
      }
      this.#bytes[changed] = given;
    }
  }

  #frameSum(before: Sum, at: number): Sum {
    return this.#add(this.#add(before, at, at + 8), at + FRAME_HEADER_BYTES, at + FRAME_BYTES);
  }

  #add({ low, high }: Sum, start: number, end: number): Sum {
    for (let at = start; at < end; at += 8) {
      low = (low + this.#view.getUint32(at, this.#isLittleEndian) + high) >>> 0;
      high = (high + this.#view.getUint32(at + 4, this.#isLittleEndian) + low) >>> 0;
    }
    return { low, high };
  }
}

function areEqual(a: Sum, b: Sum): boolean {
  return a.low === b.low && a.high === b.high;
}
