/**
 * Points by their numbers.
 *
 * @module
 */

// What has become of `send`. Where it has not settled, the point may come or not.
const PENDING = 0;
const RESOLVED = 1;
// As RESOLVED, but others were sent before it: it was left out if it is not later than those.
const OVERTAKEN = 2;
// Of a `send` of many that has rejected: it may have been among those before the one that was refused.
const UNCERTAIN = 3;
const REJECTED = 4;
// As its time was not later than that of those before it, or, of a `send` of many that has rejected, it
// may have been.
const LEFT_OUT = 5;
const MAY_BE_LEFT_OUT = 6;

const FIRST_ROOM = 64;

/**
 * When each point was measured and sent, and what has become of it. Typed arrays: a simulation has
 * a hundred thousand points, and objects or lists of several kinds for them keep V8 compiling.
 */
export class SentPoints {
  #timesNs = new BigInt64Array(FIRST_ROOM);
  #sentAtMs = new Float64Array(FIRST_ROOM);
  #taken = new Uint8Array(FIRST_ROOM);
  #received = new Uint8Array(FIRST_ROOM);
  // Of the first point of a chunk that was received: how many points that had.
  #chunkPoints = new Uint32Array(FIRST_ROOM);
  #length = 0;
  #receivedCount = 0;

  /** How many there are: the number of the next. */
  get length(): number {
    return this.#length;
  }

  /** How many were received. */
  get receivedCount(): number {
    return this.#receivedCount;
  }

  /** Adds one that is about to be sent, `isLeftOut` if its time is to be refused. Returns its number. */
  add(timeNs: bigint, sentAtMs: number, isLeftOut: boolean): number {
    const number = this.#length++;
    if (number === this.#timesNs.length) this.#grow();
    this.#timesNs[number] = timeNs;
    this.#sentAtMs[number] = sentAtMs;
    this.#taken[number] = isLeftOut ? LEFT_OUT : PENDING;
    return number;
  }

  /** `send` has resolved for a point. Returns whether it was taken, and not left out. */
  resolve(number: number): boolean {
    if (this.#taken[number] === LEFT_OUT) return false;
    this.#taken[number] = RESOLVED;
    return true;
  }

  /** `send` has rejected for a point. */
  reject(number: number): void {
    this.#taken[number] = REJECTED;
  }

  /** `send` has rejected for many, this one among them. Whether it was looked at before is not known. */
  rejectAmongMany(number: number): void {
    this.#taken[number] = this.#taken[number] === LEFT_OUT ? MAY_BE_LEFT_OUT : UNCERTAIN;
  }

  /** Others may have been taken before a point, and its time is not later. Returns whether it was taken. */
  overtake(number: number): boolean {
    const isTaken = this.#taken[number] === RESOLVED;
    if (isTaken) this.#taken[number] = OVERTAKEN;
    return isTaken;
  }

  /** A point has been received. */
  receive(number: number): void {
    if (this.#received[number] !== 0) return;
    this.#received[number] = 1;
    this.#receivedCount++;
  }

  /** A chunk that begins with a point, and has this many, has been received. */
  receiveChunk(first: number, points: number): void {
    this.#chunkPoints[first] = points;
  }

  /** How many points the chunk has that was received and begins with a point; 0 if there is none. */
  chunkPoints(first: number): number {
    return this.#chunkPoints[first] ?? 0;
  }

  /** Whether a number is that of a point with this time. */
  isAt(number: number, timeNs: bigint | undefined): boolean {
    return number < this.#length && this.#timesNs[number] === timeNs;
  }

  /** When `send` was called for a point, in virtual ms. */
  sentAtMs(number: number): number | undefined {
    return number < this.#length ? this.#sentAtMs[number] : undefined;
  }

  /** Whether a point has been received. */
  isReceived(number: number): boolean {
    return this.#received[number] === 1;
  }

  /** Whether `send` has resolved for a point. */
  isTaken(number: number): boolean {
    return this.#taken[number] === RESOLVED;
  }

  /** Whether a point was overtaken, and has not been received: it was left out, or is missing. */
  isLeftBehind(number: number): boolean {
    return this.#taken[number] === OVERTAKEN && !this.isReceived(number);
  }

  /** Whether nobody knows whether a point was taken: it may come, and need not. */
  isUncertain(number: number): boolean {
    return this.#taken[number] === UNCERTAIN;
  }

  /** Whether a point has been taken or, as far as is known, may be. */
  mayCome(number: number): boolean {
    return (this.#taken[number] ?? PENDING) <= UNCERTAIN;
  }

  /** How many points were left out for their times, at least and at most. */
  get leftOut(): { readonly least: number; readonly most: number } {
    let least = 0;
    let most = 0;
    for (let number = 0; number < this.#length; number++) {
      const taken = this.#taken[number] ?? PENDING;
      if (taken === LEFT_OUT) least++;
      if (taken >= LEFT_OUT || this.isLeftBehind(number)) most++;
    }
    return { least, most };
  }

  #grow(): void {
    const room = 2 * this.#timesNs.length;
    this.#timesNs = copyInto(new BigInt64Array(room), this.#timesNs);
    this.#sentAtMs = copyInto(new Float64Array(room), this.#sentAtMs);
    this.#taken = copyInto(new Uint8Array(room), this.#taken);
    this.#received = copyInto(new Uint8Array(room), this.#received);
    this.#chunkPoints = copyInto(new Uint32Array(room), this.#chunkPoints);
  }
}

function copyInto<Values extends { set(values: Values): void }>(to: Values, from: Values): Values {
  to.set(from);
  return to;
}
