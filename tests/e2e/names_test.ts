/** Names that real networks have, whatever is recommended: declared, sent and received. */

import assert from "node:assert/strict";
import { METRIC, TestSource } from "./test_source.ts";
import { TestNetwork } from "../../src/testing/test_network.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { LogRecords } from "../support/log_records.ts";
import { needing } from "../support/needing.ts";
import { Network } from "./network.ts";

const NAMES = [
  "LZR.E98.1601A.B83.WA",
  "gpu-01.cpu.usage",
  "hodd.rack.1.power",
  "hodd.a.power",
  "foo",
  "büro.klima 2",
  "constructor",
];

/** A source that declares its names with each configuration, and sends a point of each. */
function namingSource(url: string): TestSource {
  return new TestSource({
    url,
    onConfig: (_, source) => source.declareMetrics([...NAMES, METRIC]),
    task: async (_, source) => {
      for (const name of NAMES) await source.send(name, Timestamp.now(), name.length);
    },
  });
}

Deno.test(needing({ peers: ["rabbitmq", "metricq"] }, {
  name: "Source declares and sends names that are not recommended, and a Python sink receives them",
  fn: async () => {
    await using network = await Network.start({ configs: { "source-test": {} } });
    const sink = await network.sink(...NAMES);
    await using source = namingSource(network.url);
    await source.connect();
    for (const name of NAMES) {
      const [point] = await sink.waitForPoints(name, 1);
      assert.equal(point?.value, name.length);
      assert.equal((await network.manager.declared(name))["chunkSize"], 1);
    }
  },
}));

Deno.test(needing({ permissions: [{ name: "net" }, { name: "sys", kind: "hostname" }] }, {
  name: "TestNetwork carries names that are not recommended; the source warns of them once",
  fn: async () => {
    await using logged = await LogRecords.capture();
    await using network = await TestNetwork.start();
    await using source = namingSource(network.url);
    await source.connect();
    for (const name of NAMES) {
      const [point] = await network.points(name);
      assert.equal(point?.value, name.length);
      assert.equal((await network.metadata(name))["source"], "source-test");
    }
    await network.configure("source-test", { declare: "again" });
    assert.deepEqual(logged.messages("warning"), [
      "The MetricQ Wizard reports names of source-test as invalid, which work all the same: " +
      NAMES.map((name) => JSON.stringify(name)).join(", "),
    ]);
  },
}));
