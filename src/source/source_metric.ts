/**
 * One metric of a source: its chunk, and when that is sent.
 *
 * @module
 */

import { ArrayPoints } from "../chunk/array_points.ts";
import { ChunkBuilder, MAX_CHUNK_POINTS } from "../chunk/chunk_builder.ts";
import { memoryOf } from "../chunk/chunk_memory.ts";
import { encodePoint, encodePoints } from "../chunk/data_chunk.ts";
import { PublishFailed } from "../errors.ts";
import type { Lane, Outbox } from "../outbox/outbox.ts";
import { Timestamp } from "../time/timestamp.ts";
import type { ChunkAges } from "./chunk_ages.ts";
import {
  checkChunkSize,
  checkParts,
  checkPoint,
  checkPoints,
  type ChunkSize,
} from "./given_points.ts";
import type { PointsWay, SourceMetricOwner } from "./points_way.ts";
import { unawaited } from "../time/unawaited.ts";
import { NS_PER_S } from "../time/nanoseconds.ts";
import { EARLIEST_SECONDS, firstOutOfOrder } from "./time_order.ts";

const SMALL_CHUNK_POINTS = 64;
const NO_TIME = -1;

const SENT: Promise<void> = Promise.resolve();

/** The chunk size of a metric's source has changed. */
export let noteChunkSize: (metric: SourceMetric) => void;

/**
 * As `detachChunk`, as soon as there is room; returns what to wait for if that is not now. Calls `onNext` just
 * before what is collected now leaves.
 */
export let detachWhenRoom: (
  metric: SourceMetric,
  onNext?: () => void,
) => Promise<void> | undefined;

/**
 * A metric that a source sends points of, from `source.metric(name)`.
 *
 * @example
 * ```ts
 * import { Source } from "@metricq/source";
 *
 * class Fast extends Source {
 *   task(): void {
 *     this.metric("example.fast").chunkSize = 1000;
 *   }
 * }
 * ```
 */
export class SourceMetric {
  static {
    noteChunkSize = (metric) => metric.#noteChunkSize();
    detachWhenRoom = (metric, onNext) => metric.#detachWhenRoom(onNext);
  }

  /** The metric's name. */
  readonly name: string;
  readonly #owner: SourceMetricOwner;
  readonly #outbox: Outbox;
  readonly #ages: ChunkAges;
  readonly #way: PointsWay;
  readonly #lane: Lane;
  // Made when points have to be collected: where each is a chunk, a metric takes 0.2 kB and not 1 kB.
  #builder: ChunkBuilder | undefined;
  #chunkSize: ChunkSize | undefined;
  // The latest time so far; until there is one, what no time is before. Numbers of 32 bits, as there
  // may be 100 000 metrics.
  #lastSeconds = EARLIEST_SECONDS;
  #lastNanoseconds = NO_TIME;
  #isBehind = false;
  // Up to how many points `#collects` takes those that are later in the second of the latest. 0 where
  // something else than the next point has changed what that is to look at.
  #collectsUpTo = 0;
  // Of those who wait for room to send what is collected: called just before that leaves, however it does.
  #onLeaving: (() => void)[] | undefined;
  // What the last `append` that has returned false waits for.
  #pause = SENT;

  /** @ignore Made by `Source.metric`. */
  constructor(name: string, owner: SourceMetricOwner, way: PointsWay) {
    this.name = name;
    this.#owner = owner;
    this.#outbox = way.outbox;
    this.#ages = way.ages;
    this.#way = way;
    this.#lane = way.outbox.lane(name);
  }

  /**
   * How many points of this metric make a chunk. The source's own chunk size until it is set. Fewer
   * are sent when the first of them has waited for the source's `chunkAge`. `null`: a chunk
   * is sent by `flush`, by a `chunkAge` that is given, when it holds 524 288 points, and at the end.
   *
   * @throws {TypeError} If set to what is neither a number nor `null`.
   * @throws {RangeError} If set to what is not an integer from 1 to 524 288.
   */
  get chunkSize(): ChunkSize {
    return this.#chunkSize === undefined ? this.#owner.chunkSize : this.#chunkSize;
  }

  set chunkSize(size: ChunkSize) {
    checkChunkSize(size);
    this.#chunkSize = size;
    this.#noteChunkSize();
  }

  /** How many points wait for their chunk to be full. */
  get pendingPoints(): number {
    return this.#builder?.length ?? 0;
  }

  /**
   * Appends a point; see `Source.send`. One whose time is not later than the latest before it may be
   * left out: see `SourceOptions.onTime`.
   *
   * @throws {TypeError} If `time` is not a Timestamp or `value` not a number.
   * @throws {RangeError} If 292 years lie between the time and that of the point before in its chunk.
   * @throws {PublishFailed} If the point is not accepted.
   */
  send(time: Timestamp, value: number): Promise<void> {
    try {
      checkPoint(this.name, time, value);
      if (this.#collects(time.seconds, time.nanoseconds, value)) return SENT;
      return this.#take(time.seconds, time.nanoseconds, value) ?? SENT;
    } catch (error) {
      // Not thrown: a function that returns a promise fails in one way only.
      return this.#unawaited(Promise.reject(error));
    }
  }

  /**
   * As `send`, without a promise: for loops in which an `await` for each point would cost more than
   * the point.
   *
   * @returns Whether another point may follow at once. If not, this one is taken nevertheless, and it is
   * time to wait for {@linkcode SourceMetric.ready | ready}, where `send` would not have resolved at
   * once: for a turn of the event loop, which the connection needs as well, for the pace of the broker,
   * with `onFull: "wait"` for room, with a spool for the disk. A loop that does not wait loses the oldest
   * points, which are counted, when it has filled the outbox (`onFull: "drop-oldest"`). After a stop it
   * returns `false`, and the point is not taken, but counted, and the first of them told in the log.
   * @throws {TypeError} If `time` is not a Timestamp or `value` not a number.
   * @throws {RangeError} If 292 years lie between the time and that of the point before in its chunk.
   * @throws {PublishFailed} If there is no room for the point: with `onFull: "fail"`, and with `"wait"`
   * if the outbox holds twice as much as allowed, as `ready` was not waited for, or chunks are too large
   * for `outboxMaxBytes`. The point is not taken then, and can be appended again.
   *
   * @example
   * ```ts
   * import { Source, Timestamp } from "@metricq/source";
   *
   * class Counter extends Source {
   *   async task(signal: AbortSignal): Promise<void> {
   *     const metric = this.metric("example.counter");
   *     metric.chunkSize = 1000;
   *     for (let count = 0; !signal.aborted; count++) {
   *       if (!metric.append(Timestamp.now(), count)) await metric.ready;
   *     }
   *   }
   * }
   * ```
   */
  append(time: Timestamp, value: number): boolean {
    checkPoint(this.name, time, value);
    return this.#collects(time.seconds, time.nanoseconds, value) ||
      this.#append(time.seconds, time.nanoseconds, value);
  }

  /**
   * As `append`, for times that are at hand as two numbers, the parts of a {@linkcode Timestamp}.
   *
   * @param seconds Whole seconds since 1970-01-01T00:00:00Z, an integer.
   * @param nanoseconds The nanoseconds to add to them, an integer from 0 to 999 999 999.
   * @param value The value; `NaN` means "no reading".
   * @returns As `append`.
   * @throws {TypeError} If one of the three is not a number.
   * @throws {RangeError} If the time is not one that a {@linkcode Timestamp} holds, and as `append`.
   * @throws {PublishFailed} As `append`.
   *
   * @example
   * ```ts
   * import { Source } from "@metricq/source";
   *
   * class Replay extends Source {
   *   async task(): Promise<void> {
   *     const metric = this.metric("example.replay");
   *     metric.chunkSize = 1000;
   *     for (let at = 0; at < 100_000; at++) {
   *       const seconds = 1_700_000_000 + Math.floor(at / 1000);
   *       if (!metric.appendAt(seconds, at % 1000 * 1_000_000, at)) await metric.ready;
   *     }
   *   }
   * }
   * ```
   */
  appendAt(seconds: number, nanoseconds: number, value: number): boolean {
    if (this.#collects(seconds, nanoseconds, value)) return true;
    checkParts(this.name, seconds, nanoseconds, value);
    return this.#append(seconds, nanoseconds, value);
  }

  /**
   * Resolves when points may follow again after `append` has returned `false`; until it has, it is
   * resolved. With a spool the point, and those before it, are on disk then, unless they wait for their
   * chunk to be full.
   *
   * @throws {PublishFailed} If the last point was not taken, as the source has stopped.
   */
  get ready(): Promise<void> {
    return this.#pause;
  }

  /**
   * Appends the points of two arrays; see `Source.sendMany`.
   *
   * @throws {TypeError} If `timesNs` is not a BigInt64Array or `values` not a Float64Array.
   * @throws {RangeError} If they differ in length.
   * @throws {PublishFailed} If a chunk is not accepted; the points before it are.
   */
  sendMany(timesNs: BigInt64Array, values: Float64Array): Promise<void> {
    return this.#unawaited(this.#sendMany(timesNs, values));
  }

  /** Sends "no reading at that time": NaN, the value that MetricQ has agreed on. */
  error(time: Timestamp): Promise<void> {
    return this.send(time, NaN);
  }

  /**
   * As `Source.flush`, for what is collected of this metric: it waits for what other metrics have sent
   * before as well, but does not fail for what is lost of them.
   */
  flush(): Promise<void> {
    return this.#unawaited(this.#flush());
  }

  /**
   * Detaches the points collected so far as a chunk, and admits it to the outbox, in one synchronous
   * step.
   *
   * @throws {PublishFailed} If there is no room for them; they stay collected.
   */
  detachChunk(): void {
    this.#detach();
  }

  #noteChunkSize(): void {
    this.#collectsUpTo = 0;
    if (this.pendingPoints > 0) this.#ages.resize(this);
  }

  #append(seconds: number, nanoseconds: number, value: number): boolean {
    let pause: Promise<void> | undefined;
    try {
      pause = this.#take(seconds, nanoseconds, value);
    } catch (error) {
      // Not thrown: a timer that goes on after a stop may append, and would end the process.
      if (!(error instanceof PublishFailed && this.#outbox.isClosed)) throw error;
      pause = this.#unawaited(Promise.reject(error));
    }
    if (pause === undefined) return true;
    this.#pause = pause;
    return false;
  }

  /**
   * Takes a point that neither begins nor completes a chunk, and is later than the one before in the same
   * second: where chunks are large these are nearly all, and they take a third of the time that `#take`
   * does. What does not change from one to the next is looked at there.
   *
   * @returns Whether it was one. If not, it may be anything, and nothing has happened.
   */
  #collects(seconds: number, nanoseconds: number, value: number): boolean {
    const builder = this.#builder;
    const isNext = builder !== undefined && builder.length < this.#collectsUpTo &&
      seconds === this.#lastSeconds && typeof nanoseconds === "number" &&
      nanoseconds > this.#lastNanoseconds && (nanoseconds | 0) === nanoseconds &&
      nanoseconds < NS_PER_S && typeof value === "number";
    if (!isNext) return false;
    builder.appendToSecond(nanoseconds, value);
    this.#lastNanoseconds = nanoseconds;
    return true;
  }

  /** Called when a point is collected that is the latest. */
  #beginCollecting(builder: ChunkBuilder): void {
    const mostPoints = (this.chunkSize ?? MAX_CHUNK_POINTS) - 1;
    this.#collectsUpTo = Math.min(mostPoints, builder.roomOfSecond);
  }

  /**
   * Takes a point, in one synchronous step.
   *
   * @returns What is to be waited for before the next, if anything.
   * @throws {PublishFailed} If it is not accepted.
   */
  #take(seconds: number, nanoseconds: number, value: number): Promise<void> | undefined {
    this.#collectsUpTo = 0;
    // Before its time is looked at: what comes after a stop is too late, and nothing else.
    this.#checkOpen(1);
    const isLater = seconds > this.#lastSeconds ||
      seconds === this.#lastSeconds && nanoseconds > this.#lastNanoseconds;
    if (!isLater && !this.#keeps(seconds, nanoseconds)) return undefined;
    const pending = this.pendingPoints;
    const isComplete = pending + 1 >= (this.chunkSize ?? MAX_CHUNK_POINTS);
    if (isComplete) this.#checkRoom(1);
    const isAlone = isComplete && pending === 0;
    const builder = isAlone ? undefined : this.#builder ??= this.#makeBuilder();
    builder?.append(seconds, nanoseconds, value);
    // Behind what may refuse the point: a time that was not taken is no measure for the next.
    if (isLater || this.#lastNanoseconds === NO_TIME) this.#noteLatest(seconds, nanoseconds);
    if (builder === undefined) return this.#admit(encodePoint(seconds, nanoseconds, value), 1);
    if (isComplete) return this.#admitChunk(builder);
    if (pending === 0) this.#ages.begin(this);
    if (isLater) this.#beginCollecting(builder);
    return undefined;
  }

  async #sendMany(timesNs: BigInt64Array, values: Float64Array): Promise<void> {
    checkPoints(this.name, timesNs, values);
    this.#checkOpen(timesNs.length);
    let isOrdered: boolean;
    [timesNs, values, isOrdered] = this.#inOrder(timesNs, values);
    for (let start = 0; start < timesNs.length;) {
      // Looked up each time: they may be changed while this waits.
      const chunkSize = this.chunkSize ?? MAX_CHUNK_POINTS;
      const pending = this.pendingPoints;
      const end = Math.min(start + Math.max(1, chunkSize - pending), timesNs.length);
      const isComplete = pending + end - start >= chunkSize;
      if (isComplete) this.#checkRoom(end - start);
      const pause = isComplete && pending === 0
        ? this.#admit(encodePoints(new ArrayPoints(timesNs, values, start, end)), end - start)
        : this.#collectMany(timesNs, values, start, end, isComplete);
      this.#noteMany(timesNs, start, end, isOrdered);
      start = end;
      if (pause === undefined) continue;
      const [seconds, nanoseconds] = [this.#lastSeconds, this.#lastNanoseconds];
      await pause;
      this.#checkOpen(timesNs.length - start);
      if (seconds === this.#lastSeconds && nanoseconds === this.#lastNanoseconds) continue;
      start = this.#firstToSend(timesNs, start);
    }
  }

  /** Where an array goes on, from `start`, when others have sent points of this metric meanwhile. */
  #firstToSend(timesNs: BigInt64Array, start: number): number {
    const { order } = this.#way;
    if (!order.isChecked) return start;
    const lastNs = this.#lastNs;
    for (; start < timesNs.length; start++) {
      const timeNs = timesNs[start] as bigint;
      if (timeNs > lastNs) break;
      this.#noteBehind(Timestamp.fromPosixNs(timeNs), Timestamp.fromPosixNs(lastNs));
      if (order.keepsBehind(this.name)) break;
    }
    return start;
  }

  #collectMany(
    timesNs: BigInt64Array,
    values: Float64Array,
    start: number,
    end: number,
    isComplete: boolean,
  ): Promise<void> | undefined {
    const builder = this.#builder ??= this.#makeBuilder();
    const pending = builder.length;
    this.#collectsUpTo = 0;
    builder.appendMany(timesNs, values, start, end);
    if (isComplete) return this.#admitChunk(builder);
    if (pending === 0) this.#ages.begin(this);
    return undefined;
  }

  #detachWhenRoom(onNext?: () => void): Promise<void> | undefined {
    const room = this.pendingPoints === 0 ? undefined : this.#outbox.untilRoom();
    return room === undefined ? this.#detach(onNext) : this.#detachBehind(room, onNext);
  }

  async #detachBehind(room: Promise<void> | undefined, onNext?: () => void): Promise<void> {
    let haveLeft = false;
    (this.#onLeaving ??= []).push(() => {
      haveLeft = true;
      onNext?.();
    });
    do {
      await room;
      if (haveLeft) return; // with points that have completed their chunk
      room = this.#outbox.untilRoom();
    } while (room !== undefined && this.#outbox.isCrowded);
    this.#detach();
  }

  #detach(onNext?: () => void): undefined {
    const builder = this.#builder;
    if (builder === undefined || builder.length === 0) return;
    this.#checkRoom(builder.length);
    onNext?.();
    void this.#admitChunk(builder);
  }

  #flush(): Promise<void> {
    return this.#outbox.drained((onNext) => this.#detachWhenRoom(onNext), this.name);
  }

  /** After a stop nobody may wait for this any more, and it is told in the log. */
  #unawaited(work: Promise<void>): Promise<void> {
    return unawaited(work, () => this.#outbox.isClosed);
  }

  get #lastNs(): bigint {
    return BigInt(this.#lastSeconds) * 1_000_000_000n + BigInt(this.#lastNanoseconds);
  }

  #noteLatest(seconds: number, nanoseconds: number): void {
    if (this.#lastNanoseconds === NO_TIME) this.#way.onFirstPoint(this.name);
    this.#lastSeconds = seconds;
    this.#lastNanoseconds = nanoseconds;
    this.#isBehind = false;
  }

  #noteMany(timesNs: BigInt64Array, start: number, end: number, isOrdered: boolean): void {
    const endNs = timesNs[end - 1] as bigint;
    const latestNs = isOrdered ? endNs : latest(timesNs.subarray(start, end));
    if (latestNs > this.#lastNs || this.#lastNanoseconds === NO_TIME) {
      const { seconds, nanoseconds } = Timestamp.fromPosixNs(latestNs);
      this.#noteLatest(seconds, nanoseconds);
    }
    if (!isOrdered) this.#isBehind = endNs < this.#lastNs;
  }

  /** Whether a point is sent whose time is not later than the latest of its metric. */
  #keeps(seconds: number, nanoseconds: number): boolean {
    const { order } = this.#way;
    if (this.#lastNanoseconds === NO_TIME) {
      order.noteAge(this.name, new Timestamp(seconds, nanoseconds));
      return true;
    }
    if (!this.#isBehind) {
      const last = new Timestamp(this.#lastSeconds, this.#lastNanoseconds);
      this.#noteBehind(new Timestamp(seconds, nanoseconds), last);
    }
    return order.keepsBehind(this.name);
  }

  #noteBehind(time: Timestamp, last: Timestamp): void {
    if (!this.#isBehind) this.#way.order.noteBehind(this.name, time, last);
    this.#isBehind = true;
    this.#collectsUpTo = 0;
  }

  /** The points that are sent, and whether their times increase: all, unless they do not. */
  #inOrder(timesNs: BigInt64Array, values: Float64Array): [BigInt64Array, Float64Array, boolean] {
    const order = this.#way.order;
    if (!order.isChecked || firstOutOfOrder(timesNs, this.#lastNs) === -1) {
      return [timesNs, values, true];
    }
    let lastNs = this.#lastNanoseconds === NO_TIME ? undefined : this.#lastNs;
    const isKept = Array.from(timesNs, (timeNs) => {
      if (lastNs !== undefined && timeNs <= lastNs) {
        this.#noteBehind(Timestamp.fromPosixNs(timeNs), Timestamp.fromPosixNs(lastNs));
        return order.keepsBehind(this.name);
      }
      const time = Timestamp.fromPosixNs(timeNs);
      if (lastNs === undefined && time.seconds < EARLIEST_SECONDS) order.noteAge(this.name, time);
      lastNs = timeNs;
      return true;
    });
    if (!isKept.includes(false)) return [timesNs, values, false];
    return [timesNs.filter((_, at) => isKept[at]), values.filter((_, at) => isKept[at]), true];
  }

  // At once as large as a small chunk needs: what is outgrown stays in memory for a while.
  #makeBuilder(): ChunkBuilder {
    return new ChunkBuilder(Math.min(this.chunkSize ?? SMALL_CHUNK_POINTS, SMALL_CHUNK_POINTS));
  }

  /** Refuses points that come after a stop. */
  #checkOpen(points: number): void {
    if (this.#outbox.isClosed && points > 0) this.#checkRoom(points);
  }

  #checkRoom(points: number): void {
    const { refusal, isClosed } = this.#outbox;
    if (refusal === undefined) return;
    if (isClosed) this.#way.onTooLate(this.name, points);
    throw new PublishFailed(this.name, points, refusal);
  }

  #admitChunk(builder: ChunkBuilder): Promise<void> | undefined {
    const points = builder.length;
    this.#collectsUpTo = 0;
    const onLeaving = this.#onLeaving;
    this.#onLeaving = undefined;
    onLeaving?.forEach((onNext) => onNext());
    this.#ages.end(this);
    return this.#admit(builder.detach(), points);
  }

  #admit(body: Uint8Array, points: number): Promise<void> | undefined {
    const chunk = { metric: this.name, body, points, memory: memoryOf(body) };
    return this.#outbox.admit(chunk, this.#lane);
  }
}

function latest(timesNs: BigInt64Array): bigint {
  return timesNs.reduce((latestNs, timeNs) => timeNs > latestNs ? timeNs : latestNs);
}
