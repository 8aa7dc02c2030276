/**
 * A source whose points are read from devices that fail, of which the oracle knows.
 *
 * @module
 */

import { rpcHandler } from "../../src/rpc/rpc_handler.ts";
import { chunkSizeFor } from "../../src/source/period.ts";
import type { PollGroup } from "../../src/source/poll_group.ts";
import { PollingSource } from "../../src/source/polling_source.ts";
import type { Timestamp } from "../../src/time/timestamp.ts";
import type { SourceConfig } from "./plan.ts";
import { metricsOf, requireConfig, type SimulatedSourceOptions } from "./simulated_source.ts";

const GROUPS = 3;
const READ_TIMEOUT_SECONDS = 1;
const FAILING = 0.02;
const HANGING = 0.01;

/** Reads as its configuration asks for. */
export class SimulatedPollingSource extends PollingSource {
  readonly #options: SimulatedSourceOptions;
  readonly #sendOfRun: string;
  /** The configuration that it has taken last. */
  config: SourceConfig | undefined;

  constructor(options: SimulatedSourceOptions) {
    super(options);
    this.#options = options;
    this.#sendOfRun = `send of ${options.run}`;
  }

  /** Takes a configuration, unless it is one that cannot be used. */
  @rpcHandler("config")
  async onConfig(given: { [Key in keyof SourceConfig]?: SourceConfig[Key] }): Promise<void> {
    const config = requireConfig(given);
    await this.#options.beforeConfiguration();
    const { oracle } = this.#options;
    oracle.expectChunks(this.token, chunkSizeFor(config.periodMs / 1000));
    await this.poll(this.#groups(config));
    this.config = config;
  }

  /** Sends the number of the point in place of what was read. */
  override async send(metric: string, time: Timestamp, _value: number): Promise<void> {
    const { oracle, isDiskFine } = this.#options;
    const account = oracle.metric(metric);
    const number = account.send(time.posixNs);
    const sent = super.send(metric, time, number);
    const isComplete = this.metric(metric).pendingPoints === 0;
    oracle.expectEnd(this.#sendOfRun, sent);
    try {
      await sent;
      account.took(number, isComplete && isDiskFine());
    } catch (error) {
      account.refused(number);
      throw error;
    }
  }

  #groups(config: SourceConfig): PollGroup[] {
    const metrics = metricsOf(this.token, config);
    const groups: PollGroup[] = [];
    for (let group = 0; group < Math.min(GROUPS, metrics.length); group++) {
      const names = metrics.filter((_, at) => at % GROUPS === group);
      groups.push({
        name: `group ${group}`,
        period: config.periodMs / 1000 * (group + 1),
        precision: "coarse",
        timeout: READ_TIMEOUT_SECONDS,
        metrics: Object.fromEntries(
          names.map((name) => [name, { generation: config.generation, unit: "" }]),
        ),
        read: async (signal) => {
          await this.#askDevice(signal);
          return Object.fromEntries(names.map((name) => [name, 0]));
        },
      });
    }
    return groups;
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
