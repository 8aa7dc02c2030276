/**
 * Makes a spool of the version before, which had no checksums, one with them.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { SpoolFailed } from "../errors.ts";
import { chunkChecksum, CREATE, entryChecksum, ownerChecksum } from "./schema.ts";

/**
 * Moves all chunks into the tables of today, inside a transaction.
 *
 * @throws {SpoolFailed} If it belongs to another token.
 */
export function upgrade(database: DatabaseSync, path: string, token: string): void {
  const owner = database.prepare("SELECT token FROM owner").get()?.token;
  if (owner !== token) {
    throw new SpoolFailed(path, `it belongs to token "${owner}", this one is "${token}"`);
  }
  database.exec("ALTER TABLE chunk RENAME TO unchecked; DROP TABLE owner;");
  database.exec(CREATE);
  database.prepare("INSERT INTO owner VALUES (?, ?)").run(token, ownerChecksum(token));
  const insertChunk = database.prepare("INSERT INTO chunk VALUES (?, ?, ?, ?, ?)");
  const insertEntry = database.prepare("INSERT INTO manifest VALUES (?, ?, ?, ?)");
  const chunks = database.prepare("SELECT sequence, metric, points, body FROM unchecked");
  for (const { sequence, metric, points, body } of chunks.iterate()) {
    if (!(body instanceof Uint8Array)) throw new TypeError("A chunk is not a blob");
    const entry = { sequence: Number(sequence), metric: String(metric), points: Number(points) };
    const entrySum = entryChecksum(token, entry);
    insertChunk.run(
      entry.sequence,
      entry.metric,
      entry.points,
      chunkChecksum(entrySum, body),
      body,
    );
    insertEntry.run(entry.sequence, entry.metric, entry.points, entrySum);
  }
  database.exec("DROP TABLE unchecked");
}
