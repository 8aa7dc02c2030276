/**
 * What became of the points of one metric: each has a number, which is its value.
 *
 * @module
 */

import type { DecodedChunk } from "../../src/chunk/decode_chunk.ts";
import type { PointsLost } from "../../src/outbox/delivery_options.ts";
import { type ArrayCall, ArrayCalls } from "./array_calls.ts";
import { type Losses, NO_LOSSES } from "./losses.ts";
import { NackedLosses } from "./nacked_losses.ts";
import { type KnownPoints, Outages } from "./outages.ts";
import { SentPoints } from "./sent_points.ts";

/** When chunks leave, but for the end of the source; those without a size by age if one is given. */
export type Leaving = "by size or age" | "by flush or age" | "by flush";

/** The points of one metric, in the order in which `send` was called. */
export class MetricAccount {
  readonly name: string;
  /** Whose it is: the first part of its name. */
  readonly token: string;
  readonly #violate: (text: string) => void;
  readonly #nowMs: () => number;
  readonly #points = new SentPoints();
  // Numbers from one to below another whose source was killed before they were safe.
  readonly #excused: [number, number][] = [];
  #lastReceived = -1;
  #refusedPoints = 0;
  // As the source tells.
  #leftOutPoints = 0;
  #mayComeLateUntil = 0;
  // What a stop has given up was on its way, and may come all the same, behind what the next run sends:
  // how many points, and below which number.
  #stoppedPoints = 0;
  #stoppedUntil = 0;
  #safeUntil = 0;
  #confirmedUntil = 0;
  // Up to here it was looked what is missing of those that are confirmed.
  #checkedUntil = 0;
  #runFrom = 0;
  #losses = NO_LOSSES;
  // The first point that may still be on its way.
  #openFrom = 0;
  // Points that are missing of those below #checkedUntil.
  #missingConfirmed = 0;
  readonly #outages = new Outages();
  readonly #known: KnownPoints = {
    isReceived: (number) => this.#points.isReceived(number),
    isMissing: (number) => this.#isMissing(number),
  };
  readonly #nacked = new NackedLosses();
  // Where others send points while an array is being sent.
  #arrays: ArrayCalls | undefined;
  // Points of such arrays that were refused, or whose process was killed.
  #uncertainPoints = 0;
  #lastLossMs = -Infinity;
  #fullBeforeLastLoss = 0;
  /** Whether what is on its way may be lost without a word, as nobody confirms it. */
  isUnconfirmed = false;
  /** Whether the broker may refuse some of what nobody confirms for its size. */
  mayBeTooLarge = false;
  /** Whether the broker may take some of what nobody confirms for nothing, or refuse it. */
  mayBeRefused = false;
  /** When its chunks leave. */
  leaves: Leaving = "by size or age";
  // Where they leave by flush: how many points there were at each, and at each start of the source, and
  // by its end, as it may wait for room.
  readonly #flushes: { readonly from: number; until: number }[] = [];
  /** How many points came again. */
  repeated = 0;
  /** How many points the source says are lost, by its reason. */
  readonly lost = new Map<PointsLost["reason"], number>();

  /** Begins without points. */
  constructor(name: string, nowMs: () => number, violate: (text: string) => void) {
    this.name = name;
    this.token = name.slice(0, name.indexOf("."));
    this.#nowMs = nowMs;
    this.#violate = (text) => violate(`${name}: ${text}`);
  }

  /** How many points `send` was called with. */
  get sent(): number {
    return this.#points.length;
  }

  /** How many points were received, each counted once. */
  get received(): number {
    return this.#points.receivedCount;
  }

  /** How many points were taken for certain, as far as `send` has ended: what comes behind these may not be. */
  get begun(): number {
    return Math.min(this.sent, this.#arrays?.firstOpen ?? Infinity);
  }

  /** The highest number of a point that was received; -1 before the first. */
  get lastReceived(): number {
    return this.#lastReceived;
  }

  /** How many points `send` has not taken, or are counted as lost. */
  get givenUp(): number {
    return this.#refusedPoints + this.#told;
  }

  /** The next point is about to be sent, `isLeftOut` if its time is to be refused. Returns its number. */
  send(timeNs: bigint, isLeftOut = false): number {
    return this.#points.add(timeNs, this.#nowMs(), isLeftOut);
  }

  /** `send` has resolved; `isSafe` if the point and all before it need no memory any more. */
  took(number: number, isSafe: boolean): void {
    if (this.#points.resolve(number) && isSafe) {
      this.#safeUntil = Math.max(this.#safeUntil, number + 1);
    }
  }

  /**
   * The last points are those of an array, and others may send while it is being sent. The returned function
   * is to be called when that has ended; it `leavesOut` what is not later than points of others.
   */
  sendArray(points: number, leavesOut: boolean): () => void {
    const arrays = this.#arrays ??= new ArrayCalls(leavesOut);
    const call = arrays.begin(this.sent - points, this.sent);
    return () => this.#endArray(arrays, call);
  }

  #endArray(arrays: ArrayCalls, call: ArrayCall): void {
    if (!arrays.end(call, this.sent) || !arrays.leavesOut) return;
    for (let number = call.from; number < call.until; number++) {
      if (!this.#points.overtake(number)) this.#uncertainPoints++;
    }
  }

  /** `send` has rejected. */
  refused(number: number): void {
    this.#points.reject(number);
    this.#refusedPoints++;
  }

  /** It was among many that `send` has rejected. Whether it was looked at before is not known. */
  refusedAmongMany(number: number): void {
    this.#points.rejectAmongMany(number);
  }

  /** The source tells of a loss. */
  lose(points: number, reason: PointsLost["reason"], isNacked: boolean): void {
    if (reason === "out-of-order") {
      this.#leftOutPoints += points;
      return;
    }
    const nowMs = this.#nowMs();
    if (nowMs > this.#lastLossMs) this.#fullBeforeLastLoss = this.lost.get("full") ?? 0;
    this.#lastLossMs = nowMs;
    if (reason === "stopped") {
      this.#stoppedPoints += points;
      this.#stoppedUntil = this.sent;
    }
    if (isNacked) this.#nacked.add(points, this.sent);
    this.lost.set(reason, (this.lost.get(reason) ?? 0) + points);
  }

  /** The source is started once more. */
  begin(): void {
    this.#runFrom = this.sent;
    this.flush()();
  }

  /** What was sent so far may leave, and what is sent until the returned function is called. */
  flush(): () => void {
    if (this.leaves !== "by flush") return () => {};
    const flush = { from: this.sent, until: Infinity };
    this.#flushes.push(flush);
    return () => void (flush.until = this.sent);
  }

  /** The process of the source is killed. What was safe in a spool has to come all the same. */
  killed(hasSpool: boolean, mayBeRefused: boolean): void {
    const safeUntil = Math.max(this.#confirmedUntil, hasSpool ? this.#safeUntil : 0);
    this.#excused.push([Math.max(safeUntil, this.#runFrom), this.sent]);
    // What the broker has refused, and taken later ones of before that was known, comes behind these when
    // the next process sends what is in the spool.
    if (!hasSpool || mayBeRefused) this.#mayComeLateUntil = this.sent;
    for (const call of this.#arrays?.open ?? []) {
      if (this.#arrays?.end(call, this.sent)) this.#uncertainPoints += call.until - call.from;
    }
  }

  /**
   * `flush` says that all points below a number are confirmed, but for those that were told to be lost
   * before it was called. `isAllReceived` if what the broker has was received, so that it shows at once.
   */
  confirmed(until: number, toldBefore: number, isAllReceived: boolean): void {
    if (until < this.#confirmedUntil) return;
    this.#confirmedUntil = until;
    if (!isAllReceived) return;
    for (; this.#checkedUntil < until; this.#checkedUntil++) {
      if (this.#isMissing(this.#checkedUntil)) this.#missingConfirmed++;
    }
    if (this.#missingConfirmed <= toldBefore) return;
    this.#violate(
      `flush has resolved, and ${this.#missingConfirmed} of ${until} points are missing, ` +
        `${toldBefore} were counted as lost before it`,
    );
  }

  /** Nothing is wrong since a time: no point may be on its way for longer than this. */
  checkDelay(calmSinceMs: number, longestMs: number): void {
    if (this.#lastLossMs >= calmSinceMs) return; // those that are lost never come
    if (this.leaves === "by flush") return; // which may come much later
    while (this.#openFrom < this.sent && !this.#isOpen(this.#openFrom, calmSinceMs)) {
      this.#openFrom++;
    }
    const sentAtMs = this.#points.sentAtMs(this.#openFrom) ?? Infinity;
    const delayMs = this.#nowMs() - sentAtMs;
    if (delayMs <= longestMs) return;
    this.#violate(
      `point ${this.#openFrom} is on its way for ${delayMs / 1000} s, and nothing is wrong`,
    );
  }

  /**
   * What is on its way may come behind later points: where its source has lost the connection without
   * having heard which of it the broker has nacked, and sends it again, or has dropped what is still in its
   * spool.
   */
  mayComeLate(): void {
    this.#mayComeLateUntil = this.sent;
  }

  /** Its source can send nothing. */
  beginOutage(): void {
    this.#outages.begin(this.sent, this.#nowMs());
    // What the connection was given may arrive behind what the next one carries, and is not sent again by
    // that, in order, where nobody confirms it.
    if (this.isUnconfirmed) this.#mayComeLateUntil = this.sent;
  }

  /** Its source can send again, and has not begun to. */
  endOutage(): void {
    const isLosing = this.#lastLossMs === this.#nowMs();
    const full = isLosing ? this.#fullBeforeLastLoss : this.lost.get("full") ?? 0;
    const from = this.#outages.end(this.sent, this.#nowMs(), full);
    // What is dropped is not sent again either.
    if (this.#told > 0) this.#mayComeLateUntil = Math.max(this.#mayComeLateUntil, from);
  }

  /** The broker has a chunk. */
  receive({ timesNs, values }: DecodedChunk): void {
    const points = this.#points;
    const first = values[0] ?? -1;
    const known = points.chunkPoints(first);
    if (known > 0) return this.#receiveAgain(first, known, timesNs, values);
    points.receiveChunk(first, values.length);
    let previous = -1;
    for (let at = 0; at < values.length; at++) {
      const number = values[at] as number; // which there is
      if (!points.isAt(number, timesNs[at])) {
        this.#violate(`received point ${number} at ${timesNs[at]}, which was not sent`);
      }
      if (points.isReceived(number)) this.#violate(`point ${number} came again in another chunk`);
      if (number <= previous && !this.#mayBeBehind(number, previous)) {
        this.#violate(`point ${number} is behind ${previous} in one chunk`);
      }
      if (number <= this.#lastReceived && !this.#mayComeLate(number)) {
        this.#violate(`point ${number} came for the first time behind ${this.#lastReceived}`);
      }
      if (!points.mayCome(number)) this.#violate(`point ${number} was refused, and came`);
      points.receive(number);
      previous = Math.max(previous, number);
    }
    this.#lastReceived = Math.max(this.#lastReceived, previous);
    if (this.leaves === "by flush") this.#requireFlushed(previous);
  }

  /** Nothing is to come any more: what `send` took has been received, or is counted as lost. */
  close(): void {
    this.#checkLeftOut();
    let missing = 0;
    let killed = 0;
    let firstMissing = -1;
    let leftBehind = 0;
    let away = 0;
    for (let number = 0; number < this.sent; number++) {
      if (this.#points.mayCome(number) && !this.#points.isReceived(number)) away++;
      if (this.#points.isLeftBehind(number) && !this.#isExcused(number)) leftBehind++;
      if (this.#points.isReceived(number) || !this.#points.isTaken(number)) continue;
      if (this.#isExcused(number)) {
        killed++;
        continue;
      }
      missing++;
      if (firstMissing < 0) firstMissing = number;
    }
    missing += Math.max(0, leftBehind - this.#leftOutPoints);
    const told = this.#told;
    const counted = Math.min(missing, told);
    this.#losses = this.isUnconfirmed
      ? { counted, killed, unconfirmed: missing - counted, uncounted: 0 }
      : { counted, killed, unconfirmed: 0, uncounted: missing - counted };
    // Where others send beside arrays, it is not known what is older.
    if (!this.isUnconfirmed && this.#arrays === undefined) this.#checkDropped();
    if (!this.isUnconfirmed && this.#arrays === undefined) this.#checkNacked();
    // What is sent once, and lost, does not arrive. But a chunk that came before the limit was there is
    // taken for the one that is refused if it has the same size, and what is behind it for lost as well.
    if (this.isUnconfirmed && told > away && !this.mayBeTooLarge) {
      this.#violate(`${told} points are counted as lost, and all but ${away} have arrived`);
    }
    if (this.isUnconfirmed && !this.mayBeRefused) this.#checkKept(told);
    if (missing > told && !this.isUnconfirmed) {
      this.#violate(
        `${missing} points are missing, the first is ${firstMissing} of ${this.sent}, ` +
          `${told} are counted as lost`,
      );
    }
  }

  /** What is missing, known after `close`. */
  get losses(): Losses {
    return this.#losses;
  }

  #receiveAgain(first: number, known: number, timesNs: BigInt64Array, values: Float64Array): void {
    this.repeated += values.length;
    if (values.length !== known) {
      this.#violate(
        `the chunk from ${first} on came again with ${values.length} points, not ${known}`,
      );
    }
    for (const [at, number] of values.entries()) {
      if (this.#points.isAt(number, timesNs[at]) && this.#points.isReceived(number)) continue;
      this.#violate(`the chunk from ${first} on came again with other points`);
      return;
    }
  }

  /** A chunk ends with a point, so the next was sent when everything was flushed. */
  #requireFlushed(last: number): void {
    let next = last + 1;
    while (next < this.sent && !this.#points.mayCome(next)) next++;
    if (next >= this.sent) return;
    if (this.#flushes.some(({ from, until }) => from <= next && until > last)) return;
    this.#violate(`a chunk ends with point ${last}, and nothing was flushed before point ${next}`);
  }

  /** What was left out has been told of, and nothing else. */
  #checkLeftOut(): void {
    const { least, most: known } = this.#points.leftOut;
    const most = known + this.#uncertainPoints;
    if (this.#leftOutPoints >= least && this.#leftOutPoints <= most) return;
    this.#violate(
      `${this.#leftOutPoints} points are left out for their times, it says, of ${least} to ${most}`,
    );
  }

  /** What was dropped in an outage came before all that was kept. */
  #checkDropped(): void {
    const full = this.lost.size === 1 ? this.lost.get("full") ?? 0 : 0;
    const problem = full > 0 ? this.#outages.findDropped(full, this.#known) : undefined;
    if (problem !== undefined) this.#violate(problem);
  }

  #checkKept(told: number): void {
    const missing = this.#outages.countMissing(this.#known);
    if (missing <= told) return;
    this.#violate(
      `${missing} points are missing that came in outages, ${told} are counted as lost`,
    );
  }

  /** What was nacked is lost where a later chunk was acked, and is sent again otherwise. */
  #checkNacked(): void {
    const excess = this.#nacked.excess(this.#told, this.#known);
    if (excess <= 0) return;
    this.#violate(`${excess} points are lost as nacked, and none that is later was acked`);
  }

  /** Whether it is of an array that goes on behind what others have sent. */
  #mayBeBehind(number: number, later: number): boolean {
    const isReceived = (other: number) => this.#points.isReceived(other);
    return this.#arrays?.mayComeBehind(number, later, isReceived) ?? false;
  }

  #mayComeLate(number: number): boolean {
    if (number < this.#mayComeLateUntil) return true;
    if (this.#mayBeBehind(number, this.#lastReceived)) return true;
    if (number >= this.#stoppedUntil || this.#stoppedPoints === 0) return false;
    this.#stoppedPoints--;
    return true;
  }

  /** How many points the source says are lost, for any reason. */
  get toldPoints(): number {
    return this.#told;
  }

  get #told(): number {
    let told = 0;
    for (const points of this.lost.values()) told += points;
    return told;
  }

  #isMissing(number: number): boolean {
    const points = this.#points;
    return points.isTaken(number) && !points.isReceived(number) && !this.#isExcused(number);
  }

  #isOpen(number: number, sinceMs: number): boolean {
    const points = this.#points;
    // What was overtaken may have been left out.
    return points.mayCome(number) && !points.isUncertain(number) && !points.isReceived(number) &&
      !points.isLeftBehind(number) && (points.sentAtMs(number) ?? 0) >= sinceMs;
  }

  #isExcused(number: number): boolean {
    return this.#excused.some(([from, end]) => number >= from && number < end);
  }
}
