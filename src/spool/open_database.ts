/**
 * Opens a spool's database: made if it is not there, checked, and mended if it is damaged.
 *
 * @module
 */

import { rename, stat } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { errorText, oneLine } from "../error_text.ts";
import { SpoolFailed } from "../errors.ts";
import { isDamage, SpoolDamaged } from "./damage.ts";
import { mend, replaceMended } from "./mend.ts";
import { inTurn, isOpenHere, OpenFile } from "./open_file.ts";
import { ownerOf } from "./owner.ts";
import { lookAtLog } from "./page_image.ts";
import { type FoundFile, hasCode, lookAt, makePrivateFile } from "./path.ts";
import type { Salvaged } from "./salvage.ts";
import { CREATE, OPEN_VERSION, ownerChecksum, SCHEMA_VERSION } from "./schema.ts";
import { verify } from "./verify.ts";
import type { LogContents } from "./write_ahead_log.ts";

/**
 * What is told of a file although all that is in it is whole. `"empty"`: it was there, with nothing in
 * it. `"cut off"`: what was written last has no end. `"no log"`: it was not closed, and what was written
 * last is not beside it.
 */
export type Remark = "empty" | "cut off" | "no log";

const REMARKS: Readonly<Record<Remark, string>> = {
  "empty": "was an empty file: what may have been in it is lost",
  "cut off":
    "ends in the middle of what was written last: chunks of the last moments may be missing",
  "no log": "was in use when its process ended, and its -wal, the file beside it with the last " +
    "chunks, is gone: they are lost if there were any",
};

/** A sentence that tells. */
export function remarkText(path: string, remark: Remark): string {
  return `${path} ${REMARKS[remark]}`;
}

/** A spool's database, which nothing else can open until it is closed and disposed of. */
export interface OpenedDatabase {
  readonly database: DatabaseSync;
  readonly file: OpenFile;
  /** What became of it, if it was damaged. */
  readonly salvaged: Salvaged | undefined;
  readonly remarks: readonly Remark[];
}

/**
 * Opens the database of a token's spool, or makes it.
 *
 * @throws {SpoolFailed} If it is not a spool, is another token's, or nothing in it can be trusted.
 * @throws {Error} If SQLite cannot open it.
 */
export function openDatabase(path: string, token: string): Promise<OpenedDatabase> {
  return inTurn(async () => {
    // Before anything else opens the file, which would take away the lock on it.
    if (isOpenHere(path)) throw new SpoolFailed(path, "another source is using it");
    const { found, file } = await lookAt(path);
    if (found === "nothing") await makePrivateFile(file);
    // Left by a process that has ended while it mended, or refused the file.
    await replaceMended(file);
    await restoreLog(file);
    await refuseOthers(file, path, token);
    return await openWhole(file, path, token, found);
  });
}

// Before SQLite is let in, which would move the log into the file of another source.
async function refuseOthers(file: string, path: string, token: string): Promise<void> {
  const owner = await ownerOf(file);
  if (owner === undefined || !owner.isSure || owner.token === token) return;
  throw new SpoolFailed(path, `it belongs to token "${owner.token}", this one is "${token}"`);
}

async function openWhole(
  file: string,
  path: string,
  token: string,
  found: FoundFile,
): Promise<OpenedDatabase> {
  const hadLog = await isThere(`${file}-wal`);
  const log = await lookAtLog(file);
  // SQLite would remove the log of a file without a first page.
  const opened = found !== "damaged spool" && found !== "spool" && log.pages.size > 0
    ? await salvageLog(file, path, token)
    : await openOrMend(file, path, token, log);
  const [salvaged, database] = opened instanceof DatabaseSync
    ? [undefined, opened]
    : [opened, await openMended(file, path, token)];
  const remarks: Remark[] = [];
  if (found === "empty file" && salvaged === undefined) remarks.push("empty");
  if (log.isCutOff) remarks.push("cut off");
  if (!hadLog && isMarkedOpen(database)) remarks.push("no log");
  markOpen(database);
  return { database, file: new OpenFile(file), salvaged, remarks };
}

async function openMended(file: string, path: string, token: string): Promise<DatabaseSync> {
  const opened = await openOrMend(file, path, token);
  if (opened instanceof DatabaseSync) return opened;
  throw new SpoolFailed(path, "it is damaged again as soon as it is mended");
}

async function salvageLog(file: string, path: string, token: string): Promise<Salvaged> {
  const salvaged = await mend(file, token);
  if (!salvaged.isOurs) {
    throw new SpoolFailed(path, "it is empty, and the log beside it (-wal) is not of this source");
  }
  await replaceMended(file);
  return salvaged;
}

/** Opens a database that is whole, or puts a whole one in the place of one that is not. */
async function openOrMend(
  file: string,
  path: string,
  token: string,
  log?: LogContents,
): Promise<DatabaseSync | Salvaged> {
  const database = new DatabaseSync(file);
  let salvaged: Salvaged;
  try {
    try {
      await prepare(database, path, token, log);
      return database;
    } catch (error) {
      if (!isDamage(error)) throw error;
      salvaged = await mend(file, token);
      if (!salvaged.isOurs) throw nothingToTrust(path, error);
    }
  } catch (error) {
    await closeAsItIs(database, file);
    throw error;
  }
  database.close();
  await replaceMended(file);
  return salvaged;
}

/** Closes a file that is refused. SQLite would empty its log, of which it sees the whole part only. */
async function closeAsItIs(database: DatabaseSync, file: string): Promise<void> {
  const log = await stat(`${file}-wal`).catch(() => undefined);
  if (log !== undefined && log.size > 0) await renameIfThere(`${file}-wal`, keptLog(file));
  database.close();
  await restoreLog(file);
}

async function restoreLog(file: string): Promise<void> {
  await renameIfThere(keptLog(file), `${file}-wal`);
}

function keptLog(file: string): string {
  return `${file}-wal-kept`;
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(() => true, (error) => {
    if (hasCode(error, "ENOENT")) return false;
    throw error;
  });
}

async function renameIfThere(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error) => {
    if (!hasCode(error, "ENOENT")) throw error;
  });
}

async function prepare(
  database: DatabaseSync,
  path: string,
  token: string,
  log: LogContents | undefined,
): Promise<void> {
  // Held until the database is closed. It also keeps the write-ahead log's index out of a file.
  database.exec("PRAGMA locking_mode = EXCLUSIVE");
  // What is removed becomes zeros, so that nothing that was sent is found in a damaged file.
  database.exec("PRAGMA secure_delete = ON");
  // Before the transaction, which begins with a first page.
  const isNew = database.prepare("PRAGMA page_count").get()?.page_count === 0;
  database.prepare("BEGIN IMMEDIATE").run(); // errors of `exec` have no code
  if (log?.isDamaged) throw new SpoolDamaged("its write-ahead log has changed");
  if (isNew) create(database, token);
  await verify(database, path, token);
  database.prepare("COMMIT").run();
  database.exec("PRAGMA journal_mode = WAL");
  // Nothing is lost when the process is killed, and nothing is damaged by a power cut, which may take
  // the last moments with it. FULL would wait for the disk, and the event loop with it, all the time.
  database.exec("PRAGMA synchronous = NORMAL");
  database.exec(`PRAGMA journal_size_limit = ${2 ** 24}`);
}

function isMarkedOpen(database: DatabaseSync): boolean {
  return database.prepare("PRAGMA user_version").get()?.user_version === OPEN_VERSION;
}

// In the file itself, so that it tells when it is found without its log.
function markOpen(database: DatabaseSync): void {
  try {
    database.exec(`PRAGMA user_version = ${OPEN_VERSION}`);
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch {
    // A disk that is full: what is in the file can be sent all the same.
  }
}

/** Notes in a file that all of it is in it. */
export function markClosed(database: DatabaseSync): void {
  database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
}

// Still with a rollback journal, so that the file has its header when this is committed.
function create(database: DatabaseSync, token: string): void {
  database.exec(CREATE);
  database.prepare("INSERT INTO owner VALUES (?, ?)").run(token, ownerChecksum(token));
}

function nothingToTrust(path: string, error: unknown): SpoolFailed {
  return new SpoolFailed(
    path,
    `it is damaged (${oneLine(errorText(error))}), and nothing in it can be trusted`,
    { cause: error },
  );
}
