/**
 * Chunks in an SQLite file, which knows nothing of their way; `spool_backlog.ts` does. This module is
 * loaded only by sources that have a spool.
 *
 * Each chunk has a checksum, and a list says what there should be: what is read is what was written,
 * and what is missing is told. See `src/spool/` for what becomes of a damaged file.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { errorText } from "../error_text.ts";
import { SpoolFailed } from "../errors.ts";
import { logger } from "../log.ts";
import { counted } from "../quote.ts";
import { isBusy } from "../spool/damage.ts";
import {
  markClosed,
  openDatabase,
  type OpenedDatabase,
  remarkText,
} from "../spool/open_database.ts";
import type { OpenFile } from "../spool/open_file.ts";
import type { Salvaged } from "../spool/salvage.ts";
import { chunkChecksum, entryChecksum } from "../spool/schema.ts";
import { storedBytes } from "./chunk.ts";
import type { SpoolContents, SpoolLoss, SpoolStorage, StoredChunk } from "./spool_storage.ts";

const log = logger("source");

// Of a spool of a thousand metrics.
const MAX_METRICS_LOGGED = 20;

/**
 * An open spool. The lock on it is the operating system's, so nothing is left of it when the process
 * ends, however it does.
 */
export class Spool implements SpoolStorage {
  /** The file. */
  readonly path: string;
  readonly #token: string;
  readonly #database: DatabaseSync;
  readonly #file: OpenFile;
  readonly #lost: readonly SpoolLoss[];
  readonly #statements: Readonly<Record<"begin" | "commit" | "select", StatementSync>>;
  readonly #insert: Readonly<Record<"chunk" | "entry" | "damaged", StatementSync>>;
  readonly #delete: Readonly<Record<"chunk" | "entry", StatementSync>>;
  #damaged: StoredChunk[] = [];

  private constructor(
    path: string,
    token: string,
    { database, file, salvaged }: OpenedDatabase,
  ) {
    this.path = path;
    this.#token = token;
    this.#database = database;
    this.#file = file;
    this.#lost = salvaged?.lost ?? [];
    this.#statements = {
      begin: database.prepare("BEGIN"),
      commit: database.prepare("COMMIT"),
      select: database.prepare(
        "SELECT sequence, metric, points, checksum, body FROM chunk " +
          "WHERE sequence >= ? ORDER BY sequence",
      ),
    };
    this.#insert = {
      chunk: database.prepare("INSERT INTO chunk VALUES (?, ?, ?, ?, ?)"),
      entry: database.prepare("INSERT INTO manifest VALUES (?, ?, ?, ?)"),
      damaged: database.prepare(
        "INSERT OR REPLACE INTO damaged (sequence, metric, points, body) VALUES (?, ?, ?, ?)",
      ),
    };
    this.#delete = {
      chunk: database.prepare("DELETE FROM chunk WHERE sequence BETWEEN ? AND ?"),
      entry: database.prepare("DELETE FROM manifest WHERE sequence BETWEEN ? AND ?"),
    };
  }

  /**
   * Opens the spool of a token, or makes it. All that it holds is checked; of a damaged one the chunks
   * that are whole are kept, and the log says what is lost, as does `measure`.
   *
   * @throws {SpoolFailed} If the file is not a spool, or is so damaged that nothing in it can be
   * trusted, belongs to another token, is in use by another process, or cannot be opened; it is left
   * as it is.
   */
  static async open(path: string, token: string): Promise<Spool> {
    try {
      const opened = await openDatabase(path, token);
      if (opened.salvaged !== undefined) logSalvaged(path, opened.salvaged);
      for (const remark of opened.remarks) {
        log.warn("{remark}", { remark: remarkText(path, remark) });
      }
      return new Spool(path, token, opened);
    } catch (error) {
      throw asSpoolFailed(error, path);
    }
  }

  /** How much is in the spool, the first free place in the order, and what was found to be lost. */
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
      ...this.#lost.length > 0 && { lost: this.#lost },
    };
  }

  /** Whether the next process will not find what is written, as the file is not there any more. */
  get isLost(): boolean {
    return !this.#file.isThere;
  }

  /**
   * Adds and removes chunks, all of them or, if it throws, none.
   *
   * @throws {SpoolFailed} If the disk is full, or fails, or the file is not there any more.
   */
  write(added: Iterable<StoredChunk>, removed: Iterable<number>): void {
    if (this.isLost) {
      throw new SpoolFailed(this.path, "it was removed, emptied or replaced while in use");
    }
    this.#transact(() => {
      for (const { sequence, metric, points, body } of added) {
        const entrySum = entryChecksum(this.#token, { sequence, metric, points });
        this.#insert.chunk.run(sequence, metric, points, chunkChecksum(entrySum, body), body);
        this.#insert.entry.run(sequence, metric, points, entrySum);
      }
      for (const [first, last] of spans(removed)) this.#remove(first, last);
    });
  }

  /**
   * Reads the chunks from a place in the order on: at least one if there is one, and then up to
   * about that many bytes. A chunk that is not as it was written is left out, set aside, and told by
   * `takeDamaged`.
   *
   * @throws {SpoolFailed} If the file cannot be read.
   */
  read(fromSequence: number, maxBytes: number): StoredChunk[] {
    const chunks: StoredChunk[] = [];
    const damaged: StoredChunk[] = [];
    let bytes = 0;
    try {
      for (const row of this.#statements.select.iterate(fromSequence)) {
        const { sequence, metric, points, checksum, body } = row;
        if (!(body instanceof Uint8Array)) throw new TypeError("A chunk is not a blob");
        const chunk = {
          sequence: Number(sequence),
          metric: String(metric),
          points: Number(points),
          body,
        };
        const isWhole = checksum === chunkChecksum(entryChecksum(this.#token, chunk), body);
        (isWhole ? chunks : damaged).push(chunk);
        bytes += storedBytes(body.byteLength);
        if (bytes >= maxBytes && chunks.length > 0) break;
      }
    } catch (error) {
      throw asSpoolFailed(error, this.path);
    }
    if (damaged.length > 0) this.#setAside(damaged);
    return chunks;
  }

  /** The chunks that `read` has found to be damaged since the last call. */
  takeDamaged(): StoredChunk[] {
    const damaged = this.#damaged;
    this.#damaged = [];
    return damaged;
  }

  /** Closes the file; an empty one becomes small again. */
  close(): void {
    try {
      if (this.measure().chunks === 0) this.#database.exec("VACUUM");
      markClosed(this.#database);
    } catch {
      // Just tidying up: a disk that is full has no room for it.
    }
    this.#database.close();
    this.#file[Symbol.dispose]();
  }

  #transact(change: () => void): void {
    try {
      this.#statements.begin.run();
      change();
      this.#statements.commit.run();
    } catch (error) {
      // SQLite has done so already after some of its errors.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw asSpoolFailed(error, this.path);
    }
  }

  #remove(first: number, last: number): void {
    this.#delete.chunk.run(first, last);
    this.#delete.entry.run(first, last);
  }

  #setAside(damaged: readonly StoredChunk[]): void {
    this.#damaged.push(...damaged);
    const lost = damaged.map(({ metric, points }) => ({ metric, points, chunks: 1 }));
    logDamage(this.path, lost);
    try {
      this.#transact(() => {
        for (const { sequence, metric, points, body } of damaged) {
          this.#insert.damaged.run(sequence, metric, points, body);
          this.#remove(sequence, sequence);
        }
      });
    } catch {
      // A disk that is full: it stays where it is, and is told again at the next start.
    }
  }
}

/** The spans of consecutive numbers that cover numbers, in any order: one statement removes a span. */
function* spans(numbers: Iterable<number>): Generator<[first: number, last: number], void, void> {
  let span: [number, number] | undefined;
  for (const number of [...numbers].sort((a, b) => a - b)) {
    if (span !== undefined && number <= span[1] + 1) span[1] = number;
    else {
      if (span !== undefined) yield span;
      span = [number, number];
    }
  }
  if (span !== undefined) yield span;
}

function logSalvaged(spool: string, { lost, isUncertain, chunks }: Salvaged): void {
  if (lost.length > 0) return logDamage(spool, lost, isUncertain);
  if (!isUncertain) {
    log.warn("{spool} was damaged and is mended, nothing is missing in it", { spool });
    return;
  }
  const message = "{spool} was damaged and is mended, {what} are left; what is missing is not " +
    "known, as the list of chunks is damaged";
  const properties = { spool, what: counted(chunks, "chunk") };
  if (chunks === 0) log.error(message, properties);
  else log.warn(message, properties);
}

function logDamage(spool: string, lost: readonly SpoolLoss[], isUncertain = false): void {
  const more = isUncertain ? "; there may have been more, as the list of them is damaged" : "";
  const chunks = lost.reduce((sum, one) => sum + one.chunks, 0);
  const points = lost.reduce((sum, one) => sum + one.points, 0);
  log.error("{spool} is damaged: {what} are lost, and set aside in it: {metrics}{more}", {
    spool,
    what: `${counted(chunks, "chunk")} with ${counted(points, "point")}`,
    metrics: metricsText(lost),
    more,
    chunks,
    points,
  });
}

function metricsText(lost: readonly SpoolLoss[]): string {
  const points = new Map<string, number>();
  for (const one of lost) points.set(one.metric, (points.get(one.metric) ?? 0) + one.points);
  const shown = [...points].slice(0, MAX_METRICS_LOGGED)
    .map(([metric, count]) => `${counted(count, "point")} of ${metric}`);
  const others = points.size - shown.length;
  return shown.join(", ") + (others > 0 ? ` and those of ${counted(others, "other metric")}` : "");
}

function asSpoolFailed(error: unknown, path: string): SpoolFailed {
  if (error instanceof SpoolFailed) return error;
  const text = isBusy(error) ? "another source is using it" : errorText(error);
  return new SpoolFailed(path, text, { cause: error });
}
