/**
 * A source that sends points of which the oracle knows.
 *
 * @module
 */

import type { PointsLost } from "../../src/outbox/delivery_options.ts";
import { rpcHandler } from "../../src/rpc/rpc_handler.ts";
import { type Ticker, ticks } from "../../src/schedule/ticker.ts";
import { Source } from "../../src/source/source.ts";
import { Beat } from "./beat.ts";
import type { SourceConfig } from "./plan.ts";
import { type GivenConfig, PointSender, type SimulatedSourceOptions } from "./point_sender.ts";
import type { Trials } from "./trials.ts";

/** Sends as its workload says what its configuration asks for. */
export class SimulatedSource extends Source {
  readonly #options: SimulatedSourceOptions;
  readonly #sender: PointSender;
  readonly #tickers = new Map<Ticker, Beat>();
  #configured = Promise.withResolvers<void>();

  constructor(options: SimulatedSourceOptions) {
    super(options);
    this.#options = options;
    this.#sender = new PointSender(this, options);
  }

  /** The configuration that it has taken last. */
  get config(): SourceConfig | undefined {
    return this.#sender.config;
  }

  /** The configurations that it was given. */
  get trials(): Trials {
    return this.#sender.trials;
  }

  /** How many points it was given too late. */
  get tooLatePoints(): number {
    return this.#sender.tooLatePoints;
  }

  /** Points were dropped just now. */
  noteDropped(reason: PointsLost["reason"]): void {
    this.#sender.noteDropped(reason);
  }

  /** Goes on as a program does that has not noticed yet that it has stopped. */
  async sendLate(): Promise<void> {
    if (this.config !== undefined) await this.#sender.sendAll(this.config);
  }

  /** Takes a configuration, unless it is one that cannot be used. */
  @rpcHandler("config")
  async onConfig(given: GivenConfig): Promise<void> {
    const config = await this.#sender.configure(given);
    for (const [ticker, beat] of this.#tickers) {
      ticker.period = config.periodMs / 1000;
      beat.reset();
    }
    this.#configured.resolve();
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
      if (this.config !== undefined) await this.#sender.sendAll(this.config);
      beat.end();
    }
  }
}
