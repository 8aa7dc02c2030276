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

// A file system stamps files by a clock that steps by up to 10 ms, and times are read in whole ms.
const STEP_MS = 20;

/** What a file looked like. */
interface Stamp {
  /** Differs when the file has changed, unless that was within a step of the file system's clock. */
  readonly text: string;
  readonly writtenMs: number;
}

/** What files looked like when they were looked at last. Their contents are not read. */
export class FileStamps {
  readonly #folder: string;
  readonly #isOfInterest: (name: string) => boolean;
  #stamps: ReadonlyMap<string, Stamp> = new Map();

  /** Begins with no file; `isOfInterest` chooses by name. */
  constructor(folder: string, isOfInterest: (name: string) => boolean) {
    this.#folder = folder;
    this.#isOfInterest = isOfInterest;
  }

  /**
   * Takes what is there for unchanged. A file that has only just changed could change again and have the
   * same time, which no look would tell; so this returns when each further change shows.
   *
   * @throws {Error} If the folder cannot be read.
   */
  async begin(): Promise<void> {
    await this.look();
    const nowMs = Date.now();
    // A time that is further ahead is of a server whose clock is wrong.
    const isFresh = [...this.#stamps.values()].some(({ writtenMs }) =>
      Math.abs(nowMs - writtenMs) < STEP_MS
    );
    if (!isFresh) return;
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
    await this.look();
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
    const stamps = new Map<string, Stamp>();
    await Promise.all(names.map(async (name) => {
      const stamp = await stampOf(join(this.#folder, name));
      if (stamp !== undefined) stamps.set(name, stamp);
    }));
    const before = this.#stamps;
    this.#stamps = stamps;
    const all = new Set([...before.keys(), ...stamps.keys()]);
    return [...all].filter((name) => before.get(name)?.text !== stamps.get(name)?.text);
  }
}

/** Of a symbolic link that of the file that it names. */
async function stampOf(path: string): Promise<Stamp | undefined> {
  try {
    const { dev, ino, size, mtime, ctime } = await Deno.stat(path);
    const writtenMs = mtime?.getTime() ?? 0;
    return { text: [dev, ino, size, writtenMs, ctime?.getTime()].join(" "), writtenMs };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    return { text: errorText(error), writtenMs: 0 }; // its reader is told
  }
}
