/**
 * Finds what is whole in a damaged spool, and makes a new one of it.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { setImmediate as turnOfTheLoop } from "node:timers/promises";
import { isListWhole } from "./chunk_list.ts";
import type { PageImage } from "./page_image.ts";
import {
  childrenOf,
  type Column,
  listedRows,
  possibleRows,
  type ReadPage,
  type Row,
} from "./records.ts";
import { chunkChecksum, CREATE, entryChecksum, ownerChecksum } from "./schema.ts";

// The event loop stands still for so long at a time.
const PAGES_PER_TURN = 1000;
// The tables are known by how many columns they have.
const OWNER_COLUMNS = 2;
const ENTRY_COLUMNS = 4;
const CHUNK_COLUMNS = 5;

/** Chunks of one metric that are lost. */
export interface SpoolLoss {
  /** Their metric. */
  readonly metric: string;
  /** How many chunks. */
  readonly chunks: number;
  /** How many points these have. */
  readonly points: number;
}

/** What became of a damaged spool. */
export interface Salvaged {
  /** Whether anything was found that the owner of the token has written. */
  readonly isOurs: boolean;
  /** Whole chunks. */
  readonly chunks: number;
  /** What should be there and is not, or is not as it was written. */
  readonly lost: readonly SpoolLoss[];
  /** Whether there may be more that should be there: the list of it is damaged. */
  readonly isUncertain: boolean;
}

/**
 * Fills an empty database with what is whole among the pages of a spool, and sets aside what is left
 * of the rest.
 */
export async function salvage(
  image: PageImage,
  token: string,
  database: DatabaseSync,
): Promise<Salvaged> {
  database.exec(CREATE);
  database.exec("CREATE TEMP TABLE remains (sequence INTEGER PRIMARY KEY, metric, points, body)");
  database.exec("BEGIN");
  const salvager = new Salvager(token, database);
  await salvager.readPages(image);
  const salvaged = salvager.settle();
  database.exec("COMMIT");
  return salvaged;
}

class Salvager {
  readonly #token: string;
  readonly #database: DatabaseSync;
  readonly #insert: Readonly<Record<"chunk" | "manifest" | "damaged" | "remains", StatementSync>>;
  readonly #select: Readonly<Record<"listed" | "unlisted", StatementSync>>;
  #isOurs = false;
  #isUncertain = false;

  constructor(token: string, database: DatabaseSync) {
    this.#token = token;
    this.#database = database;
    this.#insert = {
      chunk: database.prepare("INSERT OR IGNORE INTO chunk VALUES (?, ?, ?, ?, ?)"),
      manifest: database.prepare("INSERT OR IGNORE INTO manifest VALUES (?, ?, ?, ?)"),
      damaged: database.prepare("INSERT OR IGNORE INTO damaged VALUES (?, ?, ?, ?, ?)"),
      remains: database.prepare("INSERT OR IGNORE INTO remains VALUES (?, ?, ?, ?)"),
    };
    this.#select = {
      listed: database.prepare("SELECT sequence FROM manifest WHERE sequence = ?"),
      unlisted: database.prepare(
        "SELECT sequence, metric, points FROM chunk " +
          "WHERE sequence NOT IN (SELECT sequence FROM manifest) LIMIT 1000",
      ),
    };
  }

  async readPages(image: PageImage): Promise<void> {
    const read: ReadPage = (page) => image.read(page);
    const suspect: number[] = [];
    const overflow = new Set<number>();
    let pages = 0;
    for (const page of image.numbers()) {
      if (++pages % PAGES_PER_TURN === 0) await turnOfTheLoop();
      if (childrenOf(page, read) !== undefined) continue;
      // Where one row is wrong, the list may have led to it by a wrong number.
      const areWhole = listedRows(page, read)?.map((row) => this.#take(row, overflow)) ?? [false];
      if (areWhole.includes(false)) suspect.push(page);
    }
    this.#isUncertain ||= this.#hasUnlisted() || !isListWhole(read, (row) => this.#isEntry(row));
    for (const page of suspect) {
      if (overflow.has(page)) continue;
      if (++pages % (PAGES_PER_TURN / 10) === 0) await turnOfTheLoop();
      for (const row of possibleRows(page, read)) if (this.#mayBeTaken(row)) this.#takeWhole(row);
    }
  }

  // A page has rows that were removed from it, too: those that should be there are in the manifest.
  #mayBeTaken({ key, columns }: Row): boolean {
    if (columns.length === CHUNK_COLUMNS) return this.#isUncertain || this.#isListed(key);
    return columns.length === OWNER_COLUMNS;
  }

  #isListed(sequence: number): boolean {
    return this.#select.listed.get(sequence) !== undefined;
  }

  #hasUnlisted(): boolean {
    return this.#select.unlisted.get() !== undefined;
  }

  #isEntry({ key: sequence, columns }: Row): boolean {
    const [, metric, points, checksum] = columns;
    return columns.length === ENTRY_COLUMNS && typeof metric === "string" &&
      typeof points === "number" &&
      checksum === entryChecksum(this.#token, { sequence, metric, points });
  }

  /** Takes a row that a page lists. Returns whether it is whole. */
  #take(row: Row, overflow: Set<number>): boolean {
    if (!this.#takeWhole(row)) return this.#setAside(row);
    for (const page of row.overflow) overflow.add(page);
    return true;
  }

  /** Takes a row of which it is sure that it is as it was written. */
  #takeWhole({ key: sequence, columns }: Row): boolean {
    const [first, metric, points, checksum, body] = columns;
    if (columns.length === OWNER_COLUMNS) return this.#takeOwner(first, metric);
    if (typeof metric !== "string" || typeof points !== "number") return false;
    if (typeof checksum !== "number") return false;
    const entrySum = entryChecksum(this.#token, { sequence, metric, points });
    if (columns.length === ENTRY_COLUMNS && checksum === entrySum) {
      this.#insert.manifest.run(sequence, metric, points, checksum);
    } else if (body instanceof Uint8Array && checksum === chunkChecksum(entrySum, body)) {
      this.#insert.chunk.run(sequence, metric, points, checksum, body);
    } else return false;
    this.#isOurs = true;
    return true;
  }

  #takeOwner(token: Column | undefined, checksum: Column | undefined): boolean {
    const isOurs = token === this.#token && checksum === ownerChecksum(this.#token);
    if (isOurs) this.#isOurs = true;
    return isOurs;
  }

  /** Keeps what is left of a row. Returns whether that is all of it: it was set aside before. */
  #setAside({ key: sequence, columns }: Row): boolean {
    const [, metric, points, found, body = null] = columns;
    if (typeof metric !== "string" || typeof points !== "number") return false;
    if (typeof found === "string" && typeof body !== "string") {
      this.#insert.damaged.run(sequence, metric, points, found, body);
      return true;
    }
    if (columns.length === ENTRY_COLUMNS) this.#isUncertain = true;
    if (body instanceof Uint8Array) this.#insert.remains.run(sequence, metric, points, body);
    return false;
  }

  /** Compares what there is with what there should be. */
  settle(): Salvaged {
    this.#listUnlisted();
    this.#database.exec(`
      INSERT OR IGNORE INTO damaged (sequence, metric, points, body)
        SELECT sequence, manifest.metric, manifest.points, remains.body
        FROM manifest LEFT JOIN remains USING (sequence)
        WHERE sequence NOT IN (SELECT sequence FROM chunk);
      CREATE TEMP TABLE lost AS
        SELECT metric, points FROM manifest WHERE sequence NOT IN (SELECT sequence FROM chunk);
      DELETE FROM manifest WHERE sequence NOT IN (SELECT sequence FROM chunk);
    `);
    if (this.#isUncertain) this.#loseRemains();
    this.#database.prepare("INSERT INTO owner VALUES (?, ?)")
      .run(this.#token, ownerChecksum(this.#token));
    const chunks = this.#database.prepare("SELECT count(*) AS chunks FROM chunk").get()?.chunks;
    return {
      isOurs: this.#isOurs,
      chunks: Number(chunks),
      lost: this.#lost(),
      isUncertain: this.#isUncertain,
    };
  }

  /** Lists the chunks that the manifest does not have. */
  #listUnlisted(): void {
    const { unlisted } = this.#select;
    for (let rows = unlisted.all(); rows.length > 0; rows = unlisted.all()) {
      for (const row of rows) {
        const entry = {
          sequence: Number(row.sequence),
          metric: String(row.metric),
          points: Number(row.points),
        };
        const checksum = entryChecksum(this.#token, entry);
        this.#insert.manifest.run(entry.sequence, entry.metric, entry.points, checksum);
      }
    }
  }

  /** What is left of chunks that no list names any more is lost as well. */
  #loseRemains(): void {
    this.#database.exec(`
      INSERT INTO lost
        SELECT metric, points FROM remains WHERE sequence NOT IN (SELECT sequence FROM chunk)
          AND sequence NOT IN (SELECT sequence FROM damaged);
      INSERT OR IGNORE INTO damaged (sequence, metric, points, body)
        SELECT * FROM remains WHERE sequence NOT IN (SELECT sequence FROM chunk);
    `);
  }

  #lost(): SpoolLoss[] {
    const rows = this.#database.prepare(`
      SELECT metric, count(*) AS chunks, total(points) AS points FROM lost
      GROUP BY metric ORDER BY metric
    `).all();
    return rows.map(({ metric, chunks, points }) => ({
      metric: String(metric),
      chunks: Number(chunks),
      points: Number(points),
    }));
  }
}
