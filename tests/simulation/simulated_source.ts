/**
 * A source that sends points of which the oracle knows.
 *
 * @module
 */

import { type RpcContext, rpcHandler } from "../../src/rpc/rpc_handler.ts";
import { type Ticker, ticks } from "../../src/schedule/ticker.ts";
import { Source } from "../../src/source/source.ts";
import { Beat } from "./beat.ts";
import type { GivenConfig } from "./given_config.ts";
import { PointSender, type SimulatedSourceOptions } from "./point_sender.ts";

/** Sends as its workload says what its configuration asks for. */
export class SimulatedSource extends Source {
  readonly #options: SimulatedSourceOptions;
  /** What sends its points. */
  readonly sender: PointSender;
  readonly #tickers = new Map<Ticker, Beat>();
  #configured = Promise.withResolvers<void>();

  constructor(options: SimulatedSourceOptions) {
    super(options);
    this.#options = options;
    this.sender = new PointSender(this, options);
  }

  /** Takes a configuration, unless it is one that cannot be used. */
  @rpcHandler("config")
  async onConfig(given: GivenConfig, context: RpcContext): Promise<void> {
    const config = await this.sender.configure(given, context);
    for (const [ticker, beat] of this.#tickers) {
      ticker.period = config.periodMs / 1000;
      beat.reset();
    }
    this.#configured.resolve();
  }

  protected override async task(signal: AbortSignal): Promise<void> {
    if (this.sender.config === undefined) await this.#configured.promise;
    const { tasks } = this.#options.workload;
    await Promise.all(
      Array.from({ length: tasks }, (_, task) => this.#sendAgainAndAgain(signal, task)),
    );
  }

  async #sendAgainAndAgain(signal: AbortSignal, task: number): Promise<void> {
    const { oracle, run } = this.#options;
    const period = (this.sender.config?.periodMs ?? 1000) / 1000;
    const ticker = ticks({ period, signal, clock: this.clock });
    const beat = new Beat(() => this.clock.nowMs(), (text) => oracle.violate(`${run}: ${text}`));
    this.#tickers.set(ticker, beat);
    for await (const _ of ticker) {
      beat.begin(ticker.period.ms);
      const { config } = this.sender;
      if (config !== undefined) await this.sender.sendAll(config, task);
      beat.end();
    }
  }
}
