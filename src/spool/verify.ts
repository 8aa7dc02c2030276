/**
 * Looks at every byte of a spool that SQLite can open.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { setImmediate as turnOfTheLoop } from "node:timers/promises";
import { SpoolFailed } from "../errors.ts";
import { SpoolDamaged } from "./damage.ts";
import {
  chunkChecksum,
  entryChecksum,
  OPEN_VERSION,
  ownerChecksum,
  SCHEMA_VERSION,
  TABLES,
  UNCHECKED_VERSION,
} from "./schema.ts";
import { upgrade } from "./upgrade.ts";

// The event loop stands still for so long at a time.
const BYTES_PER_TURN = 8 * 2 ** 20;
const ROW_BYTES = 100;

/**
 * Checks all that the file holds, inside a transaction. A file of the version before is made one of
 * this version.
 *
 * @throws {SpoolFailed} If it is of another version, or belongs to another token.
 * @throws {SpoolDamaged} If a part of it is not as it was written; SQLite's own errors say so as well.
 */
export async function verify(
  database: DatabaseSync,
  path: string,
  token: string,
): Promise<void> {
  const version = database.prepare("PRAGMA user_version").get()?.user_version;
  const findings = database.prepare("PRAGMA quick_check(1)").get()?.quick_check;
  if (findings !== "ok") throw new SpoolDamaged(String(findings));
  const isOurs = version === SCHEMA_VERSION || version === OPEN_VERSION;
  if (version === UNCHECKED_VERSION) upgrade(database, path, token);
  else if (!isOurs && !isOwnedByAny(database)) {
    throw new SpoolFailed(path, `it has version ${version}, version ${SCHEMA_VERSION} is required`);
  } else if (!isOurs) throw new SpoolDamaged("its version has changed");
  verifyTables(database);
  verifyOwner(database, path, token);
  await verifyChunks(database, token);
}

function verifyTables(database: DatabaseSync): void {
  const tables = database.prepare("SELECT sql FROM sqlite_schema ORDER BY rowid").all();
  const isWhole = tables.length === TABLES.length &&
    tables.every(({ sql }, at) => sql === TABLES[at]);
  if (!isWhole) throw new SpoolDamaged("what it says of its tables has changed");
}

/** Whether this version of the tables has written the owner. */
function isOwnedByAny(database: DatabaseSync): boolean {
  try {
    const owner = readOwner(database);
    return owner.checksum === ownerChecksum(String(owner.token));
  } catch {
    return false;
  }
}

/** What the file says of its owner. */
export function readOwner(database: DatabaseSync): { token: unknown; checksum: unknown } {
  const { token, checksum } = database.prepare("SELECT token, checksum FROM owner").get() ?? {};
  return { token, checksum };
}

function verifyOwner(database: DatabaseSync, path: string, token: string): void {
  const owner = readOwner(database);
  if (owner.checksum !== ownerChecksum(String(owner.token))) {
    throw new SpoolDamaged("its owner's name has changed");
  }
  if (owner.token !== token) {
    throw new SpoolFailed(path, `it belongs to token "${owner.token}", this one is "${token}"`);
  }
}

async function verifyChunks(database: DatabaseSync, token: string): Promise<void> {
  const entries = database.prepare("SELECT * FROM manifest ORDER BY sequence").iterate();
  const rows = database.prepare("SELECT * FROM chunk ORDER BY sequence").iterate();
  let bytes = 0;
  for (const { sequence, metric, points, checksum, body } of rows) {
    const entry = entries.next().value;
    const read = { sequence: Number(sequence), metric: String(metric), points: Number(points) };
    const entrySum = entryChecksum(token, read);
    if (!(body instanceof Uint8Array) || chunkChecksum(entrySum, body) !== checksum) {
      throw new SpoolDamaged(`chunk ${sequence} is not as it was written`);
    }
    // The checksum is over all of the entry, and over the place of the chunk beside it.
    if (entry?.sequence !== sequence || entry?.checksum !== entrySum || entry?.metric !== metric) {
      throw new SpoolDamaged(`chunk ${sequence} and the list of chunks differ`);
    }
    bytes += ROW_BYTES + body.byteLength;
    if (bytes > BYTES_PER_TURN) {
      bytes = 0;
      await turnOfTheLoop();
    }
  }
  if (!entries.next().done) throw new SpoolDamaged("a chunk is missing");
}
