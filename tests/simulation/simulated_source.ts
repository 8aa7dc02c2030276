/**
 * A source that sends points of which the oracle knows.
 *
 * @module
 */

import { PublishFailed } from "../../src/errors.ts";
import { rpcHandler } from "../../src/rpc/rpc_handler.ts";
import { type Ticker, ticks } from "../../src/schedule/ticker.ts";
import { Source, type SourceOptions } from "../../src/source/source.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { Beat } from "./beat.ts";
import type { Oracle } from "./oracle.ts";
import type { SourceConfig, Workload } from "./plan.ts";
import type { Random } from "./random.ts";
import { RoomWatch } from "./room.ts";

/** What a simulated source is made with, beside a source's options. */
export interface SimulatedSourceOptions extends SourceOptions {
  readonly oracle: Oracle;
  readonly random: Random;
  readonly workload: Workload;
  /** What tells promises of this run from those of others. */
  readonly run: string;
  /** What is to be done first with each configuration. */
  readonly beforeConfiguration: () => Promise<void>;
  /** Whether a chunk may be refused for what it is. */
  readonly mayBeRefused: boolean;
  /** Whether the disk of its spool takes anything now. */
  readonly isDiskFine: () => boolean;
  /** The last times of metrics, which a program that starts again would not repeat either. */
  readonly lastTimesNs: Map<string, bigint>;
}

// By configuration, and then by token: they are asked for with each tick.
const named = new WeakMap<SourceConfig, Map<string, readonly string[]>>();

/** The metrics of a configuration. */
export function metricsOf(token: string, config: SourceConfig): readonly string[] {
  const byToken = named.get(config) ?? new Map<string, readonly string[]>();
  named.set(config, byToken);
  let names = byToken.get(token);
  if (names === undefined) {
    const prefix = config.renames ? `${token}.g${config.generation}` : token;
    names = Array.from({ length: config.metrics }, (_, at) => `${prefix}.m${at}`);
    byToken.set(token, names);
  }
  return names;
}

/** Sends as its workload says what its configuration asks for. */
export class SimulatedSource extends Source {
  readonly #options: SimulatedSourceOptions;
  readonly #tickers = new Map<Ticker, Beat>();
  // For each point, and so made once.
  readonly #sendOfRun: string;
  readonly #sendManyOfRun: string;
  readonly #room: RoomWatch;
  #configured = Promise.withResolvers<void>();
  /** The configuration that it has taken last. */
  config: SourceConfig | undefined;
  /** How many configurations it is about to take. */
  trials = 0;

  constructor(options: SimulatedSourceOptions) {
    super(options);
    this.#options = options;
    this.#sendOfRun = `send of ${options.run}`;
    this.#room = new RoomWatch(this, options);
    this.#sendManyOfRun = `sendMany of ${options.run}`;
  }

  /** Takes a configuration, unless it is one that cannot be used. */
  @rpcHandler("config")
  async onConfig(given: { [Key in keyof SourceConfig]?: SourceConfig[Key] }): Promise<void> {
    this.trials++;
    try {
      await this.#use(requireConfig(given));
    } finally {
      this.trials--;
    }
  }

  async #use(config: SourceConfig): Promise<void> {
    await this.#options.beforeConfiguration();
    const metrics = metricsOf(this.token, config);
    await this.declareMetrics(Object.fromEntries(
      metrics.map((name) => [name, { generation: config.generation, unit: "" }]),
    ));
    // Only now: a handler that throws must leave in force what was before.
    this.config = config;
    this.#options.oracle.expectChunks(this.token, config.chunkSize);
    this.chunkSize = config.chunkSize;
    this.#useOwnChunkSize(metrics[0]);
    for (const [ticker, beat] of this.#tickers) {
      ticker.period = config.periodMs / 1000;
      beat.reset();
    }
    this.#configured.resolve();
  }

  /** Has chunks of one metric be of another size than those of the others. */
  #useOwnChunkSize(name: string | undefined): void {
    const { ownChunkSize } = this.#options.workload;
    if (ownChunkSize === undefined || name === undefined) return;
    this.#options.oracle.expectChunks(this.token, ownChunkSize);
    this.metric(name).chunkSize = ownChunkSize;
  }

  protected override async task(signal: AbortSignal): Promise<void> {
    if (this.config === undefined) await this.#configured.promise;
    const { tasks } = this.#options.workload;
    await Promise.all(Array.from({ length: tasks }, () => this.#sendAgainAndAgain(signal)));
  }

  async #sendAgainAndAgain(signal: AbortSignal): Promise<void> {
    const { oracle, run } = this.#options;
    const period = (this.config?.periodMs ?? 1000) / 1000;
    const ticker = ticks({ period, signal, clock: this.clock });
    const beat = new Beat(() => this.clock.nowMs(), (text) => oracle.violate(`${run}: ${text}`));
    this.#tickers.set(ticker, beat);
    for await (const _ of ticker) {
      beat.begin(ticker.period.ms);
      await this.#sendAll();
      beat.end();
    }
  }

  async #sendAll(): Promise<void> {
    const { workload, oracle, random, run } = this.#options;
    const { config } = this;
    if (config === undefined) return;
    for (const metric of metricsOf(this.token, config)) {
      const sent = workload.pointsPerCall === 1 ? this.#sendOne(metric) : this.#sendMany(metric);
      if (workload.waits) await sent;
    }
    if (workload.flushing > 0 && random.chance(workload.flushing)) {
      oracle.expectFlush(this.token, run, this.flush());
    }
  }

  async #sendOne(metric: string): Promise<void> {
    const { oracle, workload } = this.#options;
    const account = oracle.metric(metric);
    const timeNs = this.#nextTimeNs(metric);
    const time = Timestamp.fromPosixNs(timeNs);
    const number = account.send(timeNs);
    this.#room.beforeSend();
    const sent = workload.appends
      ? this.#append(metric, time, number)
      : this.send(metric, time, number);
    // In this moment the point is alone in a new chunk, or has completed one.
    const isComplete = this.metric(metric).pendingPoints === 0;
    const hasRoom = this.#room.afterSend();
    oracle.expectEnd(this.#sendOfRun, sent);
    try {
      await sent;
      account.took(number, isComplete && this.#isDiskFine);
    } catch (error) {
      account.refused(number);
      this.#requirePublishFailed(error);
      this.#requireNotWaitedFor(error);
      if (hasRoom) this.#room.requireStopped(error);
    }
  }

  async #append(name: string, time: Timestamp, value: number): Promise<void> {
    const metric = this.metric(name);
    const mayFollow = this.#options.workload.appendsAt
      ? metric.appendAt(time.seconds, time.nanoseconds, value)
      : metric.append(time, value);
    if (!mayFollow) await metric.ready;
  }

  async #sendMany(metric: string): Promise<void> {
    const { oracle, workload } = this.#options;
    const account = oracle.metric(metric);
    const timesNs = new BigInt64Array(workload.pointsPerCall);
    const values = new Float64Array(workload.pointsPerCall);
    for (let at = 0; at < timesNs.length; at++) {
      const timeNs = this.#nextTimeNs(metric);
      timesNs[at] = timeNs;
      values[at] = account.send(timeNs);
    }
    const sent = this.sendMany(metric, timesNs, values);
    oracle.expectEnd(this.#sendManyOfRun, sent);
    try {
      await sent;
      // Where others send as well, one of them may wait for the chunk that these are in.
      const isAlone = workload.tasks === 1 && workload.waits;
      const isSafe = isAlone && this.metric(metric).pendingPoints === 0 && this.#isDiskFine;
      for (const number of values) account.took(number, isSafe);
    } catch (error) {
      this.#requirePublishFailed(error); // those before the chunk that was refused were taken
    }
  }

  get #isDiskFine(): boolean {
    return this.#options.isDiskFine();
  }

  #nextTimeNs(metric: string): bigint {
    const { lastTimesNs, clock } = this.#options;
    const nowNs = (clock?.wallTime?.() ?? Timestamp.fromPosixNs(0n)).posixNs;
    const lastNs = lastTimesNs.get(metric) ?? -1n;
    const timeNs = nowNs > lastNs ? nowNs : lastNs + 1n;
    lastTimesNs.set(metric, timeNs);
    return timeNs;
  }

  /** A caller that waits, and so adds a chunk at most, is not told that it does not. */
  #requireNotWaitedFor(error: unknown): void {
    const { oracle, workload: { waits, tasks, flushing } } = this.#options;
    if (!waits || tasks > 1 || flushing > 0 || !`${error}`.includes("not waited for")) return;
    oracle.violate(`${this.token}: send was waited for, and has failed with ${error}`);
  }

  #requirePublishFailed(error: unknown): void {
    if (error instanceof PublishFailed) return;
    this.#options.oracle.violate(`${this.token}: send has failed with ${error}`);
  }
}

/** Reads a configuration, unless it is one that cannot be used. */
export function requireConfig(
  given: { [Key in keyof SourceConfig]?: SourceConfig[Key] },
): SourceConfig {
  const { generation, renames, metrics, periodMs, chunkSize } = given;
  if (
    generation === undefined || renames === undefined || metrics === undefined ||
    periodMs === undefined || chunkSize === undefined || periodMs <= 0
  ) {
    throw new RangeError(`Cannot use configuration: periodMs ${periodMs} is given`);
  }
  return { generation, renames, metrics, periodMs, chunkSize };
}
