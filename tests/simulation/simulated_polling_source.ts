/**
 * A source whose points are read from devices that fail, of which the oracle knows.
 *
 * @module
 */

import { type RpcContext, rpcHandler } from "../../src/rpc/rpc_handler.ts";
import { chunkSizeFor } from "../../src/source/period.ts";
import type { PollGroup } from "../../src/source/poll_group.ts";
import { PollingSource } from "../../src/source/polling_source.ts";
import type { Timestamp } from "../../src/time/timestamp.ts";
import { Beat } from "./beat.ts";
import { type GivenConfig, metricsOf } from "./given_config.ts";
import type { SourceConfig } from "./plan.ts";
import { PointSender, type SimulatedSourceOptions } from "./point_sender.ts";

const GROUPS = 3;
const READ_TIMEOUT_SECONDS = 1;
const FAILING = 0.02;
const HANGING = 0.01;

/** The period of the group that is read least often. */
export function longestPeriodMs(periodMs: number): number {
  return GROUPS * periodMs;
}

/** Reads as its configuration asks for. */
export class SimulatedPollingSource extends PollingSource {
  readonly #options: SimulatedSourceOptions;
  // By metric: that of the group which reads it.
  #beats = new Map<string, Beat>();
  // The metrics of which there is a reading since their device was asked last.
  readonly #answered = new Set<string>();
  /** What sends its points. */
  readonly sender: PointSender;

  constructor(options: SimulatedSourceOptions) {
    super(options);
    this.#options = options;
    this.sender = new PointSender(this, options);
  }

  /** Takes a configuration, unless it is one that cannot be used. */
  @rpcHandler("config")
  async onConfig(given: GivenConfig, context: RpcContext): Promise<void> {
    await this.sender.configure(given, context, async (config) => {
      this.#options.oracle.expectChunks(this.token, chunkSizeFor(config.periodMs / 1000));
      const { groups, beats } = this.#groups(config);
      await this.poll(groups);
      this.#options.afterDeclaration();
      this.#beats = beats;
    });
  }

  /** Sends the number of the point in place of what was read. */
  override async send(metric: string, time: Timestamp, value: number): Promise<void> {
    if (Number.isNaN(value) && this.#answered.has(metric)) {
      this.#options.oracle.violate(`${metric}: it sends no reading, and its device has answered`);
    }
    // Another configuration may have another by the time that this has been sent.
    const beat = this.#beats.get(metric);
    let sent: Promise<void> | undefined;
    await this.sender.watch(metric, time.posixNs, (number) => {
      return sent = super.send(metric, time, number);
    });
    beat?.end();
    await sent; // it may have failed
  }

  #groups(config: SourceConfig): { groups: PollGroup[]; beats: Map<string, Beat> } {
    const { oracle, run } = this.#options;
    const metrics = metricsOf(this.token, config);
    const groups: PollGroup[] = [];
    const beats = new Map<string, Beat>();
    for (let group = 0; group < Math.min(GROUPS, metrics.length); group++) {
      const names = metrics.filter((_, at) => at % GROUPS === group);
      const name = `group ${group}`;
      const periodMs = config.periodMs * (group + 1);
      const beat = new Beat(
        () => this.clock.nowMs(),
        (text) => oracle.violate(`${run}: ${name}: ${text}`),
      );
      for (const metric of names) beats.set(metric, beat);
      groups.push({
        name,
        period: periodMs / 1000,
        precision: "coarse",
        timeout: READ_TIMEOUT_SECONDS,
        metrics: Object.fromEntries(
          names.map((name) => [name, { generation: config.generation, unit: "" }]),
        ),
        read: async (signal) => {
          beat.begin(periodMs);
          for (const name of names) this.#answered.delete(name);
          await this.#askDevice(signal);
          for (const name of names) this.#answered.add(name);
          return Object.fromEntries(names.map((name) => [name, 0]));
        },
      });
    }
    return { groups, beats };
  }

  async #askDevice(signal: AbortSignal): Promise<void> {
    const { random } = this.#options;
    const isHanging = random.chance(HANGING);
    const tookMs = isHanging ? Infinity : random.logarithmic(0.1, 50);
    await this.clock.sleepUntil(this.clock.nowMs() + tookMs, signal);
    if (isHanging) signal.throwIfAborted();
    if (random.chance(FAILING)) throw new Error("The device is off");
  }
}
