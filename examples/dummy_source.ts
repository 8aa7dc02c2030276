#!/usr/bin/env -S deno run --allow-net --allow-env --allow-read --allow-sys
/**
 * The tutorial's source: a random value at a rate that is configured over the network.
 *
 *     deno run -A examples/dummy_source.ts --server amqp://localhost/
 *
 * Configuration: `{"rate": 2}`, in Hz.
 */

import { command, IntervalSource, rpcHandler, Timestamp } from "jsr:@metricq/source";

class DummySource extends IntervalSource {
  @rpcHandler("config")
  async onConfig({ rate }: { rate: number }) {
    this.period = 1 / rate;
    await this.declareMetrics({
      "test.deno.dummy": {
        rate,
        description: "A simple dummy metric providing random values, sent from a Deno DummySource",
        unit: "", // metrics without a unit say so with an empty text
      },
    });
  }

  async update() {
    await this.send("test.deno.dummy", Timestamp.now(), Math.random());
  }
}

if (import.meta.main) {
  await command(
    { defaultToken: "source-deno-dummy" },
    ({ server, token }) => new DummySource({ token, url: server }).run(),
  );
}
