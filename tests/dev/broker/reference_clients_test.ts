/** Programs on the reference package, with the embedded broker between them. */

import assert from "node:assert/strict";
import { Broker } from "../../../src/dev/broker/broker.ts";
import { PythonPeer } from "../../peers/python_peer.ts";
import { ReferenceManager } from "../../peers/reference_manager.ts";
import { ReferenceSink } from "../../peers/reference_sink.ts";
import { needing } from "../../support/needing.ts";

const token = "source-reference";
const metric = "test.reference";

Deno.test(needing({ peers: ["metricq"] }, {
  name: "Broker serves the reference manager, source and sink",
  fn: async () => {
    await using broker = Broker.start();
    const server = `${broker.url.replace("//", "//guest:guest@")}/`;
    await using manager = await ReferenceManager.start({
      server,
      configs: { [token]: { rate: 2 } },
    });
    await using sink = await ReferenceSink.start({ server, metrics: [metric] });
    await using source = new PythonPeer("source.py", server, token, metric);

    assert.equal((await manager.declared(metric)).rate, 2);
    const points = await sink.waitForPoints(metric, 3);
    assert.deepEqual(points.map(({ value }) => value), [0.1, -0, NaN]);

    assert.deepEqual(await manager.setConfig(token, { rate: 3 }), {});
    await source.waitForEvent((event) => event.rate === 3);
    const { [token]: answer } = await manager.discover(token);
    assert.equal(answer?.alive, true);
  },
}));
