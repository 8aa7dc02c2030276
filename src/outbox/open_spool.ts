/**
 * How a spool's file is opened.
 *
 * @module
 */

import type { OpenSpool } from "./spool_storage.ts";

/** Opens an SQLite file. SQLite is loaded only by sources that have a spool. */
export const openSpoolFile: OpenSpool = async (path, token) => {
  const { Spool } = await import("./spool.ts");
  return await Spool.open(path, token);
};
