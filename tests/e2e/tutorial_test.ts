/** The source of the reference's tutorial, ported line by line. */

import assert from "node:assert/strict";
import { IntervalSource, rpcHandler, Timestamp } from "../../mod.ts";
import { needing } from "../support/needing.ts";
import { Network } from "./network.ts";

const needs = ["rabbitmq", "metricq"] as const;
const token = "source-deno-dummy";
const metric = "test.deno.dummy";

class DummySource extends IntervalSource {
  @rpcHandler("config")
  async onConfig({ rate }: { rate: number }) {
    this.period = 1 / rate;
    const metadata = Object.freeze({
      rate,
      description: "A simple dummy metric providing random values, sent from a Deno DummySource",
      unit: "",
      place: Object.freeze({ room: 1 }),
    });
    await this.declareMetrics(Object.freeze({ [metric]: metadata }));
  }

  async update() {
    await this.send(metric, Timestamp.now(), Math.random());
  }
}

Deno.test(needing({ peers: needs }, {
  name: "The tutorial's source registers, is configured, declares its metric and sends",
  fn: async () => {
    await using network = await Network.start({ configs: { [token]: { rate: 100 } } });
    const sink = await network.sink(metric);
    await using source = new DummySource({ token, url: network.url });
    await source.connect();

    const { date, ...metadata } = await network.manager.declared(metric);
    assert.equal(typeof date, "string");
    assert.deepEqual(metadata, {
      rate: 100,
      description: "A simple dummy metric providing random values, sent from a Deno DummySource",
      unit: "",
      place: { room: 1 },
      source: token,
      chunkSize: 1,
    });
    const points = await sink.waitForPoints(metric, 20);
    for (const [i, { timeNs, value }] of points.entries()) {
      assert(value >= 0 && value < 1);
      assert(timeNs > (points[i - 1]?.timeNs ?? 0n));
    }
    assert.deepEqual(
      network.manager.requests.filter(({ from }) => from === token),
      [
        { event: "request", from: token, function: "source.register", arguments: {} },
        {
          event: "request",
          from: token,
          function: "source.declare_metrics",
          arguments: {
            metrics: {
              [metric]: {
                rate: 100,
                description:
                  "A simple dummy metric providing random values, sent from a Deno DummySource",
                unit: "",
                place: { room: 1 },
                chunkSize: 1,
              },
            },
          },
        },
      ],
    );
  },
}));
