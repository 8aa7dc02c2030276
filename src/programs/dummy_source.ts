/**
 * The tutorial's source, which runs when this package is run as a program.
 *
 * @module
 */

import { rpcHandler } from "../rpc/rpc_handler.ts";
import { IntervalSource } from "../source/interval_source.ts";
import { Timestamp } from "../time/timestamp.ts";

/** The metric that a {@linkcode DummySource} sends. */
export const DUMMY_METRIC = "test.deno.dummy";

/** Sends random values at the rate of its configuration, `{"rate": 2}` in Hz. */
export class DummySource extends IntervalSource {
  /** Applies the rate, and declares the metric with it. */
  @rpcHandler("config")
  async onConfig({ rate }: { rate: number }): Promise<void> {
    this.period = 1 / rate;
    await this.declareMetrics({
      [DUMMY_METRIC]: {
        rate,
        description: "A random value from 0 to 1, sent by the dummy source of @metricq/source",
        unit: "", // metrics without a unit say so with an empty text
      },
    });
  }

  /** Sends one value. */
  protected override async update(): Promise<void> {
    await this.send(DUMMY_METRIC, Timestamp.now(), Math.random());
  }
}
