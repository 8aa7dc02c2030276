/**
 * What stands at the path of a spool, before SQLite is let in: it would make a file anywhere, wait at
 * a pipe for ever, and write to the database of another program.
 *
 * @module
 */

import { type FileHandle, lstat, open, realpath, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { SpoolFailed } from "../errors.ts";
import { APPLICATION_ID } from "./schema.ts";

const HEADER_BYTES = 100;
const MAGIC = "SQLite format 3\0";
// The versions of SQLite that may write and read it: 1, or 2 with a write-ahead log.
const VERSIONS_AT = [18, 19];
const APPLICATION_ID_AT = 68;
// Its chunks may tell what a site does, and when.
const OWNER_ONLY = 0o600;

/** What may be at a path. */
export type FoundFile = "nothing" | "empty file" | "spool" | "damaged spool";

/** Whether an error of the file system has a code. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/**
 * Looks at what is at a path.
 *
 * @returns What it is, and the file that the path leads to, through symbolic links.
 * @throws {SpoolFailed} If it is not a file, or the file of another program.
 */
export async function lookAt(path: string): Promise<{ found: FoundFile; file: string }> {
  const stats = await stat(path).catch((error) => {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  });
  if (stats === undefined) {
    const isLink = await lstat(path).then(() => true, () => false);
    if (isLink) throw new SpoolFailed(path, "it is a symbolic link that leads nowhere");
    // SQLite takes some names for something else than a file's: ":memory:", and what begins with "file:".
    return { found: "nothing", file: resolve(path) };
  }
  if (!stats.isFile()) throw new SpoolFailed(path, "it is not a file");
  const found = stats.size === 0 ? "empty file" : await judgeHeader(path);
  return { found, file: await realpath(path) };
}

/** Makes an empty file that only its owner can read. */
export async function makePrivateFile(path: string): Promise<void> {
  const file = await open(path, "wx", OWNER_ONLY);
  await file.close();
}

// One byte of what tells a spool from other files may be wrong.
async function judgeHeader(path: string): Promise<FoundFile> {
  const given = await readHeader(path);
  const required = new Uint8Array(APPLICATION_ID_AT + 4);
  required.set(new TextEncoder().encode(MAGIC));
  new DataView(required.buffer).setUint32(APPLICATION_ID_AT, APPLICATION_ID);
  let differing = 0;
  for (const [at, byte] of required.entries()) {
    const isMark = at < MAGIC.length || at >= APPLICATION_ID_AT;
    if (isMark && given[at] !== byte) differing++;
  }
  if (differing > 1) throw new SpoolFailed(path, "it is not a spool");
  const isReadable = VERSIONS_AT.every((at) => given[at] === 1 || given[at] === 2);
  return differing === 0 && isReadable ? "spool" : "damaged spool";
}

async function readHeader(path: string): Promise<Uint8Array> {
  await using file: FileHandle = await open(path);
  const header = new Uint8Array(HEADER_BYTES);
  await file.read(header);
  return header;
}
