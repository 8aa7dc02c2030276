/**
 * Spools that survive the processes of their sources: SQLite files, as they are.
 *
 * @module
 */

import { SpoolFailed } from "../../src/errors.ts";
import { Spool } from "../../src/outbox/spool.ts";
import type { SpoolStorage, StoredChunk } from "../../src/outbox/spool_storage.ts";
import type { SimulatedClock } from "./clock.ts";
import type { Random } from "./random.ts";
import { SpoolAccount } from "./spool_account.ts";

// Beside the file, while it is in use.
const SUFFIXES = ["", "-wal", "-journal"];
const MOST_TORN_BYTES = 5000;
// Where there is one: half the time, and simulated crashes are those of processes.
const MEMORY = "/dev/shm";

interface OpenSpool {
  readonly path: string;
  readonly storage: SpoolStorage;
}

/** Keeps the files of all sources of a simulation in a folder of its own. */
export class SimulatedSpools implements Disposable {
  readonly #clock: SimulatedClock;
  readonly #random: Random;
  readonly #violate: (text: string) => void;
  readonly #accounts = new Map<string, SpoolAccount>();
  readonly #open = new Map<string, OpenSpool>();
  readonly #files = new Map<string, string>();
  #folder: string | undefined;
  #fullUntilMs = 0;

  /** Begins without spools. */
  constructor(clock: SimulatedClock, random: Random, violate: (text: string) => void) {
    this.#clock = clock;
    this.#random = random;
    this.#violate = violate;
  }

  /** Opens the spool of a token, while time stands still. */
  readonly open = async (path: string, token: string): Promise<SpoolStorage> => {
    const file = this.#file(token);
    const storage = await this.#clock.outside(Spool.open(file, token));
    this.#open.set(token, { path: file, storage });
    const { chunks } = storage.measure();
    const account = this.#account(token);
    if (chunks !== account.chunks) {
      this.#violate(`the spool of ${token} has ${chunks} chunks, not ${account.chunks}`);
    }
    return this.#withDisk(path, token, storage);
  };

  /** The process that had a spool open is killed: the next one finds the file as it is now. */
  killed(token: string): void {
    const open = this.#open.get(token);
    if (open === undefined) return;
    const [image, number] = nextName(open.path);
    for (const suffix of SUFFIXES) copyIfThere(`${open.path}${suffix}`, `${image}${suffix}`);
    if (number % 2 === 0) this.#tear(`${image}-wal`);
    this.#files.set(token, image);
    this.#close(token);
  }

  /** Whether the disk is full. */
  get isFull(): boolean {
    return this.#clock.nowMs() < this.#fullUntilMs;
  }

  /** The disk is full until then. */
  fillUntil(untilMs: number): void {
    this.#fullUntilMs = Math.max(this.#fullUntilMs, untilMs);
  }

  /** How many chunks are in the spools that are not empty, by token; to be called when none is open. */
  async left(): Promise<[token: string, chunks: number][]> {
    const left: [string, number][] = [];
    for (const [token, file] of this.#files) {
      const storage = await this.#clock.outside(Spool.open(file, token));
      const { chunks } = storage.measure();
      storage.close();
      if (chunks > 0) left.push([token, chunks]);
    }
    return left;
  }

  /** Deletes the files. */
  [Symbol.dispose](): void {
    for (const token of this.#open.keys()) this.#close(token);
    if (this.#folder !== undefined) Deno.removeSync(this.#folder, { recursive: true });
  }

  #file(token: string): string {
    this.#folder ??= makeFolder();
    const file = this.#files.get(token) ?? `${this.#folder}/${token}.0`;
    this.#files.set(token, file);
    return file;
  }

  #withDisk(path: string, token: string, storage: SpoolStorage): SpoolStorage {
    return new Proxy(storage, {
      get: (target, name) => {
        if (name === "path") return path;
        if (name === "close") return () => this.#close(token);
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        if (name !== "write") return value.bind(target);
        return (added: Iterable<StoredChunk>, removed: Iterable<number>) => {
          if (this.isFull) throw new SpoolFailed(path, "database or disk is full");
          target.write(added, removed);
          this.#account(token).write([...added], [...removed]);
        };
      },
    });
  }

  #account(token: string): SpoolAccount {
    let account = this.#accounts.get(token);
    if (account === undefined) {
      account = new SpoolAccount((text) => this.#violate(`the spool of ${token}: ${text}`));
      this.#accounts.set(token, account);
    }
    return account;
  }

  #close(token: string): void {
    const open = this.#open.get(token);
    this.#open.delete(token);
    open?.storage.close();
  }

  /** Adds a part of what the next transaction would have written. */
  #tear(file: string): void {
    const torn = new Uint8Array(this.#random.integer(1, MOST_TORN_BYTES));
    for (let at = 0; at < torn.length; at++) torn[at] = this.#random.integer(0, 255);
    try {
      Deno.writeFileSync(file, torn, { append: true, create: false });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

function makeFolder(): string {
  const prefix = "metricq-simulation-";
  try {
    return Deno.makeTempDirSync({ dir: MEMORY, prefix });
  } catch {
    return Deno.makeTempDirSync({ prefix });
  }
}

function nextName(path: string): [name: string, number: number] {
  const end = path.lastIndexOf(".") + 1;
  const number = Number(path.slice(end)) + 1;
  return [`${path.slice(0, end)}${number}`, number];
}

function copyIfThere(from: string, to: string): void {
  try {
    Deno.copyFileSync(from, to);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
