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
import { isLogDamaged } from "./page_image.ts";
import { hasCode, lookAt, makePrivateFile } from "./path.ts";
import type { Salvaged } from "./salvage.ts";
import { CREATE, ownerChecksum } from "./schema.ts";
import { verify } from "./verify.ts";

/** A spool's database, which no other process can open until it is closed. */
export interface OpenedDatabase {
  readonly database: DatabaseSync;
  /** What became of it, if it was damaged. */
  readonly salvaged?: Salvaged;
}

/**
 * Opens the database of a token's spool, or makes it.
 *
 * @throws {SpoolFailed} If it is not a spool, is another token's, or nothing in it can be trusted.
 * @throws {Error} If SQLite cannot open it.
 */
export async function openDatabase(path: string, token: string): Promise<OpenedDatabase> {
  const { found, file } = await lookAt(path);
  if (found === "nothing") await makePrivateFile(file);
  // Left by a process that has ended while it mended, or refused the file.
  await replaceMended(file);
  await restoreLog(file);
  const opened = await openOrMend(file, path, token);
  if (opened instanceof DatabaseSync) return { database: opened };
  const mended = await openOrMend(file, path, token);
  if (mended instanceof DatabaseSync) return { database: mended, salvaged: opened };
  throw new SpoolFailed(path, "it is damaged again as soon as it is mended");
}

/** Opens a database that is whole, or puts a whole one in the place of one that is not. */
async function openOrMend(
  file: string,
  path: string,
  token: string,
): Promise<DatabaseSync | Salvaged> {
  const database = new DatabaseSync(file);
  let salvaged: Salvaged;
  try {
    try {
      await prepare(database, file, path, token);
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

async function renameIfThere(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error) => {
    if (!hasCode(error, "ENOENT")) throw error;
  });
}

async function prepare(
  database: DatabaseSync,
  file: string,
  path: string,
  token: string,
): Promise<void> {
  // Held until the database is closed. It also keeps the write-ahead log's index out of a file.
  database.exec("PRAGMA locking_mode = EXCLUSIVE");
  // What is removed becomes zeros, so that nothing that was sent is found in a damaged file.
  database.exec("PRAGMA secure_delete = ON");
  // Before the transaction, which begins with a first page.
  const isNew = database.prepare("PRAGMA page_count").get()?.page_count === 0;
  database.prepare("BEGIN IMMEDIATE").run(); // errors of `exec` have no code
  if (await isLogDamaged(file)) throw new SpoolDamaged("its write-ahead log has changed");
  if (isNew) create(database, token);
  await verify(database, path, token);
  database.prepare("COMMIT").run();
  database.exec("PRAGMA journal_mode = WAL");
  // Nothing is lost when the process is killed, and nothing is damaged by a power cut, which may take
  // the last moments with it. FULL would wait for the disk, and the event loop with it, all the time.
  database.exec("PRAGMA synchronous = NORMAL");
  database.exec(`PRAGMA journal_size_limit = ${2 ** 24}`);
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
