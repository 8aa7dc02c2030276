/**
 * Spools that survive the processes of their sources: SQLite files, as they are.
 *
 * @module
 */

import { Spool } from "../../src/outbox/spool.ts";
import type { SpoolStorage } from "../../src/outbox/spool_storage.ts";
import type { SimulatedClock } from "./clock.ts";
import type { Kill } from "./faults.ts";
import type { Random } from "./random.ts";
import { SimulatedSpool } from "./simulated_spool.ts";
import { SpoolAccount } from "./spool_account.ts";

// Beside the file, while it is in use.
const SUFFIXES = ["", "-wal", "-journal"];
const MOST_TORN_BYTES = 5000;
// Where there is one: half the time, and simulated crashes are those of processes.
const MEMORY = "/dev/shm";

// For how long before a process is killed its file is written as it would be outside of a simulation.
const WRITTEN_THROUGH_MS = 10_000;

interface OpenSpool {
  readonly file: string;
  readonly storage: SpoolStorage;
  readonly simulated: SimulatedSpool;
}

/** What {@linkcode SimulatedSpools} are made with. */
export interface SimulatedSpoolsOptions {
  readonly clock: SimulatedClock;
  readonly random: Random;
  /** When processes of a source are to be killed. */
  readonly killsOf: (token: string) => readonly Kill[];
  readonly violate: (text: string) => void;
}

/** Keeps the files of all sources of a simulation in a folder of its own. */
export class SimulatedSpools implements Disposable {
  readonly #clock: SimulatedClock;
  readonly #random: Random;
  readonly #violate: (text: string) => void;
  readonly #killsOf: (token: string) => readonly Kill[];
  readonly #accounts = new Map<string, SpoolAccount>();
  readonly #open = new Map<string, OpenSpool>();
  readonly #refusedWrites = new Map<string, number>();
  readonly #foundPoints = new Map<string, number>();
  readonly #files = new Map<string, string>();
  #folder: string | undefined;
  #fullUntilMs = 0;

  /** Begins without spools. */
  constructor({ clock, random, killsOf, violate }: SimulatedSpoolsOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#killsOf = killsOf;
    this.#violate = violate;
  }

  /** Opens the spool of a token, while time stands still. */
  readonly open = async (path: string, token: string): Promise<SpoolStorage> => {
    const file = this.#file(token);
    const storage = await this.#clock.outside(Spool.open(file, token));
    // No file is taken away here, and to look whether it is still there takes longer than to write.
    Object.defineProperty(storage, "isLost", { value: false });
    const account = this.#account(token);
    account.open();
    const kills = this.#killsOf(token);
    const { chunks } = storage.measure();
    if (chunks !== account.chunks) {
      this.#violate(`the spool of ${token} has ${chunks} chunks, not ${account.chunks}`);
    }
    this.#foundPoints.set(token, account.points);
    const simulated = new SimulatedSpool({
      path,
      storage,
      account,
      isDiskFull: () => this.isFull,
      onRefusedWrite: () => {
        this.#refusedWrites.set(token, this.refusedWritesOf(token) + 1);
      },
      writesThrough: () => {
        const nowMs = this.#clock.nowMs();
        return kills.some(({ fromMs, untilMs }) =>
          fromMs <= nowMs + WRITTEN_THROUGH_MS && nowMs <= untilMs
        );
      },
      onClose: () => this.#close(token),
      violate: (text) => this.#violate(`the spool of ${token}: ${text}`),
    });
    this.#open.set(token, { file, storage, simulated });
    return simulated;
  };

  /** The process that had a spool open is killed: the next one finds the file as it is now. */
  killed(token: string): void {
    const open = this.#open.get(token);
    if (open === undefined) return;
    open.simulated.settle();
    const [image, number] = nextName(open.file);
    for (const suffix of SUFFIXES) copyIfThere(`${open.file}${suffix}`, `${image}${suffix}`);
    if (number % 2 === 0) this.#tear(`${image}-wal`);
    this.#files.set(token, image);
    this.#close(token);
  }

  /** How many points are in a spool. */
  pointsOf(token: string): number {
    return this.#accounts.get(token)?.points ?? 0;
  }

  /** How many points were in a spool when a run has opened it. Returns it once for each run. */
  takeFoundPoints(token: string): number | undefined {
    const points = this.#foundPoints.get(token);
    this.#foundPoints.delete(token);
    return points;
  }

  /** How often the disk was full when a source wanted to write. */
  refusedWritesOf(token: string): number {
    return this.#refusedWrites.get(token) ?? 0;
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
