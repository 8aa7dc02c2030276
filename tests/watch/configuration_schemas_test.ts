/** Schemas of configurations, asked of sources on a network. */

import assert from "node:assert/strict";
import * as z from "zod";
import type { JsonObject } from "../../src/rpc/json.ts";
import { withSchema } from "../../src/rpc/rpc_handler.ts";
import { Sink } from "../../src/sink/sink.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { systemClock } from "../../src/time/clock.ts";
import { ConfigurationSchemas } from "../../src/watch/configuration_schemas.ts";
import { discoverAgents } from "../../src/watch/discover_agents.ts";
import { NetworkConfigurations } from "../../src/watch/network_configurations.ts";
import type { AgentView } from "../../src/watch/view/network_view.ts";
import { Network } from "../e2e/network.ts";
import { TestSource } from "../e2e/test_source.ts";
import { PythonPeer } from "../peers/python_peer.ts";
import { needing } from "../support/needing.ts";
import { agentView } from "./agent_view.ts";

function agent(discovered: JsonObject | undefined, alive = true): AgentView {
  return agentView({ token: "source-a", alive, discovered });
}

const OFFERS = { configSchema: "config.schema", startingTime: "1" };

Deno.test("ConfigurationSchemas asks a source that offers one, and once", async () => {
  const clock = new ManualClock();
  let seen = agent(OFFERS);
  const calls: string[] = [];
  const schemas = new ConfigurationSchemas({
    call: (...call) => {
      calls.push(call.join());
      return Promise.resolve({ schema: { title: `${calls.length}` } });
    },
    agents: () => Promise.resolve([seen]),
    clock,
  });
  const title = async (token = "source-a") => (await schemas.get(token))?.title;
  assert.deepEqual(await Promise.all([title(), title(), title("source-b")]), ["1", "1", undefined]);
  assert.deepEqual(calls, ["source-a,config.schema"]);
  seen = agent({ ...OFFERS, startingTime: "2" });
  assert.equal(await title(), "2", "another program may have its token now");
  for (
    const other of [
      agent(OFFERS, false),
      agent(undefined),
      agent({ startingTime: "2" }),
      agent({ configSchema: "config" }),
    ]
  ) {
    seen = other;
    assert.equal(await title(), undefined);
  }
  assert.equal(calls.length, 2);
});

Deno.test("ConfigurationSchemas refuses what is no schema, too large or too deep", async () => {
  const deep = Array(100_000).fill(0).reduce<JsonObject>((not) => ({ not }), {});
  const answers: [JsonObject, RegExp][] = [
    [{}, /undefined is given/],
    [{ schema: true }, /a boolean is given/],
    [{ schema: [] }, /an array is given/],
    [{ schema: { title: "x".repeat(600_000) } }, /too large/],
    [{ schema: deep }, /too large/],
  ];
  for (const [answer, message] of answers) {
    const schemas = new ConfigurationSchemas({
      call: () => Promise.resolve(answer),
      agents: () => Promise.resolve([agent(OFFERS)]),
      clock: new ManualClock(),
    });
    await assert.rejects(schemas.get("source-a"), { name: "MessageError", message });
  }
});

Deno.test(needing({ peers: ["rabbitmq", "metricq"] }, {
  name: "NetworkConfigurations has the schema of our source on RabbitMQ, and none of one in Python",
  fn: async () => {
    await using network = await Network.start({
      configs: { "source-ours": { rate: 1 }, "source-python": { rate: 1 } },
    });
    await using source = new TestSource({ token: "source-ours", url: network.url });
    const Config = z.strictObject({ rate: z.number().meta({ unit: "Hz" }) });
    source.addRpcHandler("config", withSchema(Config, () => {}));
    await source.connect();
    await using python = new PythonPeer("source.py", network.url, "source-python", "lab.python");
    await python.waitForEvent(({ rate }) => rate === 1);
    await using sink = new Sink({ token: "watch-test", url: network.url });
    await sink.connect();
    const found = await discoverAgents(sink, 2);
    const agents = [...found].map(([token, discovered]) => ({ ...agent(discovered), token }));
    const configurations = new NetworkConfigurations({
      agent: sink,
      store: undefined,
      isWritable: false,
      agents: () => Promise.resolve(agents),
      clock: systemClock,
    });
    assert.equal(found.get("source-python")?.alive, true);
    assert.equal(await configurations.schema("source-python"), undefined);
    assert.deepEqual((await configurations.schema("source-ours"))?.properties, {
      rate: { type: "number", unit: "Hz" },
    });
  },
}));
