/**
 * Puts a whole spool in the place of a damaged one.
 *
 * The new file is complete under another name before the old one goes, so that a process that ends
 * in between leaves one of both.
 *
 * @module
 */

import { open, rename, rm } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { SpoolFailed } from "../errors.ts";
import { PageImage } from "./page_image.ts";
import { lookAt, makePrivateFile } from "./path.ts";
import { salvage, type Salvaged } from "./salvage.ts";
import { PAGE_BYTES } from "./schema.ts";

/**
 * Makes a whole spool of what is whole in a file, beside it. {@linkcode replaceMended} puts it in its
 * place.
 *
 * @param file The damaged file, whose lock the caller holds if SQLite can open it at all.
 */
export async function mend(file: string, token: string): Promise<Salvaged> {
  const unfinished = `${file}-mending`;
  await rm(unfinished, { force: true });
  const salvaged = await salvageInto(unfinished, file, token);
  if (!salvaged.isOurs) await rm(unfinished);
  else await rename(unfinished, mendedName(file));
  return salvaged;
}

/** Puts a mended file in the place of the damaged one, if there is one that was completed. */
export async function replaceMended(file: string): Promise<void> {
  const mended = mendedName(file);
  if (!await isSpool(mended)) return;
  // First, as SQLite would take the old file's log for the new one's.
  for (const suffix of ["-wal", "-journal"]) await rm(file + suffix, { force: true });
  await rename(mended, file);
}

/** Salvages a file into a new one, which is on the disk when this is over. */
export async function salvageInto(to: string, file: string, token: string): Promise<Salvaged> {
  await makePrivateFile(to);
  const database = new DatabaseSync(to);
  try {
    // Nobody reads it before it is complete.
    database.exec(`
      PRAGMA page_size = ${PAGE_BYTES}; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
      PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON;
    `);
    using image = await PageImage.open(file);
    return await salvage(image, token, database);
  } finally {
    database.close();
    await using written = await open(to, "r+");
    await written.sync();
  }
}

function mendedName(file: string): string {
  return `${file}-mended`;
}

// What another program has left under that name is not put in the place of anything.
async function isSpool(path: string): Promise<boolean> {
  const { found } = await lookAt(path).catch((error) => {
    if (error instanceof SpoolFailed) return { found: "nothing" };
    throw error;
  });
  return found === "spool";
}
