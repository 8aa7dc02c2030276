/**
 * Tables of SNMP devices, read by walking their columns side by side.
 *
 * @module
 */

import { counted, quote } from "../quote.ts";
import type { Varbind } from "./snmp_library.d.ts";
import { compareOids, rowOf } from "./snmp_oid.ts";
import { isMissing, sizeOf } from "./snmp_value.ts";

// A device tells as much as it likes of what comes next.
const MAX_CELLS = 100_000;
const MAX_BYTES = 16 * 1024 * 1024;
// As many as fit into a datagram; a device sends fewer if it has no room.
const CELLS_PER_REQUEST = 40;

/** Asks for what comes behind objects, up to so many of each. */
export type GetNext = (
  oids: readonly string[],
  repetitions: number,
) => Promise<readonly (readonly Varbind[])[]>;

/** Rows by their index, and what they have in each column. */
export type Rows = ReadonlyMap<string, ReadonlyMap<string, Varbind>>;

/**
 * Reads the columns of a table.
 *
 * @throws {RangeError} If it does not end.
 * @throws {Error} If `getNext` does.
 */
export async function readTable(columns: readonly string[], getNext: GetNext): Promise<Rows> {
  const walk = new Walk();
  for (let at = 0; at < columns.length; at += CELLS_PER_REQUEST) {
    await walk.read(columns.slice(at, at + CELLS_PER_REQUEST), getNext);
  }
  return walk.rows;
}

class Walk {
  readonly rows = new Map<string, Map<string, Varbind>>();
  #cells = 0;
  #bytes = 0;

  async read(columns: readonly string[], getNext: GetNext): Promise<void> {
    // The last that was read of each column that has not ended.
    const open = new Map(columns.map((column) => [column, column]));
    while (open.size > 0) {
      const asked = [...open];
      const repetitions = Math.ceil(CELLS_PER_REQUEST / open.size);
      const answer = await getNext(asked.map(([, last]) => last), repetitions);
      const before = this.#cells;
      for (const [at, [column]] of asked.entries()) this.#take(column, answer[at] ?? [], open);
      if (this.#cells === before && open.size === asked.length) {
        throw new RangeError("the device does not tell what comes next");
      }
    }
  }

  #take(column: string, varbinds: readonly Varbind[], open: Map<string, string>): void {
    for (const varbind of varbinds) {
      const { oid } = varbind;
      const row = rowOf(column, oid);
      if (row === undefined || isMissing(varbind)) {
        open.delete(column);
        return;
      }
      if (compareOids(oid, open.get(column) ?? column) <= 0) {
        throw new RangeError(`the rows of ${column} do not go up at ${quote(row)}`);
      }
      open.set(column, oid);
      this.#add(row, column, varbind);
    }
  }

  #add(row: string, column: string, varbind: Varbind): void {
    this.#bytes += sizeOf(varbind);
    if (++this.#cells > MAX_CELLS || this.#bytes > MAX_BYTES) {
      throw new RangeError(
        `a table has no end: ${counted(this.#cells, "value")} of ${this.#bytes} bytes were read`,
      );
    }
    const cells = this.rows.get(row) ?? new Map<string, Varbind>();
    this.rows.set(row, cells);
    cells.set(column, varbind);
  }
}
