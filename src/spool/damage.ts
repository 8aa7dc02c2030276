/**
 * Tells damage to a spool from what else may keep it from being opened.
 *
 * @module
 */

import { SpoolFailed } from "../errors.ts";

/** A part of a file is not as it was written. */
export class SpoolDamaged extends Error {}

const SQLITE_BUSY = 5;
const SQLITE_IOERR = 10;
const SQLITE_IOERR_SHORT_READ = 522;
// SQLite's codes for what has nothing to do with what is in the file: permissions (3, 23), locks (5, 6),
// memory (7), a disk that cannot be written (8), interrupted (9), full (13), or opened (14).
const OTHER_TROUBLE = [3, SQLITE_BUSY, 6, 7, 8, 9, SQLITE_IOERR, 13, 14, 23];

/** Whether an error that came while a database was read is for what is in the file. */
export function isDamage(error: unknown): boolean {
  if (error instanceof SpoolFailed) return false;
  const code = codeOf(error);
  if (code === undefined || code === SQLITE_IOERR_SHORT_READ) return true;
  return !OTHER_TROUBLE.includes(code & 0xff);
}

/** Whether an error says that another process has the file. */
export function isBusy(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && (code & 0xff) === SQLITE_BUSY;
}

function codeOf(error: unknown): number | undefined {
  return error instanceof Error && "errcode" in error ? Number(error.errcode) : undefined;
}
