/**
 * A source that is asked for its points at constant intervals, and whose device fails now and then.
 *
 * @module
 */

import { PublishFailed } from "../../src/errors.ts";
import { type RpcContext, rpcHandler } from "../../src/rpc/rpc_handler.ts";
import type { Tick } from "../../src/schedule/ticker.ts";
import { IntervalSource } from "../../src/source/interval_source.ts";
import type { GivenConfig } from "./given_config.ts";
import type { UpdatesPlan } from "./plan.ts";
import { PointSender, type SimulatedSourceOptions } from "./point_sender.ts";
import type { UpdateFaults } from "./update_faults.ts";
import { UpdateWatch } from "./update_watch.ts";

/** How long an update takes at most that is slow by itself. */
export const SLOW_UPDATE_MS = 10_000;

/** What a {@linkcode SimulatedIntervalSource} is made with. */
export interface SimulatedIntervalSourceOptions extends SimulatedSourceOptions {
  readonly updates: UpdatesPlan;
  readonly updateFaults: UpdateFaults;
}

/** Sends as its workload says, at each update, what its configuration asks for. */
export class SimulatedIntervalSource extends IntervalSource {
  readonly #options: SimulatedIntervalSourceOptions;
  /** What sends its points. */
  readonly sender: PointSender;
  /** What judges the updates. */
  readonly watch: UpdateWatch;

  constructor(options: SimulatedIntervalSourceOptions) {
    const { aligns, precision, timeoutMs } = options.updates;
    const updateTimeout = timeoutMs === undefined ? undefined : timeoutMs / 1000;
    super({ ...options, align: aligns, precision, updateTimeout });
    this.#options = options;
    this.sender = new PointSender(this, options);
    const { clock, oracle, run } = options;
    this.watch = new UpdateWatch({
      source: this,
      aligns,
      timeoutMs: timeoutMs ?? Infinity,
      nowMs: () => this.clock.nowMs(),
      wallTime: () => clock?.wallTime?.(),
      violate: (text) => oracle.violate(`${run}: ${text}`),
    });
  }

  /** Takes a configuration, unless it is one that cannot be used. */
  @rpcHandler("config")
  async onConfig(given: GivenConfig, context: RpcContext): Promise<void> {
    const config = await this.sender.configure(given, context);
    this.period = config.periodMs / 1000;
    this.watch.usePeriod(config.periodMs);
  }

  protected override async update(tick: Tick, signal: AbortSignal): Promise<void> {
    const update = this.watch.begin(tick, signal);
    try {
      await this.#update(tick, signal);
    } finally {
      this.watch.end(update);
    }
  }

  async #update({ time }: Tick, signal: AbortSignal): Promise<void> {
    const { config } = this.sender;
    const { random, updates: { aligns, slow, failing }, updateFaults } = this.#options;
    if (config === undefined) return;
    if (updateFaults.isActive) await updateFaults.befall(this.clock, signal);
    await this.sender.sendAll(config, 0, aligns ? time : undefined);
    if (random.chance(slow)) {
      const tookMs = Math.min(config.periodMs * (0.5 + random.fraction()), SLOW_UPDATE_MS);
      await this.clock.sleepUntil(this.clock.nowMs() + tookMs, signal);
    }
    if (random.chance(failing)) throw new PublishFailed(this.token, 1, "it is thrown on purpose");
  }
}
