/**
 * A source that reads several devices, each at its own period, and goes on when one of them fails.
 *
 * @module
 */

import { coreOf } from "../agent.ts";
import { chunkSizeFor, periodMetadata } from "../config/period.ts";
import { describeError } from "../error_text.ts";
import { PublishFailed } from "../errors.ts";
import { logger } from "../log.ts";
import type { Metadata } from "../metadata.ts";
import { TimeLimit } from "../rpc/time_limit.ts";
import { ticks } from "../schedule/ticker.ts";
import { Source } from "../source.ts";
import type { Timedelta } from "../time/timedelta.ts";
import { Timestamp } from "../time/timestamp.ts";

const log = logger("programs");

/** What a device says: a number for each metric, or why there is none. */
export type Readings = Readonly<Record<string, number | Error>>;

/** A device that is read at a period. */
export interface Poll {
  /** How the log calls it. */
  readonly name: string;
  /** The time between two readings. */
  readonly period: Timedelta;
  /** How long a reading may take. */
  readonly timeout: Timedelta;
  /** The metrics it gives, with their metadata but for rate and interval. */
  readonly metrics: Readonly<Record<string, Metadata>>;
  /**
   * Takes one reading, and gives up when `signal` is aborted. A metric without a number in it gets
   * "no reading", as all do when it fails. `undefined`: nothing to send yet.
   */
  readonly read: (signal: AbortSignal) => Promise<Readings | undefined>;
}

/**
 * Reads devices as its configuration says. A device that fails, or does not answer in time, is
 * tried again at its own period, "no reading" (NaN) is sent for its metrics meanwhile, and the
 * others do not notice. The log tells once that it has failed, and once that it is back.
 */
export abstract class PollingSource extends Source {
  #polls: readonly Poll[] = [];
  #replaced = new AbortController();

  /**
   * Declares the metrics of these devices, and reads them instead of those before. When it throws,
   * those before go on.
   *
   * @throws {RangeError} When two devices have the same metric, or a name breaks the rules.
   */
  protected async poll(polls: readonly Poll[]): Promise<void> {
    await this.declareMetrics(declarations(polls));
    for (const { metrics } of this.#polls) {
      for (const name of Object.keys(metrics)) void this.metric(name).detachChunk();
    }
    for (const { metrics, period } of polls) {
      for (const name of Object.keys(metrics)) this.metric(name).chunkSize = chunkSizeFor(period);
    }
    this.#polls = polls;
    this.#replaced.abort();
    this.#replaced = new AbortController();
  }

  /** Reads the devices; not to be overridden. */
  protected override async task(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // Those that were replaced have ended before the new ones begin: a metric that both have
      // would otherwise get its points out of order.
      const until = AbortSignal.any([signal, this.#replaced.signal]);
      await Promise.all([aborted(until), ...this.#polls.map((poll) => this.#run(poll, until))]);
    }
  }

  async #run(poll: Poll, signal: AbortSignal): Promise<void> {
    const trouble = new Trouble(poll.name);
    const { clock } = coreOf(this);
    // A device that is asked takes longer to answer than a finer wait could win.
    const options = { period: poll.period, signal, clock, precision: "coarse" } as const;
    for await (const _tick of ticks(options)) {
      try {
        const readings = await this.#read(poll, signal);
        if (signal.aborted) return;
        trouble.report(Object.values(readings ?? {}).filter((value) => value instanceof Error));
        if (readings) await this.#send(poll, readings);
      } catch (error) {
        if (signal.aborted) return;
        trouble.report([error]);
        await this.#send(poll, {});
      }
    }
  }

  async #read({ name, timeout, read }: Poll, signal: AbortSignal): Promise<Readings | undefined> {
    using limit = new TimeLimit({
      clock: coreOf(this).clock,
      timeoutSeconds: timeout.s,
      signal,
      onTimeout: () => new Error(`Cannot read ${name}: no answer within ${timeout}`),
    });
    return await limit.race(read(limit.signal));
  }

  async #send({ metrics }: Poll, readings: Readings): Promise<void> {
    const time = Timestamp.now();
    for (const name of Object.keys(metrics)) {
      const value = readings[name];
      try {
        await this.send(name, time, typeof value === "number" ? value : NaN);
      } catch (error) {
        if (!(error instanceof PublishFailed)) throw error;
        log.warn("{error}", { error: error.message });
      }
    }
  }
}

/** Tells the log when a device has begun to fail, and when that is over, but nothing in between. */
class Trouble {
  readonly #name: string;
  #failures = 0;

  constructor(name: string) {
    this.#name = name;
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

function declarations(polls: readonly Poll[]): Record<string, Metadata> {
  const all: Record<string, Metadata> = {};
  for (const { period, metrics } of polls) {
    for (const [name, metadata] of Object.entries(metrics)) {
      if (Object.hasOwn(all, name)) {
        throw new RangeError(`Cannot use metric "${name}": it is there twice, once is required`);
      }
      const chunkSize = chunkSizeFor(period);
      all[name] = { ...periodMetadata(period), chunkSize, ...metadata };
    }
  }
  return all;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
