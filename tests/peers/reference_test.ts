/** The reference package's manager and sink of the tests, and a source of the same package. */

import assert from "node:assert/strict";
import { Network } from "../e2e/network.ts";
import { TestSource } from "../e2e/test_source.ts";
import { needing } from "../support/needing.ts";
import { PythonPeer } from "./python_peer.ts";
import { ReferenceManager } from "./reference_manager.ts";
import { ReferenceSink } from "./reference_sink.ts";
import { sharedVhost } from "./shared_broker.ts";

const needs = ["rabbitmq", "metricq"] as const;
const token = "source-reference";
const metric = "test.reference";

Deno.test(needing({ peers: needs }, {
  name: "ReferenceSink receives points to the nanosecond and the bit",
  fn: async () => {
    const { url: server } = await sharedVhost();
    await using manager = await ReferenceManager.start({
      server,
      configs: { [token]: { rate: 2 } },
    });
    await using sink = await ReferenceSink.start({ server, metrics: [metric] });
    await using _source = new PythonPeer("source.py", server, token, metric);

    const { date, ...metadata } = await manager.declared(metric);
    assert.equal(typeof date, "string");
    assert.deepEqual(metadata, { rate: 2, source: token, chunkSize: 1 });
    assert.deepEqual(await sink.waitForPoints(metric, 3), [
      { timeNs: 1_700_000_000_123_456_789n, value: 0.1, bits: "3fb999999999999a" },
      { timeNs: 1_700_000_000_123_456_790n, value: -0, bits: "8000000000000000" },
      { timeNs: 3n, value: NaN, bits: "fff8000000000000" },
    ]);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "ReferenceManager configures and discovers sources",
  fn: async () => {
    const { url: server } = await sharedVhost();
    await using manager = await ReferenceManager.start({
      server,
      configs: { [token]: { rate: 2 } },
    });
    await using source = new PythonPeer("source.py", server, token, metric);
    await source.waitForEvent((event) => event.rate === 2);

    assert.deepEqual(await manager.setConfig(token, { rate: 3 }), {});
    await source.waitForEvent((event) => event.rate === 3);
    await assert.rejects(manager.setConfig(token, { rate: 0 }), /rate must be positive/);

    const { [token]: answer } = await manager.discover(token);
    assert.equal(answer?.alive, true);
    assert.deepEqual(await manager.request("source.register"), {
      event: "request",
      from: token,
      function: "source.register",
      arguments: {},
    });
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "ReferenceManager.restart() keeps configurations and metadata",
  fn: async () => {
    const { url: server } = await sharedVhost();
    await using manager = await ReferenceManager.start({
      server,
      configs: { [token]: { rate: 2 } },
    });
    {
      await using _source = new PythonPeer("source.py", server, token, metric);
      await manager.declared(metric);
    }
    await manager.kill();
    await manager.restart();

    await using sink = await ReferenceSink.start({ server, metrics: [metric] });
    assert.equal(sink.metadata[metric]?.rate, 2);
    await using source = new PythonPeer("source.py", server, token, metric);
    await source.waitForEvent((event) => event.rate === 2);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "ReferenceManager.start() rejects with Python's reason",
  fn: async () => {
    const server = "amqp://guest:guest@127.0.0.1:1/";
    await assert.rejects(ReferenceManager.start({ server }), /ConnectFailed/);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "The reference manager answers a HistoryClient as one without databases does",
  fn: async () => {
    await using network = await Network.start();
    await using source = new TestSource({ url: network.url });
    await source.connect();
    await source.declareMetrics(["test.heat"]);
    await using client = new PythonPeer("history.py", network.url);
    await client.waitForEvent(({ event }) => event === "ready");
    const counts: number[] = [];
    for (const historic of [true, null]) {
      await client.write({ selector: "test", historic });
      const { metrics } = await client.waitFor(() => client.events[counts.length + 1]);
      counts.push(Object.keys(Object(metrics)).length);
    }
    assert.deepEqual(counts, [0, 1]);
  },
}));
