/**
 * Virtual time, and all that happens in it, in one order.
 *
 * @module
 */

import type { MonotonicClock } from "../../src/time/clock.ts";
import { Timedelta } from "../../src/time/timedelta.ts";
import type { Timestamp } from "../../src/time/timestamp.ts";
import { nextRealTurn, runMicrotasks } from "./microtasks.ts";

/** By how much a difference of two times may be wrong. */
export const ROUNDED_MS = 1e-6;

/** Something that is to happen. */
export interface Happening {
  readonly atMs: number;
  readonly order: number;
  /** `undefined` when it has happened, or was cancelled. */
  run: (() => void) | undefined;
}

/** A simulation that cannot go on. */
export class Stuck extends Error {
  override readonly name = "Stuck";
}

// How many things happen before the real event loop gets a turn, in which unhandled rejections show.
const BATCH = 500;
// Nothing sane does as much without time going on.
const MOST_AT_ONE_TIME = 200_000;

/**
 * A clock that jumps from one happening to the next. Between two, everything that is ready runs; so
 * nothing depends on the speed of the machine.
 */
export class SimulatedClock implements MonotonicClock {
  readonly #heap: Happening[] = [];
  #nowMs = 0;
  #order = 0;
  #atThisTime = 0;
  #outside = 0;
  #wallTime: Timestamp;
  #wallTimeSetMs = 0;
  #wallTimeNow: Timestamp;
  #wallTimeAtMs = 0;
  /** How many things have happened. */
  happened = 0;

  /** Begins at 0 ms, with a time of day. */
  constructor(wallTime: Timestamp) {
    this.#wallTime = this.#wallTimeNow = wallTime;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallTime(): Timestamp {
    // Asked for each point, of which many come at the same time.
    if (this.#wallTimeAtMs !== this.#nowMs) {
      this.#wallTimeNow = this.#wallTime.add(Timedelta.fromMs(this.#nowMs - this.#wallTimeSetMs));
      this.#wallTimeAtMs = this.#nowMs;
    }
    return this.#wallTimeNow;
  }

  /** Steps the time of day, as an administrator may. */
  stepWallTime(by: Timedelta): void {
    this.#wallTime = this.wallTime().add(by);
    this.#wallTimeSetMs = this.#nowMs;
    this.#wallTimeNow = this.#wallTime;
  }

  turn(onTurn: () => void): void {
    this.at(this.#nowMs, onTurn);
  }

  /** Lets something happen at a time, behind all that is to happen then already. */
  at(atMs: number, run: () => void): Happening {
    const happening = { atMs: Math.max(atMs, this.#nowMs), order: this.#order++, run };
    push(this.#heap, happening);
    return happening;
  }

  /** Lets something happen after a while. */
  after(durationMs: number, run: () => void): Happening {
    return this.at(this.#nowMs + durationMs, run);
  }

  sleepUntil(deadlineMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => this.wake(deadlineMs, signal, resolve));
  }

  wakeAt(deadlineMs: number, onWake: () => void): () => void {
    const happening = this.at(deadlineMs, onWake);
    return () => void (happening.run = undefined);
  }

  /** As `sleepUntil`, without a promise. */
  wake(deadlineMs: number, signal: AbortSignal | undefined, onWake: () => void): void {
    if (signal === undefined) return void this.at(deadlineMs, onWake);
    if (signal.aborted) return onWake();
    const waiting = waitingFor(signal);
    const wake = () => {
      happening.run = undefined;
      waiting.delete(wake);
      onWake();
    };
    const happening = this.at(deadlineMs, wake);
    waiting.add(wake);
  }

  /** Waits. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return this.sleepUntil(this.#nowMs + durationMs, signal);
  }

  /** Waits for work of the real world, for which time stands still. */
  async outside<Result>(work: Promise<Result>): Promise<Result> {
    this.#outside++;
    try {
      return await work;
    } finally {
      this.#outside--;
    }
  }

  /**
   * Lets time go on until `work` has settled.
   *
   * @throws {Stuck} If it has not by a time, or nothing is left to happen, or time stands still.
   */
  async run<Result>(work: Promise<Result>, limitMs: number): Promise<Result> {
    let isSettled = false;
    const settled = () => {
      isSettled = true;
    };
    work.then(settled, settled);
    await new Promise<void>((resolve, reject) => {
      const batch = () => {
        try {
          for (let count = 0; count < BATCH; count++) {
            runMicrotasks();
            if (isSettled) return resolve();
            if (this.#outside > 0) break;
            this.#next(limitMs);
          }
          nextRealTurn(batch);
        } catch (error) {
          reject(error);
        }
      };
      nextRealTurn(batch);
    });
    return await work;
  }

  #next(limitMs: number): void {
    let next = pop(this.#heap);
    while (next !== undefined && next.run === undefined) next = pop(this.#heap);
    if (next?.run === undefined) throw new Stuck("Nothing is left to happen");
    if (next.atMs > limitMs) throw new Stuck(`It is not over after ${limitMs / 1000} s`);
    if (next.atMs > this.#nowMs) {
      this.#nowMs = next.atMs;
      this.#atThisTime = 0;
    } else if (++this.#atThisTime > MOST_AT_ONE_TIME) {
      throw new Stuck(`Time stands still at ${this.#nowMs} ms`);
    }
    this.happened++;
    const { run } = next;
    next.run = undefined;
    run();
  }
}

// By signal: a ticker waits with the same again and again, and a listener for each wait takes longer than the rest.
const waitingBySignal = new WeakMap<AbortSignal, Set<() => void>>();

/** What is to wake when a signal is aborted, if it has not done so before. */
function waitingFor(signal: AbortSignal): Set<() => void> {
  const known = waitingBySignal.get(signal);
  if (known !== undefined) return known;
  const waiting = new Set<() => void>();
  waitingBySignal.set(signal, waiting);
  signal.addEventListener("abort", () => {
    for (const wake of waiting) wake();
  });
  return waiting;
}

function isBefore(a: Happening, b: Happening): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

// A binary heap: each element is before its two children.
function push(heap: Happening[], happening: Happening): void {
  let at = heap.length;
  heap.push(happening);
  while (at > 0) {
    const parentAt = (at - 1) >> 1;
    const parent = heap[parentAt];
    if (parent === undefined || !isBefore(happening, parent)) break;
    heap[at] = parent;
    at = parentAt;
  }
  heap[at] = happening;
}

function pop(heap: Happening[]): Happening | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (last === undefined || last === first) return first;
  let at = 0;
  while (true) {
    let childAt = 2 * at + 1;
    let child = heap[childAt];
    if (child === undefined) break;
    const right = heap[childAt + 1];
    if (right !== undefined && isBefore(right, child)) {
      child = right;
      childAt++;
    }
    if (!isBefore(child, last)) break;
    heap[at] = child;
    at = childAt;
  }
  heap[at] = last;
  return first;
}
