/**
 * Which files of a folder have changed.
 *
 * `Deno.watchFs` would tell sooner, but opens what is new: a pipe whose other end nobody opens stops it
 * for ever. It also does not tell of files behind symbolic links, and on some network file systems of
 * none.
 *
 * @module
 */

import { join } from "node:path";
import { errorText } from "../error_text.ts";

/** What files looked like when they were looked at last. Their contents are not read. */
export class FileStamps {
  readonly #folder: string;
  readonly #isOfInterest: (name: string) => boolean;
  #stamps: ReadonlyMap<string, string> = new Map();

  /** Begins with no file; `isOfInterest` chooses by name. */
  constructor(folder: string, isOfInterest: (name: string) => boolean) {
    this.#folder = folder;
    this.#isOfInterest = isOfInterest;
  }

  /**
   * The names of the files that were made, changed or deleted since the last look.
   *
   * @throws {Error} If the folder cannot be read; the next look tells what has changed since the last
   * one that could.
   */
  async look(): Promise<string[]> {
    const entries = await Array.fromAsync(Deno.readDir(this.#folder));
    const names = entries.map(({ name }) => name).filter(this.#isOfInterest);
    const stamps = new Map<string, string>();
    await Promise.all(names.map(async (name) => {
      const stamp = await stampOf(join(this.#folder, name));
      if (stamp !== undefined) stamps.set(name, stamp);
    }));
    const before = this.#stamps;
    this.#stamps = stamps;
    const all = new Set([...before.keys(), ...stamps.keys()]);
    return [...all].filter((name) => before.get(name) !== stamps.get(name));
  }
}

/** What differs when a file has changed; of a symbolic link that of the file that it names. */
async function stampOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino, size, mtime, ctime } = await Deno.stat(path);
    return [dev, ino, size, mtime?.getTime(), ctime?.getTime()].join(" ");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    return errorText(error); // who reads it is told
  }
}
