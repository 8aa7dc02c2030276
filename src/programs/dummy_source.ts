/**
 * The tutorial's source, which runs when this package is run as a program.
 *
 * @module
 */

import { isJsonObject } from "../rpc/json.ts";
import { rpcHandler } from "../rpc/rpc_handler.ts";
import type { StandardSchema } from "../rpc/schema.ts";
import { IntervalSource } from "../source/interval_source.ts";
import { Timestamp } from "../time/timestamp.ts";

/** The metric that a {@linkcode DummySource} sends. */
export const DUMMY_METRIC = "test.deno.dummy";

const RATE = {
  type: "number",
  exclusiveMinimum: 0,
  unit: "Hz",
  description: "How many values are sent in a second",
};

/** Written by hand, so that this source needs no further package; a library does it in a line. */
const CONFIG: StandardSchema<{ readonly rate: number }> = {
  "~standard": {
    version: 1,
    vendor: "metricq",
    validate: (config) => {
      const rate = isJsonObject(config) ? config.rate : undefined;
      if (typeof rate === "number" && rate > 0) return { value: { rate } };
      return { issues: [{ path: ["rate"], message: "a number over 0 is required" }] };
    },
    jsonSchema: {
      input: () => ({ type: "object", properties: { rate: RATE }, required: ["rate"] }),
    },
  },
};

/** Sends random values at the rate of its configuration, `{"rate": 2}` in Hz. */
export class DummySource extends IntervalSource {
  /** Applies the rate, and declares the metric with it. */
  @rpcHandler("config", CONFIG)
  async onConfig({ rate }: { readonly rate: number }): Promise<void> {
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
