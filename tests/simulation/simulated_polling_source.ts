/**
 * A source whose points are read from devices that fail, of which the oracle knows.
 *
 * @module
 */

import type { PointsLost } from "../../src/outbox/delivery_options.ts";
import { rpcHandler } from "../../src/rpc/rpc_handler.ts";
import { chunkSizeFor } from "../../src/source/period.ts";
import type { PollGroup } from "../../src/source/poll_group.ts";
import { PollingSource } from "../../src/source/polling_source.ts";
import type { Timestamp } from "../../src/time/timestamp.ts";
import { Beat } from "./beat.ts";
import type { SourceConfig } from "./plan.ts";
import { RoomWatch } from "./room.ts";
import {
  type GivenConfig,
  metricsOf,
  requireConfig,
  type SimulatedSourceOptions,
  tooLatePointsOf,
} from "./point_sender.ts";
import { Trials } from "./trials.ts";

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
  readonly #room: RoomWatch;
  readonly #options: SimulatedSourceOptions;
  readonly #sendOfRun: string;
  // By metric: that of the group which reads it.
  #beats = new Map<string, Beat>();
  /** The configuration that it has taken last. */
  config: SourceConfig | undefined;
  /** The configurations that it was given. */
  readonly trials: Trials = new Trials(() => this.clock.nowMs());
  /** How many points it was given too late. */
  tooLatePoints = 0;

  constructor(options: SimulatedSourceOptions) {
    super(options);
    this.#options = options;
    this.#room = new RoomWatch(this, options);
    this.#sendOfRun = `send of ${options.run}`;
  }

  /** Takes a configuration, unless it is one that cannot be used. */
  @rpcHandler("config")
  async onConfig(given: GivenConfig): Promise<void> {
    await this.trials.run(() => this.#use(requireConfig(given)));
  }

  async #use(config: SourceConfig): Promise<void> {
    await this.#options.beforeConfiguration();
    const { oracle } = this.#options;
    oracle.expectChunks(this.token, chunkSizeFor(config.periodMs / 1000));
    const { groups, beats } = this.#groups(config);
    await this.poll(groups);
    this.#beats = beats;
    this.config = config;
  }

  /** Sends the number of the point in place of what was read. */
  override async send(metric: string, time: Timestamp, _value: number): Promise<void> {
    const { oracle, isDiskFine } = this.#options;
    const account = oracle.metric(metric);
    // Another configuration may have another by the time that this has been sent.
    const beat = this.#beats.get(metric);
    const number = account.send(time.posixNs);
    this.#room.beforeSend();
    this.#options.beforeSend(this.metric(metric), 1);
    const sent = super.send(metric, time, number);
    const isComplete = this.metric(metric).pendingPoints === 0;
    const hasRoom = this.#room.afterSend(sent);
    if (!this.#room.isTaken(sent)) oracle.expectEnd(this.#sendOfRun, sent);
    try {
      await sent;
      this.#room.noteResolved(sent);
      account.took(number, isComplete && isDiskFine());
    } catch (error) {
      account.refused(number);
      this.tooLatePoints += tooLatePointsOf(error);
      if (hasRoom) this.#room.requireStopped(error);
      throw error;
    } finally {
      beat?.end();
    }
  }

  /** Points were dropped just now. */
  noteDropped(reason: PointsLost["reason"]): void {
    this.#room.noteDropped(reason);
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
          await this.#askDevice(signal);
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
