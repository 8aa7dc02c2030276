/**
 * The files of the spools that this process has open.
 *
 * The operating system's locks keep other processes out only. Within a process they do not even do
 * that: whoever opens and closes a file that is locked takes the lock away from all of the process.
 *
 * @module
 */

import { type BigIntStats, statSync } from "node:fs";

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
  const stats = look(path);
  return stats !== undefined && open.has(identity(stats));
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
    this.#identity = identity(statSync(path, { bigint: true }));
    open.add(this.#identity);
  }

  /** Whether what is written gets to where the next process looks for it. */
  get isThere(): boolean {
    const log = look(`${this.#path}-wal`);
    if (log !== undefined && log.size > 0n) this.#log ??= identity(log);
    return isFilled(look(this.#path), this.#identity) &&
      (this.#log === undefined || isFilled(log, this.#log));
  }

  /** It is not open any more. */
  [Symbol.dispose](): void {
    open.delete(this.#identity);
  }
}

function isFilled(stats: BigIntStats | undefined, expected: string): boolean {
  return stats !== undefined && stats.size > 0n && identity(stats) === expected;
}

function look(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch {
    return undefined; // it is not there, or out of reach
  }
}

function identity({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}
