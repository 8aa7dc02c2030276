/**
 * A program that measures something and sends it to a MetricQ network.
 *
 * @module
 */

import { Agent, coreOf } from "../agent/agent.ts";
import type { AgentCore } from "../agent/agent_core.ts";
import type { AgentOptions } from "../agent/agent_options.ts";
import { protectMembers } from "../agent/hidden_members.ts";
import { supervision } from "../agent/supervision.ts";
import { logger } from "../log.ts";
import { checkMetricName } from "../chunk/metric_name.ts";
import { hangingSeconds, healthOf, type SourceHealth } from "../observe/health.ts";
import { type SourceStats, sourceStats } from "../observe/stats.ts";
import { withTelemetry } from "../observe/telemetry.ts";
import { checkOptions, type OptionNames, refuseMisspelt } from "../option_names.ts";
import {
  checkDeliveryOptions,
  type CheckedDeliveryOptions,
  DELIVERY_OPTIONS,
  type DeliveryOptions,
} from "../outbox/delivery_options.ts";
import { LossReport } from "../outbox/loss_report.ts";
import { Outbox } from "../outbox/outbox.ts";
import { SpoolBacklog } from "../outbox/spool_backlog.ts";
import { quote } from "../quote.ts";
import { copyJsonObject, isPlainObject, type Jsonable } from "../rpc/json.ts";
import { TickMeter, tickMeter } from "../schedule/tick_meter.ts";
import type { MonotonicClock } from "../time/clock.ts";
import type { Duration } from "../time/timedelta.ts";
import type { Timestamp } from "../time/timestamp.ts";
import { unawaited } from "../time/unawaited.ts";
import { ChunkAges } from "./chunk_ages.ts";
import { DataConnection } from "./data_connection.ts";
import { DECLARE_OPTIONS, type DeclareOptions } from "./declarations.ts";
import type { DeclaredMetrics } from "./declared_metrics.ts";
import type { Metadata } from "./metadata.ts";
import { Registration } from "./registration.ts";
import { UndeclaredMetrics } from "./undeclared_metrics.ts";
import { refuseGenerator } from "./generators.ts";
import { warnOfMisspelt } from "./misspelt_handlers.ts";
import { checkChunkSize, type ChunkSize } from "./given_points.ts";
import type { PointsWay } from "./points_way.ts";
import { detachWhenRoom, noteChunkSize, SourceMetric } from "./source_metric.ts";
import { SourceTask } from "./source_task.ts";
import { type OnTime, TimeOrder } from "./time_order.ts";

const log = logger("source");

/** What a source has declared, for the classes of this package that derive from it; `Source` sets it. */
export let declaredBy: (source: Source) => DeclaredMetrics;

/** Begins to watch calls of a source that may hang, for the classes of this package; `Source` sets it. */
export let watchedBy: (source: Source) => AgentCore["watch"];

/** Options of a {@linkcode Source}. */
export interface SourceOptions extends AgentOptions, DeliveryOptions {
  /**
   * The first value of `Source.chunkSize`.
   * @default {1}
   */
  readonly chunkSize?: ChunkSize | undefined;
  /**
   * How long the first point of a chunk waits for the chunk to be full before it is sent as it is:
   * a number of seconds, a `Timedelta` or a text such as `"1min"`; `null` for as long as it takes.
   * Chunks are not sent by age during an outage, unless there is a `spool`: with one, a process that
   * is killed loses the points of the last `chunkAge` at most. With `onFull: "wait"` and `"fail"`
   * they wait for room.
   * @default {"10s" where the chunk size is a number, and `null` where that is `null`}
   */
  readonly chunkAge?: Duration | null | undefined;
  /**
   * What happens to points whose times do not increase: see {@linkcode OnTime}.
   * @default {none: they are sent, and a warning tells of each metric once until they increase again}
   */
  readonly onTime?: OnTime | undefined;
}

/** The names of {@linkcode SourceOptions}, but for those of every agent. */
export const SOURCE_OPTIONS: OptionNames<Omit<SourceOptions, keyof AgentOptions>> = {
  ...DELIVERY_OPTIONS,
  chunkSize: true,
  chunkAge: true,
  onTime: true,
};

/**
 * A source whose `task` you write; {@linkcode IntervalSource} calls your `update` at constant intervals
 * instead.
 *
 * `connect` (or `run`) connects to the management network, registers, connects to the data network,
 * calls the `config` handlers with the configuration that the manager holds for the token, and then
 * starts `task`. When a connection is lost it comes back by itself, and the source registers and
 * declares its metrics again; meanwhile points are kept. `stop` aborts the task's signal, waits for
 * the task, sends what is buffered, and closes the connections. A task that throws stops the source
 * with that error.
 *
 * What it inherits from {@linkcode Agent}:
 *
 * - Its life: {@linkcode Agent.prototype.run | run}, {@linkcode Agent.prototype.connect | connect},
 *   {@linkcode Agent.prototype.stop | stop}, {@linkcode Agent.prototype.stopped | stopped},
 *   {@linkcode Agent.prototype.events | events}
 * - Calls: {@linkcode Agent.prototype.rpc | rpc},
 *   {@linkcode Agent.prototype.addRpcHandler | addRpcHandler},
 *   {@linkcode Agent.prototype.getMetrics | getMetrics}
 * - Its name and its network: {@linkcode Agent.prototype.token | token},
 *   {@linkcode Agent.prototype.url | url}
 *
 * @example
 * ```ts
 * import { rpcHandler, Source, Timestamp } from "@metricq/source";
 *
 * class Door extends Source {
 *   @rpcHandler("config")
 *   async onConfig({ room }: { room: string }) {
 *     await this.declareMetrics({ [`example.${room}.door`]: { description: "1 is open", unit: "" } });
 *   }
 *
 *   async task(signal: AbortSignal) {
 *     for await (const isOpen of readDoor(signal)) {
 *       await this.send("example.lab.door", Timestamp.now(), isOpen ? 1 : 0);
 *     }
 *   }
 * }
 *
 * async function* readDoor(_signal: AbortSignal) {
 *   yield true;
 * }
 *
 * const door = new Door({ token: "source-door", url: "amqp://localhost/" });
 * // await door.run();
 * ```
 */
export abstract class Source extends Agent {
  static {
    protectMembers(this, { required: "task" });
    declaredBy = (source) => source.#registration.metrics;
    watchedBy = (source) => (...activity) => source.#core.watch(...activity);
  }

  readonly #core: AgentCore;
  readonly #metrics = new Map<string, SourceMetric>();
  // The metric of the last `send`: looking it up takes as long as all the rest, but for the `await`.
  #lastSent: SourceMetric | undefined;
  readonly #delivery: CheckedDeliveryOptions;
  readonly #outbox: Outbox;
  readonly #data: DataConnection;
  readonly #registration: Registration;
  readonly #order: TimeOrder;
  readonly #ages: ChunkAges;
  readonly #pointsWay: PointsWay;
  readonly #undeclared: UndeclaredMetrics;
  readonly #task: SourceTask;
  readonly #ticks = new TickMeter();
  #chunkSize: ChunkSize = 1;
  #tooLatePoints = 0;
  #spool: string | undefined;
  #endTelemetry: () => void = () => {};

  /**
   * Checks the options; nothing is sent before `connect` or `run`.
   *
   * @throws {TypeError | RangeError | SyntaxError} If an option is not as required.
   */
  constructor(options: SourceOptions) {
    super(options, {
      onConnecting: () => this.#beObserved(),
      onConnected: () => this.#begin(),
      onReconnected: () => this.#registration.renew(),
      around: (call, run) => this.#registration.around(call, run),
      tearDown: () => this.#tearDown().finally(() => this.#endTelemetry()),
    });
    refuseMisspelt("make a source", options, SOURCE_OPTIONS);
    if (options.chunkSize !== undefined) this.chunkSize = options.chunkSize;
    this.#core = coreOf(this);
    this.#delivery = checkDeliveryOptions({ ...options, ...supervision.getStore()?.options });
    const { outboxMaxBytes, onFull, delivery, persistent, spool, onPointsLost } = this.#delivery;
    if (spool !== undefined && options.addUuid) {
      throw new TypeError(
        "Cannot use spool: addUuid is given, a token that is the same at the next start is required",
      );
    }
    const { events } = this.#core;
    const losses = new LossReport({
      token: this.token,
      onPointsLost,
      onBegin: (reason) => events.tell("losing-points", { reason }),
      onRefused: (refused) => events.tell("points-refused", refused),
      onEnd: (loss) => events.tell("points-lost", loss),
    });
    this.#outbox = new Outbox({
      maxBytes: outboxMaxBytes,
      onFull,
      confirms: delivery === "confirmed",
      clock: this.#core.clock,
      randomness: this.#core.randomness,
      onDrop: (chunk, reason, words) => losses.add(chunk, reason, words),
      onAttached: () => this.#ages.resume(),
      onTakenBack: (chunk, words) => losses.add(chunk, "refused", words),
      onRelief: () => losses.end(this.#outbox.counters.points.dropped),
      onStalled: (reason) => events.stalled(reason),
      onMoving: () => events.moving(),
      watch: this.#core.watch("send"),
    });
    this.#order = new TimeOrder({
      onTime: options.onTime,
      clock: this.#core.clock,
      onDrop: (metric) => losses.noteOutOfOrder(metric),
    });
    this.#ages = new ChunkAges({
      chunkAge: supervision.getStore()?.options?.chunkAge ?? options.chunkAge,
      clock: this.#core.clock,
      signal: this.#core.stopping,
      mayLeave: () => this.#outbox.isAttached || this.#spool !== undefined,
      outbox: this.#outbox,
    });
    this.#undeclared = new UndeclaredMetrics({
      token: this.token,
      clock: this.#core.clock,
      isDeclared: (metric) => this.#registration.metrics.has(metric),
    });
    this.#pointsWay = {
      outbox: this.#outbox,
      ages: this.#ages,
      order: this.#order,
      onFirstPoint: (metric) => this.#undeclared.noteFirstPoint(metric),
      onTooLate: (metric, points) => this.#noteTooLate(metric, points),
    };
    this.#task = new SourceTask(
      this.#core,
      (signal) => tickMeter.run(this.#ticks, () => refuseGenerator("task", this.task(signal))),
    );
    const [core, outbox] = [this.#core, this.#outbox];
    this.#data = new DataConnection({ core, outbox, delivery, persistent });
    this.#registration = new Registration({
      core,
      data: this.#data,
      chunkSizeOf: (metric) => this.metric(metric).chunkSize,
    });
    // A source without a handler of its own has nothing to configure, and agrees to anything.
    this.addRpcHandler("config", () => this.#registration.metrics.takeTurn());
  }

  /**
   * How many points of a metric are collected into one chunk before it is sent, unless the metric has
   * a size of its own (`source.metric(name).chunkSize`). 1: each point is sent at once. More points
   * per chunk cost less, and arrive later; a chunk that is not full is sent when its first point is
   * as old as `chunkAge`. `null`: a chunk is sent by `flush`, by a
   * `chunkAge` that is given, when it holds 524 288 points, and at the end.
   * @default {1}
   *
   * @throws {TypeError} If set to what is neither a number nor `null`.
   * @throws {RangeError} If set to what is not an integer from 1 to 524 288.
   */
  get chunkSize(): ChunkSize {
    return this.#chunkSize;
  }

  set chunkSize(size: ChunkSize) {
    checkChunkSize(size);
    this.#chunkSize = size;
    for (const metric of this.#metrics.values()) noteChunkSize(metric);
  }

  /** What has become of the points until now. */
  get stats(): SourceStats {
    let collectedPoints = 0;
    for (const metric of this.#metrics.values()) collectedPoints += metric.pendingPoints;
    return sourceStats({
      outbox: this.#outbox,
      outages: this.#core.events.outages,
      collectedPoints,
      outOfOrderPoints: this.#order.dropped,
      tooLatePoints: this.#tooLatePoints,
      hangingSeconds: hangingSeconds(this.#core.events.condition, this.#core.clock.nowMs()),
      ticks: this.#ticks,
    });
  }

  /** Whether the source is connected, and otherwise why not. */
  get health(): SourceHealth {
    return healthOf(this.#core.events.condition, this.#core.clock.nowMs());
  }

  /**
   * The source's clock: the `clock` option's. A source that waits on it, such as with `ticks({ clock:
   * this.clock, … })`, can be tested with a `ManualClock`.
   */
  protected get clock(): MonotonicClock {
    return this.#core.clock;
  }

  /**
   * Measures and sends until `signal` is aborted. Called once, when the source is connected and
   * configured. If it throws, the source stops with that error; if it returns, the source stays.
   */
  protected abstract task(signal: AbortSignal): PromiseLike<unknown> | void;

  /**
   * Tells the manager which metrics this source sends, before sending them. The given objects are
   * copied, never changed. `chunkSize` is added unless it is there.
   *
   * They are declared again whenever the source registers again, until they are replaced. What the
   * handlers of a configuration declare is replaced by what those of the next one declare, once that is
   * accepted. A configuration leaves it in place if its handlers do not call this, or if it is refused:
   * then the manager is told the old metadata once more. Metrics that are declared elsewhere, such as
   * in `task`, stay.
   *
   * Many metrics are declared in parts, one after the other, each a call of its own with `rpcTimeout`.
   *
   * @param metrics Metadata by metric, or just the names.
   * @param options How to cancel it, and to learn how far it is.
   * @throws {RangeError} If the network cannot carry a name.
   * @throws {TypeError} If JSON cannot carry a part of the metadata; the message names the part.
   * @throws {RpcError} If the manager refuses, or does not answer; of many metrics the message names
   * those of the part. The parts before are declared then, the others are not. If the metadata of one
   * metric is larger than a message may be; all others are declared then.
   * Also if the handler that calls it belongs to a configuration that was refused meanwhile.
   * @throws {Error} If the signal is aborted: its reason.
   */
  declareMetrics<const Metrics extends Readonly<Record<string, Metadata>>>(
    metrics: (Metrics & Jsonable<Metrics>) | readonly string[],
    options?: DeclareOptions,
  ): Promise<void> {
    const declared = this.#undeclared.declaring(this.#declareMetrics(metrics, options));
    return unawaited(declared, () => this.#core.stopping.aborted);
  }

  async #declareMetrics(
    metrics: Readonly<Record<string, Metadata>> | readonly string[],
    options: DeclareOptions = {},
  ): Promise<void> {
    checkOptions("declare metrics", options, DECLARE_OPTIONS);
    if (!Array.isArray(metrics) && !isPlainObject(metrics)) {
      throw new TypeError(
        `Cannot declare metrics: ${
          quote(metrics)
        } is given, metadata by name or a list of names is required` +
          (typeof metrics === "string" ? `: [${quote(metrics)}]` : ""),
      );
    }
    const entries: [string, Metadata][] = Array.isArray(metrics)
      ? metrics.map((name) => [name, {}])
      : Object.entries(metrics);
    await this.#registration.declare(
      entries.map(([name, metadata]) => {
        checkMetricName(name);
        return [name, copyJsonObject(metadata, `metadata of metric "${name}"`)];
      }),
      options,
    );
  }

  /**
   * Sends a point: at once, or with others when there are `chunkSize` of them. The points of one
   * metric must have strictly increasing times; of others see `SourceOptions.onTime`.
   *
   * During an outage points are kept and sent when the connection is back, and `send` waits for
   * nothing as long as there is room (`outboxMaxBytes`; what happens then is `onFull`'s choice).
   * While the connection is up and 6 MiB (with "at-most-once" 2 MiB), or half of that room if it is less,
   * are used, or 4096 chunks wait to be sent, `send` waits for the broker's pace; not for a broker that
   * has confirmed nothing for a second.
   *
   * @param metric The metric's name, as declared. One that is not declared is sent too, and told once
   * in the log.
   * @param time When the value was measured.
   * @param value The value; `NaN` means "no reading".
   * @returns Resolves when the point is safely buffered, with a `spool` on disk (unless it is one of
   * a chunk that is not full yet: see `chunkAge`). Wait for it before the next point.
   * @throws {PublishFailed} If there is no room for the chunk that this point would complete (with
   * `onFull: "fail"`), or the source has stopped. This point is then not accepted, and can be sent
   * again; points before it stay where they are. After a stop the first is told in the log, and all are
   * counted (`stats.pointsTooLate`), so that nobody has to wait for `send` to learn of it.
   * @throws {TypeError} If `time` is not a Timestamp or `value` not a number; nothing is buffered then.
   * @throws {RangeError} If the network cannot carry the name, or 292 years lie between the time and that
   * of the point before in its chunk.
   */
  send(metric: string, time: Timestamp, value: number): Promise<void> {
    let sent = this.#lastSent;
    if (sent === undefined || sent.name !== metric) {
      try {
        this.#lastSent = sent = this.#metrics.get(metric) ?? this.metric(metric);
      } catch (error) {
        return Promise.reject(error);
      }
    }
    return sent.send(time, value);
  }

  /**
   * Sends many points of one metric, as that many calls of `send` would, for a fraction of their cost.
   *
   * @param metric The metric's name, as declared.
   * @param timesNs When the values were measured, in nanoseconds since 1970, strictly increasing.
   * @param values As many values.
   * @returns Resolves when the points are safely buffered; the arrays may be filled anew then.
   * @throws {TypeError} If an array is of another type.
   * @throws {RangeError} If the arrays differ in length, or the network cannot carry the name.
   * @throws {PublishFailed} If a chunk is not accepted, as with `send`; the points before it are.
   *
   * @example
   * ```ts
   * import { Source, Timestamp } from "@metricq/source";
   *
   * class Oscilloscope extends Source {
   *   async task(): Promise<void> {
   *     const startNs = Timestamp.now().posixNs;
   *     const timesNs = BigInt64Array.from({ length: 1000 }, (_, at) => startNs + BigInt(at) * 1000n);
   *     const values = Float64Array.from({ length: 1000 }, (_, at) => Math.sin(at));
   *     this.metric("example.scope").chunkSize = 1000;
   *     await this.sendMany("example.scope", timesNs, values);
   *   }
   * }
   * ```
   */
  sendMany(metric: string, timesNs: BigInt64Array, values: Float64Array): Promise<void> {
    try {
      return this.metric(metric).sendMany(timesNs, values);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Sends all that is buffered. With `onFull: "wait"` it waits for room, as `send` does. Resolves when the
   * broker has confirmed everything sent before.
   *
   * @throws {PublishFailed} If there is no room for the points of chunks that are not full
   * (`onFull: "fail"`), which stay buffered then; or if a part of what is waited for was dropped.
   * @throws {AgentStopped} If the source stops before everything is confirmed.
   */
  flush(): Promise<void> {
    return unawaited(this.#flush(), () => this.#outbox.isClosed);
  }

  /**
   * One metric, to give it a chunk size of its own or to flush it alone.
   *
   * @throws {RangeError} If the network cannot carry the name.
   */
  metric(name: string): SourceMetric {
    let metric = this.#metrics.get(name);
    if (metric === undefined) {
      checkMetricName(name);
      metric = new SourceMetric(name, this, this.#pointsWay);
      this.#metrics.set(name, metric);
    }
    return metric;
  }

  #flush(): Promise<void> {
    return this.#outbox.drained((onNext) => {
      const waiting = [...this.#metrics.values()].flatMap((metric) =>
        detachWhenRoom(metric, onNext) ?? []
      );
      return waiting.length > 0 ? Promise.all(waiting).then(() => {}) : undefined;
    });
  }

  #noteTooLate(metric: string, points: number): void {
    const isFirst = this.#tooLatePoints === 0;
    this.#tooLatePoints += points;
    if (!isFirst) return;
    log.warn("{token} has stopped and is given points, first of {metric}: they are not sent", {
      token: this.token,
      metric,
    });
  }

  async #beObserved(): Promise<void> {
    warnOfMisspelt(this.token, this.#core.rpc.handlers);
    supervision.getStore()?.onConnecting?.(this);
    await withTelemetry(
      "metrics",
      () => import("../observe/source_metrics.ts"),
      ({ meterSource }) => {
        if (this.#core.stopping.aborted) return;
        const { confirmSeconds } = this.#outbox;
        const { latenessSeconds } = this.#ticks;
        this.#endTelemetry = meterSource(this, { confirmSeconds, latenessSeconds });
      },
    );
  }

  async #begin(): Promise<void> {
    const { onChecked } = supervision.getStore() ?? {};
    if (onChecked) {
      onChecked({ token: this.token, ...await this.#registration.rehearse() });
      void this.stop();
      return;
    }
    await this.#openSpool();
    await this.#registration.begin();
    // A task that begins when `stop` has been called would not be waited for.
    this.#core.stopping.throwIfAborted();
    this.#undeclared.begin();
    this.#task.begin();
  }

  // Not in the constructor: a source that is made may never be used.
  async #openSpool(): Promise<void> {
    const { spool: path, openSpool, spoolMaxBytes, outboxMaxBytes } = this.#delivery;
    if (path === undefined) return;
    const { token, stopping, clock, events } = this.#core;
    const spool = await openSpool(path, token);
    if (stopping.aborted) spool.close();
    stopping.throwIfAborted();
    this.#outbox.useBacklog((makeEntry) =>
      new SpoolBacklog({
        spool,
        spoolMaxBytes,
        memoryMaxBytes: outboxMaxBytes,
        clock,
        makeEntry,
        onUnwritable: (error) => events.diskFull(path, error.message),
        onWritable: () => events.diskFree(path),
        onDamaged: (entry) => this.#outbox.loseDamaged(entry),
        onUnreadable: (error) => void this.stop(error),
      })
    );
    this.#spool = path;
    this.#ages.resume();
    const { pointsRecovered: points } = this.stats;
    if (points > 0) events.tell("points-recovered", { points });
  }

  async #tearDown(): Promise<void> {
    this.#outbox.end();
    await this.#task.end();
    if (this.#outbox.wasAttached) {
      await this.#core.waitToStop(this.flush().catch(() => {})); // what is left is told below
    }
    await this.#registration.end();
    await this.#data.close();
    for (const metric of this.#metrics.values()) metric.detachChunk();
    this.#outbox.close();
    const points = this.stats.pointsBuffered;
    if (this.#spool !== undefined && points > 0) {
      this.#core.events.tell("points-kept", { points, spool: this.#spool });
    }
  }
}
