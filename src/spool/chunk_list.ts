/**
 * Whether the list of chunks in a spool can be read as a whole: only then is it known what is missing.
 *
 * @module
 */

import { childrenOf, listedRows, type ReadPage, type Row } from "./records.ts";

// As `sqlite_schema` names it.
const NAME = "manifest";

/**
 * Follows the list from its root to all of its rows.
 *
 * @param isWhole Whether a row is as it was written.
 */
export function isListWhole(read: ReadPage, isWhole: (row: Row) => boolean): boolean {
  const root = rootOf(read);
  if (root === undefined) return false;
  const seen = new Set<number>();
  const waiting = [root];
  for (let page = waiting.pop(); page !== undefined; page = waiting.pop()) {
    if (seen.has(page)) return false;
    seen.add(page);
    const children = childrenOf(page, read);
    if (children !== undefined) waiting.push(...children);
    else if (!listedRows(page, read)?.every(isWhole)) return false;
  }
  return true;
}

/** The page at which the table begins. */
function rootOf(read: ReadPage): number | undefined {
  const tables = listedRows(1, read) ?? [];
  const root = tables.find(({ columns }) => columns[1] === NAME)?.columns[3];
  return typeof root === "number" ? root : undefined;
}
