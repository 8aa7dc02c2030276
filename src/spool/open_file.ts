/**
 * The files of the spools that this process has open.
 *
 * The operating system's locks keep other processes out only. Within a process they do not even do
 * that: whoever opens and closes a file that is locked takes the lock away from all of the process.
 *
 * @module
 */

import { statSync } from "node:fs";

const open = new Set<string>();
let lastTurn: Promise<unknown> = Promise.resolve();

/** Runs what opens spools one after the other, so that each knows what the ones before have opened. */
export function inTurn<Result>(run: () => Promise<Result>): Promise<Result> {
  const turn = lastTurn.then(run);
  lastTurn = turn.catch(() => {});
  return turn;
}

/** Whether what is at a path, by whatever name, is an open spool of this process. */
export function isOpenHere(path: string): boolean {
  const found = look(path);
  return found !== undefined && open.has(found.identity);
}

/** The file of an open spool. */
export class OpenFile implements Disposable {
  readonly #path: string;
  readonly #identity: string;
  // Of the write-ahead log, once there is something in it.
  #log: string | undefined;

  /** Takes note of a file that is there. */
  constructor(path: string) {
    this.#path = path;
    this.#identity = found(path).identity;
    open.add(this.#identity);
  }

  /** Whether what is written gets to where the next process looks for it. */
  get isThere(): boolean {
    const log = look(`${this.#path}-wal`);
    if (log !== undefined && log.size > 0) this.#log ??= log.identity;
    return isFilled(look(this.#path), this.#identity) &&
      (this.#log === undefined || isFilled(log, this.#log));
  }

  /** It is not open any more. */
  [Symbol.dispose](): void {
    open.delete(this.#identity);
  }
}

/** What is at a path. */
interface FoundFile {
  /** The same for the same file, by whatever name. */
  readonly identity: string;
  readonly size: number;
}

function isFilled(file: FoundFile | undefined, expected: string): boolean {
  return file !== undefined && file.size > 0 && file.identity === expected;
}

function look(path: string): FoundFile | undefined {
  try {
    return found(path);
  } catch {
    return undefined; // it is not there, or out of reach
  }
}

// With each write of a spool: numbers of 64 bits, which take three times as long, only where one is
// too large, as on some file systems of clusters.
function found(path: string): FoundFile {
  const { dev, ino, size } = statSync(path);
  if (Number.isSafeInteger(ino)) return { identity: `${dev}:${ino}`, size };
  const exact = statSync(path, { bigint: true });
  return { identity: `${exact.dev}:${exact.ino}`, size };
}
