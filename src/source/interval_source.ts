/**
 * A source that is asked for its points at constant intervals.
 *
 * @module
 */

import { coreOf } from "../agent/agent.ts";
import { protectMembers } from "../agent/hidden_members.ts";
import { PublishFailed } from "../errors.ts";
import { logger } from "../log.ts";
import { type OptionNames, refuseMisspelt } from "../option_names.ts";
import { MissedDeadlines } from "../schedule/missed_deadlines.ts";
import { requirePrecision, type Tick, type Ticker, ticks } from "../schedule/ticker.ts";
import type { Precision } from "../time/clock.ts";
import { requireDuration } from "../time/require_duration.ts";
import type { Duration, Timedelta } from "../time/timedelta.ts";
import { handlesConfig } from "./misspelt_handlers.ts";
import { Source, type SourceOptions, watchedBy } from "./source.ts";
import { refuseGenerator } from "./generators.ts";
import { UpdateRunner } from "./update_runner.ts";

const log = logger("source");

/** Options of an {@linkcode IntervalSource}. */
export interface IntervalSourceOptions extends SourceOptions {
  /**
   * The first value of `IntervalSource.period`.
   * @default {none: a configuration has to set it}
   */
  readonly period?: Duration | undefined;
  /**
   * Whether updates fall on round times of day, and the first one waits for such a time: see
   * `TicksOptions.align`. Send with `tick.time` then, which is that time.
   * @default {false}
   */
  readonly align?: boolean | undefined;
  /**
   * How exactly updates meet their deadlines, and at what cost: see `TicksOptions.precision`.
   * @default {"fine"}
   */
  readonly precision?: Precision | undefined;
  /**
   * How long an `update` is waited for. One that takes longer is given up: its signal is aborted, the log
   * tells, and the next deadline gets its update, beside it if it does not end. Without a limit the
   * updates wait until it has ended. Either way, when an update, and what came after it, has not ended
   * after 10 s or three periods, the longer, the log and `health` tell. Of those that were given up at most
   * 100 may go on: then updates are left out.
   * @default {none}
   */
  readonly updateTimeout?: Duration | undefined;
}

/** The names of {@linkcode IntervalSourceOptions}, but for those of every source. */
export const INTERVAL_OPTIONS: OptionNames<Omit<IntervalSourceOptions, keyof SourceOptions>> = {
  period: true,
  align: "boolean",
  precision: true,
  updateTimeout: true,
};

/**
 * A source whose `update` is called at constant intervals: first at once, then every `period`, on
 * the monotonic clock, so that setting the system's time changes nothing; with `align` at round times
 * of day instead. An `update` that takes longer than the period lets the deadlines it missed pass,
 * and the next one keeps the phase.
 *
 * What it inherits from {@linkcode Source} and {@linkcode Agent}:
 *
 * - Metrics and points: {@linkcode Source.prototype.declareMetrics | declareMetrics},
 *   {@linkcode Source.prototype.send | send}, {@linkcode Source.prototype.sendMany | sendMany},
 *   {@linkcode Source.prototype.flush | flush}, {@linkcode Source.prototype.metric | metric},
 *   {@linkcode Source.prototype.chunkSize | chunkSize}
 * - How it is doing: {@linkcode Source.prototype.stats | stats},
 *   {@linkcode Source.prototype.health | health}, {@linkcode Source.prototype.clock | clock}
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
 * import { IntervalSource, rpcHandler, Timestamp } from "@metricq/source";
 *
 * class DummySource extends IntervalSource {
 *   @rpcHandler("config")
 *   async onConfig({ rate }: { rate: number }) {
 *     this.period = 1 / rate;
 *     await this.declareMetrics({ "test.deno.dummy": { rate, unit: "" } });
 *   }
 *
 *   async update() {
 *     await this.send("test.deno.dummy", Timestamp.now(), Math.random());
 *   }
 * }
 *
 * const source = new DummySource({ token: "source-deno-dummy", url: "amqp://localhost/" });
 * // await source.run();
 * ```
 */
export abstract class IntervalSource extends Source {
  static {
    protectMembers(this, {
      required: "update",
      called: {
        task: "so update would never be called: remove it, or call super.task(signal) in it",
      },
    });
  }

  #period: Timedelta | undefined;
  #ticker: Ticker | undefined;
  readonly #isAligned: boolean;
  readonly #precision: Precision;
  readonly #updateTimeout: Timedelta | undefined;
  readonly #hasPeriod = Promise.withResolvers<void>();

  /** As {@linkcode Source}'s. */
  constructor(options: IntervalSourceOptions) {
    super(options);
    refuseMisspelt("make a source", options, INTERVAL_OPTIONS);
    this.#isAligned = options.align ?? false;
    this.#precision = requirePrecision(options.precision ?? "fine");
    const { updateTimeout } = options;
    if (updateTimeout !== undefined) {
      this.#updateTimeout = requireDuration("Cannot use updateTimeout", updateTimeout);
    }
    if (options.period !== undefined) this.period = options.period;
  }

  /**
   * The time between two calls of `update`: set a number of seconds, a {@linkcode Timedelta} or a
   * text such as `"500ms"`; read a Timedelta, or `undefined` before it was set. A change takes
   * effect before the next update. Updates begin when it is set.
   *
   * @throws {TypeError} If set to `null` or `undefined`: updates cannot go on without a period.
   * @throws {RangeError} If set to what is not above 0.
   */
  get period(): Timedelta | undefined {
    return this.#period;
  }

  set period(period: Duration) {
    const timedelta = requireDuration("Cannot set period", period);
    this.#period = timedelta;
    if (this.#ticker) this.#ticker.period = timedelta;
    this.#hasPeriod.resolve();
  }

  /**
   * Measures and sends. If it throws a {@linkcode PublishFailed}, that is logged and the updates go
   * on; any other error stops the source with that error.
   *
   * @param tick When the update was due, how late it is, and how many were missed before it.
   * @param signal Aborted when the source stops, and when the update has taken longer than
   * `updateTimeout`.
   */
  protected abstract update(tick: Tick, signal: AbortSignal): PromiseLike<unknown> | void;

  /** Calls `update` at every tick; a method in its place has to call it as `super.task(signal)`. */
  protected override async task(signal: AbortSignal): Promise<void> {
    const period = await this.#firstPeriod(signal);
    if (period === undefined) return;
    this.#ticker = ticks({
      period,
      align: this.#isAligned,
      signal,
      precision: this.#precision,
      clock: this.clock,
    });
    const watch = watchedBy(this)("update", () => this.#period?.ms ?? 0);
    const updates = new UpdateRunner({
      token: this.token,
      clock: this.clock,
      watch,
      timeout: this.#updateTimeout,
      signal,
    });
    const missed = new MissedDeadlines({
      name: this.token,
      activity: "update",
      isToldOnce: false,
    });
    for await (const tick of this.#ticker) {
      missed.report(tick);
      try {
        await updates.run((signal) => refuseGenerator("update", this.update(tick, signal)));
      } catch (error) {
        if (!(error instanceof PublishFailed)) throw error;
        log.warn("{error}", { error: error.message });
      }
    }
    watch.close();
  }

  // Without a configuration at the manager, the period comes with the first one that is sent.
  async #firstPeriod(signal: AbortSignal): Promise<Timedelta | undefined> {
    if (this.#period === undefined) {
      const { rpc, events } = coreOf(this);
      const handled = events.condition.get("configured") === undefined
        ? "{token} waits for its configuration: no period is set"
        : "{token} makes no updates: its configuration has come, and no period was set";
      log.warn(
        handlesConfig(rpc.handlers)
          ? handled
          : '{token} makes no updates: no period is set, by the option "period" or by a handler of "config"',
        { token: this.token },
      );
      const stopped = Promise.withResolvers<void>();
      signal.addEventListener("abort", () => stopped.resolve(), { once: true });
      await Promise.race([this.#hasPeriod.promise, stopped.promise]);
    }
    return this.#period;
  }
}
