/**
 * Chunks in an SQLite file, which knows nothing of their way; `spool_backlog.ts` does. This module is
 * loaded only by sources that have a spool.
 *
 * @module
 */

import { type FileHandle, open } from "node:fs/promises";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { errorText } from "../error_text.ts";
import { SpoolFailed } from "../errors.ts";
import { storedBytes } from "./chunk.ts";
import type { SpoolContents, SpoolStorage, StoredChunk } from "./spool_storage.ts";

// What makes a file ours: "MQSP" where SQLite has a place for it, and the version of the tables.
const APPLICATION_ID = 0x4D515350;
const SCHEMA_VERSION = 1;
const HEADER = "SQLite format 3\0";
const HEADER_BYTES = 100;
const APPLICATION_ID_AT = 68;

const SQLITE_BUSY = 5;
const CREATE = `
  CREATE TABLE owner (token TEXT NOT NULL) STRICT;
  CREATE TABLE chunk (
    sequence INTEGER PRIMARY KEY, metric TEXT NOT NULL, points INTEGER NOT NULL, body BLOB NOT NULL
  ) STRICT;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/**
 * An open spool. The lock on it is the operating system's, so nothing is left of it when the process
 * ends, however it does.
 */
export class Spool implements SpoolStorage {
  /** The file. */
  readonly path: string;
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #delete: StatementSync;
  readonly #select: StatementSync;

  private constructor(path: string, database: DatabaseSync) {
    this.path = path;
    this.#database = database;
    this.#insert = database.prepare(
      "INSERT INTO chunk (sequence, metric, points, body) VALUES (?, ?, ?, ?)",
    );
    this.#delete = database.prepare("DELETE FROM chunk WHERE sequence = ?");
    this.#select = database.prepare(
      "SELECT sequence, metric, points, body FROM chunk WHERE sequence >= ? ORDER BY sequence",
    );
  }

  /**
   * Opens the spool of a token, or makes it.
   *
   * @throws {SpoolFailed} If the file is not a spool, is damaged, belongs to another token, is in use
   * by another process, or cannot be opened; it is left as it is.
   */
  static async open(path: string, token: string): Promise<Spool> {
    let database: DatabaseSync | undefined;
    try {
      // Read without SQLite, which would write to the database of another program.
      if (!await mayBeSpool(path)) throw new SpoolFailed(path, "it is not a spool");
      database = new DatabaseSync(path);
      prepare(database, path, token);
      return new Spool(path, database);
    } catch (error) {
      database?.close();
      throw asSpoolFailed(error, path);
    }
  }

  /** How much is in the spool, and the first free place in the order. */
  measure(): SpoolContents {
    const row = this.#database.prepare(
      "SELECT count(*) AS chunks, total(points) AS points, total(length(body)) AS bodyBytes, " +
        "coalesce(max(sequence), -1) AS last FROM chunk",
    ).get();
    const chunks = Number(row?.chunks);
    return {
      chunks,
      points: Number(row?.points),
      bytes: Number(row?.bodyBytes) + chunks * storedBytes(0),
      nextSequence: Number(row?.last) + 1,
    };
  }

  /**
   * Adds and removes chunks, all of them or, if it throws, none.
   *
   * @throws {SpoolFailed} If the disk is full, or fails.
   */
  write(added: Iterable<StoredChunk>, removed: Iterable<number>): void {
    try {
      this.#database.exec("BEGIN");
      for (const { sequence, metric, points, body } of added) {
        this.#insert.run(sequence, metric, points, body);
      }
      for (const sequence of removed) this.#delete.run(sequence);
      this.#database.exec("COMMIT");
    } catch (error) {
      // SQLite has done so already after some of its errors.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw asSpoolFailed(error, this.path);
    }
  }

  /**
   * Reads the chunks from a place in the order on: at least one if there is one, and then up to
   * about that many bytes.
   *
   * @throws {SpoolFailed} If the file cannot be read.
   */
  read(fromSequence: number, maxBytes: number): StoredChunk[] {
    const chunks: StoredChunk[] = [];
    let bytes = 0;
    try {
      for (const { sequence, metric, points, body } of this.#select.iterate(fromSequence)) {
        if (!(body instanceof Uint8Array)) throw new TypeError("a chunk is not a blob");
        const chunk = {
          sequence: Number(sequence),
          metric: String(metric),
          points: Number(points),
          body,
        };
        chunks.push(chunk);
        bytes += storedBytes(body.byteLength);
        if (bytes >= maxBytes) break;
      }
      return chunks;
    } catch (error) {
      throw asSpoolFailed(error, this.path);
    }
  }

  /** Closes the file; an empty one becomes small again. */
  close(): void {
    try {
      if (this.measure().chunks === 0) this.#database.exec("VACUUM");
    } catch {
      // Just tidying up: a disk that is full has no room for it.
    }
    this.#database.close();
  }
}

async function mayBeSpool(path: string): Promise<boolean> {
  let file: FileHandle;
  try {
    file = await open(path);
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (isMissing) return true; // SQLite makes it, or says why not
    throw error;
  }
  await using _closing = file;
  const header = new Uint8Array(HEADER_BYTES);
  const { bytesRead } = await file.read(header);
  if (bytesRead === 0) return true; // made, and no more, when the process ended
  const applicationId = new DataView(header.buffer).getUint32(APPLICATION_ID_AT);
  const text = new TextDecoder().decode(header.subarray(0, HEADER.length));
  return text === HEADER && applicationId === APPLICATION_ID;
}

function prepare(database: DatabaseSync, path: string, token: string): void {
  // Held until the database is closed. It also keeps the write-ahead log's index out of a file.
  database.exec("PRAGMA locking_mode = EXCLUSIVE");
  database.prepare("BEGIN IMMEDIATE").run(); // errors of `exec` have no code
  const tables = database.prepare("SELECT count(*) AS tables FROM sqlite_schema").get()?.tables;
  if (tables === 0) {
    // Still with a rollback journal, so that the file has its header when this is committed.
    database.exec(CREATE);
    database.prepare("INSERT INTO owner (token) VALUES (?)").run(token);
  }
  const version = database.prepare("PRAGMA user_version").get()?.user_version;
  if (version !== SCHEMA_VERSION) {
    throw new SpoolFailed(path, `it has version ${version}, version ${SCHEMA_VERSION} is required`);
  }
  const findings = database.prepare("PRAGMA quick_check(1)").get()?.quick_check;
  if (findings !== "ok") throw new SpoolFailed(path, `it is damaged (${findings})`);
  const owner = database.prepare("SELECT token FROM owner").get()?.token;
  if (owner !== token) {
    throw new SpoolFailed(path, `it belongs to token "${owner}", this one is "${token}"`);
  }
  database.exec("COMMIT");
  database.exec("PRAGMA journal_mode = WAL");
  // Nothing is lost when the process is killed, and nothing is damaged by a power cut, which may take
  // the last moments with it. FULL would wait for the disk, and the event loop with it, all the time.
  database.exec("PRAGMA synchronous = NORMAL");
  database.exec(`PRAGMA journal_size_limit = ${2 ** 24}`);
}

function asSpoolFailed(error: unknown, path: string): SpoolFailed {
  if (error instanceof SpoolFailed) return error;
  const isBusy = error instanceof Error && "errcode" in error &&
    (Number(error.errcode) & 0xff) === SQLITE_BUSY;
  const text = errorText(error);
  return new SpoolFailed(path, isBusy ? "another source is using it" : text, { cause: error });
}
