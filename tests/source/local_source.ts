/**
 * A polling source without a network, for tests.
 *
 * @module
 */

import type { Metadata } from "../../src/source/metadata.ts";
import type { PollGroup } from "../../src/source/poll_group.ts";
import { PollingSource } from "../../src/source/polling_source.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import type { Timestamp } from "../../src/time/timestamp.ts";

/** A polling source whose task runs without any network. */
export class LocalSource extends PollingSource {
  readonly #clock: ManualClock;
  /** What was sent of each metric: the time in ms, and the value. */
  readonly sent: Record<string, [atMs: number, value: number][]> = {};
  /** What was declared last. */
  declared: Record<string, Metadata> = {};
  /** What a declaration does before it succeeds. */
  onDeclare: () => void | Promise<void> = () => {};
  /** What sending a point does before it succeeds. */
  onSend: (metric: string) => void = () => {};
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  /** Begins at 1 s. */
  constructor() {
    const clock = new ManualClock(1000);
    super({ token: "source-test", url: "amqp://localhost/", clock });
    this.#clock = clock;
  }

  /** What it waits on. */
  override get clock(): ManualClock {
    return this.#clock;
  }

  /** Starts the task with these groups. */
  async start(...groups: PollGroup[]): Promise<void> {
    await this.use(...groups);
    this.#running = this.task(this.#stop.signal);
    this.#running.catch(() => {});
    await this.clock.advance(0);
  }

  /** Reads these groups instead. */
  async use(...groups: PollGroup[]): Promise<void> {
    await this.poll(groups);
  }

  /** Ends the task. */
  async end(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  override async declareMetrics(
    metrics: Readonly<Record<string, Metadata>> | readonly string[],
  ): Promise<void> {
    await this.onDeclare();
    // The cast: to TypeScript a readonly array is not what Array.isArray finds.
    this.declared = Array.isArray(metrics) ? {} : { ...metrics as Record<string, Metadata> };
  }

  override send(metric: string, time: Timestamp, value: number): Promise<void> {
    if (!Object.hasOwn(this.sent, metric)) this.sent[metric] = [];
    this.sent[metric]?.push([time.posixMs, value]);
    this.onSend(metric);
    return Promise.resolve();
  }
}

/** A group of one metric, which reads what `read` gives. */
export function group(
  metric: string,
  period: PollGroup["period"],
  read: (signal: AbortSignal) => number | Promise<number>,
  options: Partial<PollGroup> = {},
): PollGroup {
  const reading = async (signal: AbortSignal) => ({ [metric]: await read(signal) });
  return { period, metrics: { [metric]: { unit: "W" } }, read: reading, ...options };
}

/** Throws an error. */
export function fail(message: string): never {
  throw new Error(message);
}
