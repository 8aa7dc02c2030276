/**
 * Points of which the oracle knows, and how they are sent.
 *
 * @module
 */

import { PublishFailed } from "../../src/errors.ts";
import type { PointsLost } from "../../src/outbox/delivery_options.ts";
import type { ChunkSize } from "../../src/source/given_points.ts";
import type { Source, SourceOptions } from "../../src/source/source.ts";
import type { SourceMetric } from "../../src/source/source_metric.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import type { MetricAccount } from "./account.ts";
import { type GivenConfig, metricsOf, requireConfig } from "./given_config.ts";
import type { Oracle } from "./oracle.ts";
import type { SourceConfig, Workload } from "./plan.ts";
import type { Random } from "./random.ts";
import { RoomWatch } from "./room.ts";
import { type Trial, Trials } from "./trials.ts";

/** What a simulated source is made with, beside a source's options. */
export interface SimulatedSourceOptions extends SourceOptions {
  readonly oracle: Oracle;
  readonly random: Random;
  readonly workload: Workload;
  /** What tells promises of this run from those of others. */
  readonly run: string;
  /** What is to be done first with each configuration. */
  readonly beforeConfiguration: (signal: AbortSignal) => Promise<void>;
  /** What is to be done when its metrics are declared. */
  readonly afterDeclaration: () => void;
  /** Called when points of a metric are about to be sent. */
  readonly beforeSend: (metric: SourceMetric, points: number) => void;
  /** Whether a chunk may be refused for what it is. */
  readonly mayBeRefused: boolean;
  /** Whether the disk of its spool takes anything now. */
  readonly isDiskFine: () => boolean;
  /** Whether something is sent while a `send` before it is waited for. */
  readonly mayOverlap: boolean;
  /** The last times of metrics, which a program that starts again would not repeat either. */
  readonly lastTimesNs: Map<string, bigint>;
}

/** A point that was given to `send`, which may not have taken it yet. */
interface Sending {
  readonly sent: Promise<void>;
  readonly metric: string;
  readonly timeNs: bigint;
  readonly account: MetricAccount;
  readonly number: number;
  /** Whether it has completed a chunk, and all points of before have left as well. */
  readonly isComplete: boolean;
  readonly hasRoom: boolean;
}

// What is waited for behind an `append` that others may follow.
const TAKEN = Promise.resolve();

/** Gives a source the points that its workload asks for. */
export class PointSender {
  readonly #source: Source;
  readonly #options: SimulatedSourceOptions;
  // For each point, and so made once.
  readonly #sendOfRun: string;
  readonly #sendManyOfRun: string;
  readonly #room: RoomWatch;
  // By metric: the latest time of this run that was taken for certain.
  readonly #takenNs = new Map<string, bigint>();
  // The time that was asked for last, which many points have.
  #time = new Timestamp(0);
  #timeNs = 0n;
  /** The configuration that its source has taken last. */
  config: SourceConfig | undefined;
  /** The configurations that it was given. */
  readonly trials: Trials;
  /** How many points its source was given too late. */
  tooLatePoints = 0;

  constructor(source: Source, options: SimulatedSourceOptions) {
    this.#source = source;
    this.#options = options;
    this.#sendOfRun = `send of ${options.run}`;
    this.#sendManyOfRun = `sendMany of ${options.run}`;
    this.#room = new RoomWatch(source, options);
    this.trials = new Trials({
      nowMs: () => options.clock?.nowMs() ?? 0,
      violate: (text) => options.oracle.violate(`${options.run}: ${text}`),
    });
  }

  /**
   * Takes a configuration, unless it is one that cannot be used.
   *
   * @param use What is to be done with it.
   * @default {declares its metrics}
   */
  async configure(
    given: GivenConfig,
    context: Trial["context"],
    use = (config: SourceConfig) => this.#declare(config),
  ): Promise<SourceConfig> {
    return await this.trials.run({ generation: given.generation, context }, async () => {
      const config = requireConfig(given);
      await this.#options.beforeConfiguration(context.signal);
      await use(config);
      // Only now: a handler that throws must leave in force what was before.
      return this.config = config;
    });
  }

  async #declare(config: SourceConfig): Promise<void> {
    const source = this.#source;
    const metrics = metricsOf(source.token, config);
    await source.declareMetrics(Object.fromEntries(
      metrics.map((name) => [name, { generation: config.generation, unit: "" }]),
    ));
    this.#options.afterDeclaration();
    const { isSizeless = false, ownChunkSize } = this.#options.workload;
    source.chunkSize = isSizeless ? null : config.chunkSize;
    const [first = "", ...others] = metrics;
    // Chunks of one metric may be of another size than those of the others.
    if (ownChunkSize !== undefined) source.metric(first).chunkSize = ownChunkSize;
    this.#expectChunks([first], ownChunkSize === undefined ? source.chunkSize : ownChunkSize);
    this.#expectChunks(others, source.chunkSize);
  }

  #expectChunks(metrics: readonly string[], chunkSize: ChunkSize): void {
    const { oracle, chunkAge } = this.#options;
    if (chunkSize !== null) return oracle.expectChunks(this.#source.token, chunkSize);
    for (const metric of metrics) {
      oracle.metric(metric).leaves = chunkAge === undefined ? "by flush" : "by flush or age";
    }
  }

  /**
   * Sends what is due of each metric.
   *
   * @param task Which of the tasks it is.
   * @param time When that was measured.
   * @default {now}
   */
  async sendAll(config: SourceConfig, task: number, time?: Timestamp): Promise<void> {
    const { workload } = this.#options;
    for (const metric of metricsOf(this.#source.token, config)) {
      const sendsOne = workload.pointsPerCall === 1 || workload.mixes && task % 2 === 1;
      const sent = sendsOne
        ? this.#sendOne(metric, this.#nextTimeNs(metric, time))
        : this.#sendMany(metric, time);
      if (workload.waits || !sendsOne) await sent;
      if (workload.pointsPerCall > 1 || !this.#isDisordered) continue;
      const behindNs = this.#takenNs.get(metric);
      if (behindNs === undefined) continue;
      const sentBehind = this.#sendOne(metric, this.#notLater(behindNs), this.#leavesOut);
      if (workload.waits) await sentBehind;
    }
    this.#flushNowAndThen(config);
  }

  #flushNowAndThen(config: SourceConfig): void {
    const { workload: { flushing, metricFlushing = 0 }, oracle, random, run, onFull } =
      this.#options;
    const source = this.#source;
    const { token } = source;
    const mayFail = onFull === "fail";
    if (flushing > 0 && random.chance(flushing)) {
      oracle.expectFlush({ token, run, flushed: source.flush(), mayFail });
    }
    if (metricFlushing === 0 || !random.chance(metricFlushing)) return;
    const metrics = metricsOf(token, config);
    const only = metrics[random.integer(0, metrics.length - 1)] ?? "";
    oracle.expectFlush({ token, run, flushed: source.metric(only).flush(), mayFail, only });
  }

  /** Goes on as a program does that has not noticed yet that its source has stopped. */
  async sendLate(): Promise<void> {
    if (this.config !== undefined) await this.sendAll(this.config, 0);
  }

  /** Whether a point whose time is not later comes now, of one metric. */
  get #isDisordered(): boolean {
    const { random, workload: { disorder = 0 } } = this.#options;
    return disorder > 0 && random.chance(disorder);
  }

  get #leavesOut(): boolean {
    return this.#options.onTime === "drop";
  }

  /** A time that is the same, or up to two seconds earlier. */
  #notLater(timeNs: bigint): bigint {
    const { random } = this.#options;
    return random.chance(0.3) ? timeNs : timeNs - BigInt(Math.floor(random.logarithmic(1, 2e9)));
  }

  #sendOne(metric: string, timeNs: bigint, isLeftOut = false): Promise<void> {
    const { appends } = this.#options.workload;
    const time = timeNs === this.#timeNs ? this.#time : Timestamp.fromPosixNs(timeNs);
    return this.watch(metric, timeNs, (number) => {
      return appends ? this.#append(metric, time, number) : this.#source.send(metric, time, number);
    }, isLeftOut);
  }

  /** Judges what becomes of a point, which `send` gives to the source as its number. */
  watch(
    metric: string,
    timeNs: bigint,
    send: (number: number) => Promise<void>,
    isLeftOut = false,
  ): Promise<void> {
    const { oracle, workload } = this.#options;
    const account = oracle.metric(metric);
    // Of an array that is being sent, points of before may not be taken yet.
    const isBehindAll = account.begun === account.sent;
    const number = account.send(timeNs, isLeftOut);
    this.#room.beforeSend(isLeftOut);
    this.#options.beforeSend(this.#source.metric(metric), 1);
    const sent = send(number);
    // In this moment the point is alone in a new chunk, or has completed one.
    const isComplete = this.#source.metric(metric).pendingPoints === 0 && isBehindAll;
    const hasRoom = this.#room.afterSend(sent);
    // What is taken is noted in a microtask where the next point may have to be behind it.
    if (!this.#room.isTaken(sent) || workload.disorder) {
      return this.#judge({ sent, metric, timeNs, account, number, isComplete, hasRoom });
    }
    account.took(number, isComplete && this.#isDiskFine);
    return sent;
  }

  async #judge(sending: Sending): Promise<void> {
    const { sent, metric, timeNs, account, number, isComplete, hasRoom } = sending;
    this.#options.oracle.expectEnd(this.#sendOfRun, sent);
    try {
      await sent;
      this.#room.noteResolved(sent);
      account.took(number, isComplete && this.#isDiskFine);
      this.#noteTaken(metric, timeNs);
    } catch (error) {
      account.refused(number);
      this.#requirePublishFailed(error);
      this.tooLatePoints += tooLatePointsOf(error);
      this.#requireNotWaitedFor(error);
      if (hasRoom) this.#room.requireStopped(error);
    }
  }

  #append(name: string, time: Timestamp, value: number): Promise<void> {
    const metric = this.#source.metric(name);
    try {
      const mayFollow = this.#options.workload.appendsAt
        ? metric.appendAt(time.seconds, time.nanoseconds, value)
        : metric.append(time, value);
      return mayFollow ? TAKEN : metric.ready;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async #sendMany(metric: string, measured: Timestamp | undefined): Promise<void> {
    const { oracle, workload } = this.#options;
    const account = oracle.metric(metric);
    const timesNs = new BigInt64Array(workload.pointsPerCall);
    const values = new Float64Array(workload.pointsPerCall);
    const behindAt = this.#isDisordered ? this.#options.random.integer(1, timesNs.length - 1) : -1;
    for (let at = 0; at < timesNs.length; at++) {
      const isBehind = at === behindAt;
      const timeNs = isBehind
        ? this.#notLater(timesNs[at - 1] ?? 0n)
        : this.#nextTimeNs(metric, measured);
      timesNs[at] = timeNs;
      values[at] = account.send(timeNs, isBehind && this.#leavesOut);
    }
    this.#options.beforeSend(this.#source.metric(metric), values.length);
    const end = workload.mixes ? account.sendArray(values.length, this.#leavesOut) : () => {};
    const sent = this.#source.sendMany(metric, timesNs, values);
    oracle.expectEnd(this.#sendManyOfRun, sent);
    try {
      await sent;
      // Where others send as well, one of them may wait for the chunk that these are in.
      const isAlone = workload.tasks === 1 && workload.waits;
      const isSafe = isAlone && this.#source.metric(metric).pendingPoints === 0 && this.#isDiskFine;
      for (const number of values) account.took(number, isSafe);
    } catch (error) {
      this.#requirePublishFailed(error); // those before the chunk that was refused were taken
      for (const number of values) account.refusedAmongMany(number);
      this.tooLatePoints += tooLatePointsOf(error);
      if (this.#room.hasRoom) this.#room.requireStopped(error);
    } finally {
      end();
    }
  }

  /** Points were dropped just now. */
  noteDropped(reason: PointsLost["reason"]): void {
    this.#room.noteDropped(reason);
  }

  get #isDiskFine(): boolean {
    return this.#options.isDiskFine();
  }

  #noteTaken(metric: string, timeNs: bigint): void {
    const { disorder = 0 } = this.#options.workload;
    if (disorder === 0 || timeNs <= (this.#takenNs.get(metric) ?? -1n)) return;
    this.#takenNs.set(metric, timeNs);
  }

  #nextTimeNs(metric: string, measured: Timestamp | undefined): bigint {
    const { lastTimesNs, clock } = this.#options;
    const time = measured ?? clock?.wallTime?.() ?? this.#time;
    if (time !== this.#time) {
      this.#time = time;
      this.#timeNs = time.posixNs;
    }
    const lastNs = lastTimesNs.get(metric) ?? -1n;
    const timeNs = this.#timeNs > lastNs ? this.#timeNs : lastNs + 1n;
    lastTimesNs.set(metric, timeNs);
    return timeNs;
  }

  /** A caller that waits, and so adds a chunk at most, is not told that it does not. */
  #requireNotWaitedFor(error: unknown): void {
    const { oracle, workload: { waits, tasks }, mayOverlap } = this.#options;
    if (
      !waits || tasks > 1 || mayOverlap || !`${error}`.includes("not waited for")
    ) return;
    oracle.violate(`${this.#source.token}: send was waited for, and has failed with ${error}`);
  }

  #requirePublishFailed(error: unknown): void {
    if (error instanceof PublishFailed) return;
    this.#options.oracle.violate(`${this.#source.token}: send has failed with ${error}`);
  }
}

/** How many points an error says came after the source had stopped. */
function tooLatePointsOf(error: unknown): number {
  const isTooLate = error instanceof PublishFailed && error.message.includes("has stopped");
  return isTooLate ? error.points : 0;
}
