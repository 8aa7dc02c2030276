/**
 * The pages of a spool's file as they are on disk, those in the write-ahead log included, read
 * without SQLite: it refuses a file that has one wrong byte in the wrong place.
 *
 * @module
 */

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { hasCode } from "./path.ts";
import { PAGE_BYTES } from "./schema.ts";
import { type LogContents, readLog } from "./write_ahead_log.ts";

/** What the write-ahead log of a file says, if there is one. */
export async function lookAtLog(path: string): Promise<LogContents> {
  return readLog(await readLogFile(path));
}

/** An open file's pages, the first of which is number 1. */
export class PageImage implements Disposable {
  readonly #file: number;
  readonly #pages: number;
  readonly #log: Uint8Array;
  readonly #inLog: LogContents["pages"];

  private constructor(path: string, log: Uint8Array) {
    this.#file = openSync(path, "r");
    this.#pages = Math.ceil(fstatSync(this.#file).size / PAGE_BYTES);
    this.#log = log;
    this.#inLog = readLog(log).pages;
  }

  /** Opens the file at a path. */
  static async open(path: string): Promise<PageImage> {
    return new PageImage(path, await readLogFile(path));
  }

  /** The numbers of all pages. */
  *numbers(): Generator<number, void, void> {
    for (let page = 1; page <= this.#pages; page++) yield page;
    for (const page of this.#inLog.keys()) if (page > this.#pages) yield page;
  }

  /** Reads a page. What is behind the end of the file is zero. */
  read(page: number): Uint8Array {
    const at = this.#inLog.get(page);
    if (at !== undefined) return this.#log.subarray(at, at + PAGE_BYTES);
    const bytes = new Uint8Array(PAGE_BYTES);
    const isThere = page >= 1 && page <= this.#pages;
    if (isThere) readSync(this.#file, bytes, 0, PAGE_BYTES, (page - 1) * PAGE_BYTES);
    return bytes;
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}

async function readLogFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(`${path}-wal`);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return new Uint8Array(0);
    throw error;
  }
}
