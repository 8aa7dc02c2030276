/**
 * A source that reads several devices, each at its own period, and goes on when one of them fails.
 *
 * @module
 */

import { describeError } from "../error_text.ts";
import { PublishFailed } from "../errors.ts";
import { logger } from "../log.ts";
import { MissedDeadlines } from "../schedule/missed_deadlines.ts";
import { type Tick, ticks } from "../schedule/ticker.ts";
import { wallTimeOf } from "../time/clock.ts";
import { TimeLimit } from "../time/time_limit.ts";
import type { Timestamp } from "../time/timestamp.ts";
import { chunkSizeFor } from "./period.ts";
import { FoundMetrics, type Values } from "./found_metrics.ts";
import {
  type CheckedGroup,
  checkGroup,
  declarations,
  type PollGroup,
  type Readings,
} from "./poll_group.ts";
import { Source } from "./source.ts";

const log = logger("source");

/**
 * A source of several groups of metrics, each read at its own period.
 *
 * A group that fails, or does not answer in time, is read again at its next deadline, "no reading"
 * (NaN) is sent for its metrics meanwhile, and the others do not notice. The log tells once that it
 * has failed, and once that it is back.
 *
 * @example
 * ```ts
 * import { PollingSource, rpcHandler } from "@metricq/source";
 *
 * class Rack extends PollingSource {
 *   @rpcHandler("config")
 *   async onConfig({ url }: { url: string }) {
 *     await this.poll([
 *       {
 *         period: "100ms",
 *         metrics: { "example.rack.load": { unit: "" } },
 *         read: () => ({ "example.rack.load": Deno.loadavg()[0] ?? NaN }),
 *       },
 *       {
 *         period: "1min",
 *         align: true,
 *         metrics: { "example.rack.power": { unit: "W" } },
 *         read: async (signal) => {
 *           const answer = await fetch(url, { signal });
 *           return { "example.rack.power": (await answer.json()).power };
 *         },
 *       },
 *     ]);
 *   }
 * }
 *
 * const rack = new Rack({ token: "source-rack", url: "amqp://localhost/" });
 * // await rack.run();
 * ```
 */
export abstract class PollingSource extends Source {
  #groups: readonly CheckedGroup[] = [];
  // The metrics of all groups, also those that are found when they are read.
  #taken = new Set<string>();
  #replaced = new AbortController();

  /**
   * Declares the metrics of these groups, and reads them instead of those before: usually called by
   * the handler of the configuration. When it throws, those before go on.
   *
   * @throws {RangeError} When two groups have the same metric, a name breaks the rules, or a period
   * or timeout is not above 0.
   * @throws {TypeError | SyntaxError} When a period or timeout is no duration.
   * @throws {RpcError} As `declareMetrics`.
   */
  protected async poll(groups: readonly PollGroup[]): Promise<void> {
    const checked = groups.map(checkGroup);
    const declared = declarations(checked);
    await this.declareMetrics(declared);
    for (const { metrics, period } of checked) {
      for (const name of Object.keys(metrics)) this.metric(name).chunkSize = chunkSizeFor(period);
    }
    this.#groups = checked;
    this.#taken = new Set(Object.keys(declared));
    this.#replaced.abort();
    this.#replaced = new AbortController();
  }

  /** Reads the groups; not to be overridden. */
  protected override async task(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // Those that were replaced have ended before the new ones begin: a metric that both have
      // would otherwise get its points out of order.
      const until = AbortSignal.any([signal, this.#replaced.signal]);
      const groups = this.#groups;
      const runs = groups.map((group) => {
        const found = new FoundMetrics(group, this.#taken);
        return { group, found, end: this.#run(group, found, until) };
      });
      await Promise.all([aborted(until), ...runs.map(({ end }) => end)]);
      for (const { group, found } of runs) {
        for (const name of [...Object.keys(group.metrics), ...found.declared]) {
          // Nobody would fill the chunk of a metric that is no longer read.
          await this.#unlessFull(() => this.metric(name).detachChunk());
        }
      }
    }
  }

  async #run(group: CheckedGroup, found: FoundMetrics, signal: AbortSignal): Promise<void> {
    const { name, period, align, precision } = group;
    const { clock } = this;
    const trouble = new Trouble(name);
    const missed = new MissedDeadlines(name, "reading");
    let declaring: Promise<void> = Promise.resolve();
    for await (const tick of ticks({ period, align, precision, signal, clock })) {
      // Of one that fails is told already, and it may fail by being slow.
      if (!trouble.isThere) missed.report(tick);
      let readings: Readings | undefined = {};
      let errors: unknown[];
      let hasFailed = false;
      try {
        readings = await this.#read(group, signal);
        errors = Object.values(readings ?? {}).filter((value) => value instanceof Error);
      } catch (error) {
        errors = [error];
        hasFailed = true;
      }
      if (signal.aborted) break;
      const { values, undeclared, refusals } = hasFailed ? found.fail() : found.take(readings);
      trouble.report([...errors, ...refusals]);
      if (!readings) continue;
      const time = this.#timeOf(group, tick);
      await this.#send([...listedValues(group, readings), ...values], time);
      // In the background: what is declared already does not wait for a manager that is away.
      if (undeclared.length > 0) {
        const declare = this.#declarer(group, found, undeclared, time);
        declaring = declaring.then(() => declare(signal));
      }
    }
    await declaring;
  }

  async #read(
    { name, timeout, read }: CheckedGroup,
    signal: AbortSignal,
  ): Promise<Readings | undefined> {
    using limit = new TimeLimit({
      clock: this.clock,
      timeoutSeconds: timeout.s,
      signal,
      onTimeout: () => new Error(`Cannot read ${name}: no answer within ${timeout}`),
    });
    return await limit.race(Promise.resolve(read(limit.signal)));
  }

  #timeOf({ align }: CheckedGroup, tick: Tick): Timestamp {
    return align ? tick.time : wallTimeOf(this.clock);
  }

  async #send(values: Values, time: Timestamp): Promise<void> {
    for (const [name, value] of values) {
      await this.#unlessFull(() => this.send(name, time, value));
    }
  }

  /** Declares what was found and sends it; what the group says of it is asked now. */
  #declarer(
    { name, period, describe }: CheckedGroup,
    found: FoundMetrics,
    values: Values,
    time: Timestamp,
  ): (signal: AbortSignal) => Promise<void> {
    const names = values.map(([metric]) => metric);
    const metadata = names.map((metric) => [metric, describe?.(metric) ?? {}] as const);
    return async (signal) => {
      try {
        for (const metric of names) this.metric(metric).chunkSize = chunkSizeFor(period);
        await this.declareMetrics(Object.fromEntries(metadata), { signal });
      } catch (error) {
        found.endDeclaring(names, new Error(`Cannot declare metrics of ${name}`, { cause: error }));
        return;
      }
      // Their next points are not taken before: they would come ahead of these if there is no room.
      await this.#send(values, time);
      found.endDeclaring(names);
    };
  }

  async #unlessFull(send: () => Promise<void> | void): Promise<void> {
    try {
      await send();
    } catch (error) {
      if (!(error instanceof PublishFailed)) throw error;
      log.warn("{error}", { error: error.message });
    }
  }
}

function listedValues({ metrics }: CheckedGroup, readings: Readings): Values {
  return Object.keys(metrics).map((name) => {
    const value = readings[name];
    return [name, typeof value === "number" ? value : NaN];
  });
}

/** Tells the log when a group has begun to fail, and when that is over, but nothing in between. */
class Trouble {
  readonly #name: string;
  #failures = 0;

  constructor(name: string) {
    this.#name = name;
  }

  /** Whether the last reading has failed. */
  get isThere(): boolean {
    return this.#failures > 0;
  }

  report(errors: readonly unknown[]): void {
    const name = this.#name;
    if (errors.length > 0) {
      const level = this.#failures++ === 0 ? "warn" : "debug";
      const reasons = [...new Set(errors.map(describeError))].join("; ");
      log[level]("No reading of {name}: {reasons}", { name, reasons });
    } else if (this.#failures > 0) {
      log.info("{name} is read again, after {failures} failures", {
        name,
        failures: this.#failures,
      });
      this.#failures = 0;
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
