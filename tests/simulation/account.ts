/**
 * What became of the points of one metric: each has a number, which is its value.
 *
 * @module
 */

import type { DecodedChunk } from "../../src/chunk/decode_chunk.ts";
import type { PointsLost } from "../../src/outbox/delivery_options.ts";

// What has become of `send`. Where it has not settled, the point may come or not.
const PENDING = 0;
const RESOLVED = 1;
const REJECTED = 2;

/** The points of one metric, in the order in which `send` was called. */
export class MetricAccount {
  readonly name: string;
  readonly #violate: (text: string) => void;
  readonly #timesNs: bigint[] = [];
  readonly #taken: number[] = [];
  readonly #received: boolean[] = [];
  // By the number of a chunk's first point: how many points it had.
  readonly #chunks = new Map<number, number>();
  // Numbers from one to below another whose source was killed before they were safe.
  readonly #excused: [number, number][] = [];
  #lastReceived = -1;
  #safeUntil = 0;
  #runFrom = 0;
  #missing = 0;
  /** Whether what is on its way may be lost without a word, as nobody confirms it. */
  isUnconfirmed = false;
  /** How many points came again. */
  repeated = 0;
  /** How many points the source says are lost, by its reason. */
  readonly lost = new Map<PointsLost["reason"], number>();

  /** Begins without points. */
  constructor(name: string, violate: (text: string) => void) {
    this.name = name;
    this.#violate = (text) => violate(`${name}: ${text}`);
  }

  /** How many points `send` was called with. */
  get sent(): number {
    return this.#timesNs.length;
  }

  /** How many points were received, each counted once. */
  get received(): number {
    return this.#received.reduce((count, isReceived) => count + Number(isReceived), 0);
  }

  /** The next point is about to be sent. Returns its number. */
  send(timeNs: bigint): number {
    this.#taken.push(PENDING);
    this.#received.push(false);
    return this.#timesNs.push(timeNs) - 1;
  }

  /** `send` has resolved; `isSafe` if the point and all before it need no memory any more. */
  took(number: number, isSafe: boolean): void {
    this.#taken[number] = RESOLVED;
    if (isSafe) this.#safeUntil = Math.max(this.#safeUntil, number + 1);
  }

  /** `send` has rejected. */
  refused(number: number): void {
    this.#taken[number] = REJECTED;
  }

  /** The source tells of a loss. */
  lose(points: number, reason: PointsLost["reason"]): void {
    this.lost.set(reason, (this.lost.get(reason) ?? 0) + points);
  }

  /** The source is started once more. */
  begin(): void {
    this.#runFrom = this.sent;
  }

  /** The process of the source is killed. What was safe in a spool has to come all the same. */
  killed(hasSpool: boolean): void {
    const from = hasSpool ? Math.max(this.#safeUntil, this.#runFrom) : this.#runFrom;
    this.#excused.push([from, this.sent]);
  }

  /** The broker has a chunk. */
  receive({ timesNs, values }: DecodedChunk): void {
    const first = values[0] ?? -1;
    const known = this.#chunks.get(first);
    if (known !== undefined) return this.#receiveAgain(first, known, timesNs, values);
    this.#chunks.set(first, values.length);
    let previous = -1;
    for (const [at, number] of values.entries()) {
      if (this.#timesNs[number] !== timesNs[at]) {
        this.#violate(`received point ${number} at ${timesNs[at]}, which was not sent`);
      }
      if (this.#received[number]) this.#violate(`point ${number} came again in another chunk`);
      if (number <= previous) this.#violate(`point ${number} is behind ${previous} in one chunk`);
      if (number <= this.#lastReceived) {
        this.#violate(`point ${number} came for the first time behind ${this.#lastReceived}`);
      }
      if (this.#taken[number] === REJECTED) this.#violate(`point ${number} was refused, and came`);
      this.#received[number] = true;
      previous = number;
    }
    this.#lastReceived = Math.max(this.#lastReceived, previous);
  }

  /**
   * Nothing is to come any more: what `send` took has been received, or is counted as lost.
   *
   * @returns How many points are missing and counted.
   */
  close(): number {
    let missing = 0;
    let firstMissing = -1;
    for (const [number, taken] of this.#taken.entries()) {
      if (taken !== RESOLVED || this.#received[number] || this.#isExcused(number)) continue;
      missing++;
      if (firstMissing < 0) firstMissing = number;
    }
    this.#missing = missing;
    const told = [...this.lost.values()].reduce((sum, points) => sum + points, 0);
    if (missing > told && !this.isUnconfirmed) {
      this.#violate(
        `${missing} points are missing, the first is ${firstMissing} of ${this.sent}, ` +
          `${told} are counted as lost`,
      );
    }
    return missing;
  }

  /** How many points are missing, known after `close`. */
  get missing(): number {
    return this.#missing;
  }

  #receiveAgain(first: number, known: number, timesNs: BigInt64Array, values: Float64Array): void {
    this.repeated += values.length;
    if (values.length !== known) {
      this.#violate(
        `the chunk from ${first} on came again with ${values.length} points, not ${known}`,
      );
    }
    for (const [at, number] of values.entries()) {
      if (this.#timesNs[number] === timesNs[at] && this.#received[number]) continue;
      this.#violate(`the chunk from ${first} on came again with other points`);
      return;
    }
  }

  #isExcused(number: number): boolean {
    return this.#excused.some(([from, end]) => number >= from && number < end);
  }
}
