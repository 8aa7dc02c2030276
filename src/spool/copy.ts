/**
 * A look into a spool that leaves it as it is: what is looked at is a copy.
 *
 * @module
 */

import { copyFile, rm, stat } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { SpoolFailed } from "../errors.ts";
import { isBusy } from "./damage.ts";
import { openDatabase, type OpenedDatabase, type Remark } from "./open_database.ts";
import { inTurn, isOpenHere, type OpenFile } from "./open_file.ts";
import { ownerOf } from "./owner.ts";
import { hasCode, lookAt } from "./path.ts";
import type { Salvaged } from "./salvage.ts";

/** What a spool holds of one metric. */
export interface MetricInSpool {
  readonly metric: string;
  readonly chunks: number;
  readonly points: number;
}

/** A chunk as it is in the file; of a damaged one what is left of its bytes, if anything is. */
export interface ChunkInSpool {
  readonly metric: string;
  readonly points: number;
  readonly body: Uint8Array | undefined;
}

/** A copy of a spool, whole or mended, until it is disposed of. */
export class SpoolCopy implements AsyncDisposable {
  /** The token that the spool belongs to. */
  readonly owner: string;
  /** What was found to be wrong with the file, if anything was. */
  readonly salvaged: Salvaged | undefined;
  /** What there is to say of it beside that. */
  readonly remarks: readonly Remark[];
  readonly #database: DatabaseSync;
  readonly #file: OpenFile;
  readonly #folder: string;

  private constructor(
    owner: string,
    folder: string,
    { database, file, salvaged, remarks }: OpenedDatabase,
  ) {
    this.owner = owner;
    this.salvaged = salvaged;
    this.remarks = remarks;
    this.#file = file;
    this.#folder = folder;
    this.#database = database;
  }

  /**
   * Copies a spool.
   *
   * @param path The spool, which no source uses.
   * @param folder An empty folder for the copy, which goes with it.
   * @param owner The token that it belongs to, where the file cannot tell any more.
   * @throws {SpoolFailed} If it is not there, is in use, is not a spool, or nothing in it can be trusted.
   */
  static async open(path: string, folder: string, owner?: string): Promise<SpoolCopy> {
    try {
      const copy = `${folder}/spool`;
      await inTurn(() => copyFiles(path, copy));
      const { token = owner } = await ownerOf(copy) ?? {};
      if (token === undefined) {
        throw new SpoolFailed(path, "it does not tell any more which token it belongs to");
      }
      const opened = await openDatabase(copy, token)
        .catch((error) => Promise.reject(about(path, copy, error)));
      return new SpoolCopy(token, folder, opened);
    } catch (error) {
      await rm(folder, { recursive: true });
      throw error;
    }
  }

  /** What is whole, by metric. */
  metrics(): MetricInSpool[] {
    return this.#metricsIn("chunk");
  }

  /** What is damaged, by metric. */
  damagedMetrics(): MetricInSpool[] {
    return this.#metricsIn("damaged");
  }

  /** The chunks that are whole, in their order. */
  chunks(): Generator<ChunkInSpool, void, void> {
    return this.#chunksIn("chunk");
  }

  /** What is left of those that are damaged, in their order. */
  damagedChunks(): Generator<ChunkInSpool, void, void> {
    return this.#chunksIn("damaged");
  }

  /** Removes the copy. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#database.close();
    this.#file[Symbol.dispose]();
    await rm(this.#folder, { recursive: true });
  }

  #metricsIn(table: "chunk" | "damaged"): MetricInSpool[] {
    const rows = this.#database.prepare(
      `SELECT metric, count(*) AS chunks, total(points) AS points FROM ${table}
       GROUP BY metric ORDER BY metric`,
    ).all();
    return rows.map(({ metric, chunks, points }) => ({
      metric: String(metric),
      chunks: Number(chunks),
      points: Number(points),
    }));
  }

  *#chunksIn(table: "chunk" | "damaged"): Generator<ChunkInSpool, void, void> {
    const rows = this.#database.prepare(
      `SELECT metric, points, body FROM ${table} ORDER BY sequence`,
    );
    for (const { metric, points, body } of rows.iterate()) {
      yield {
        metric: String(metric),
        points: Number(points),
        body: body instanceof Uint8Array ? body : undefined,
      };
    }
  }
}

async function copyFiles(path: string, copy: string): Promise<void> {
  const isUsed = () => new SpoolFailed(path, "a source is using it");
  if (isOpenHere(path)) throw isUsed();
  const { found, file } = await lookAt(path);
  if (found === "nothing") throw new SpoolFailed(path, "it is not there");
  if (isInUse(file)) throw isUsed();
  for (const suffix of ["", "-wal", "-journal"]) await copyIfThere(file, copy, suffix);
}

/** Whether another process has the lock. What else is wrong is found out on the copy. */
function isInUse(file: string): boolean {
  try {
    const database = new DatabaseSync(file, { readOnly: true });
    try {
      database.prepare("SELECT count(*) FROM sqlite_schema").get();
    } finally {
      database.close();
    }
    return false;
  } catch (error) {
    return isBusy(error);
  }
}

async function copyIfThere(from: string, to: string, suffix: string): Promise<void> {
  const isThere = await stat(from + suffix).then(() => true, (error) => {
    if (hasCode(error, "ENOENT")) return false;
    throw error;
  });
  if (isThere) await copyFile(from + suffix, to + suffix);
}

function about(path: string, copy: string, error: unknown): unknown {
  if (!(error instanceof SpoolFailed)) return error;
  const [, reason = error.message] = error.message.split(`"${copy}": `);
  return new SpoolFailed(path, reason, { cause: error });
}
