import assert from "node:assert/strict";
import { Agent } from "../../src/agent/agent.ts";
import { DevNetwork } from "../../src/dev/network.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { TestSource } from "../e2e/test_source.ts";
import { LogRecords } from "../support/log_records.ts";
import { needing } from "../support/needing.ts";
import { until } from "../support/clock.ts";
import { AmqplibSession, body } from "./broker/amqplib_session.ts";
import { called, networkTests } from "./network_test_cases.ts";

const TOKEN = "source-test";

networkTests(
  "DevNetwork.view shows metrics, points, agents, calls and configurations",
  { configs: { [TOKEN]: { rate: 10 } } },
  async (network, events) => {
    const { view } = network;
    assert.deepEqual(view.tokens(), [TOKEN]);
    await view.metrics({ count: 0 }); // it looks on from here
    await using source = new TestSource({
      token: TOKEN,
      url: network.url,
      onConfig: ({ rate }, source) =>
        source.declareMetrics({
          "test.rate": { rate: Number(rate) },
          "test.bad": { interval: "x" },
        }),
    });
    await source.connect();
    await source.rpc("source.declare_metrics", {
      metrics: { "test.interval": { interval: "4s" } },
    });
    const times = [1, 2, 3].map((ms) => Timestamp.fromPosixMs(1_700_000_000_000 + ms));
    for (const [i, time] of times.entries()) await source.send("test.rate", time, i);
    await source.send("test.undeclared", Timestamp.now(), NaN);
    await events.chunks.nth(4);

    const expected = [
      ["test.bad", TOKEN, 0, undefined],
      ["test.interval", TOKEN, 0, 0.25],
      ["test.rate", TOKEN, 3, 10],
      ["test.undeclared", undefined, 1, undefined],
    ];
    const shown = async () =>
      (await view.metrics({ count: 10 })).metrics.map(
        ({ name, source, points, declaredRatePerSecond }) => [
          name,
          source,
          points,
          declaredRatePerSecond,
        ],
      );
    await until(async () => JSON.stringify(await shown()) === JSON.stringify(expected));
    assert.deepEqual(await shown(), expected);
    const [rate] = await view.named(["test.rate"]);
    assert.deepEqual(rate?.metadata, network.metadata("test.rate"));
    assert.deepEqual(rate?.last, { timeMs: 1_700_000_000_003, value: 2 });
    assert.deepEqual(view.series("test.rate", 1_700_000_000_001), {
      timesMs: Float64Array.of(1_700_000_000_002, 1_700_000_000_003),
      values: Float64Array.of(1, 2),
    });
    const { pointsPerSecond: _, ...summary } = await view.summary();
    assert.deepEqual(summary, {
      metrics: 4,
      followed: 4,
      silent: 1,
      offRate: 1,
      undeclared: 0,
    });

    await called(events, "discover", ({ to }) => to === TOKEN);
    const [agent] = await view.agents();
    const { token, alive, metrics, faults } = agent ?? {};
    assert.deepEqual([token, alive, metrics, faults], [TOKEN, true, 3, []]);
    assert.equal(agent?.discovered?.["alive"], true);
    // Its clock is the one of this machine.
    assert.ok(Math.abs(agent.clock?.offsetMs ?? NaN) <= (agent.clock?.uncertaintyMs ?? 0) + 1);

    assert.equal(await view.configure(TOKEN, { rate: 20 }), true);
    assert.equal(await view.configure("source-absent", {}), false);
    assert.deepEqual(view.configuration(TOKEN), { rate: 20 });
    assert.deepEqual(view.tokens(), ["source-absent", TOKEN]);

    const calls = view.rpcs().filter((call) => call.function !== "discover");
    assert.deepEqual(calls.map((call) => `${call.from} ${call.function} ${call.to}`), [
      `${TOKEN} source.register manager`,
      `${TOKEN} source.declare_metrics manager`,
      `${TOKEN} source.declare_metrics manager`,
      `${TOKEN} source.declare_metrics manager`,
      `manager config ${TOKEN}`,
    ]);
    assert.deepEqual(view.rpcs(calls.at(-1)?.id), []);
    assert.equal(calls.at(-1)?.arguments, '{"rate":20}');
  },
).forEach((test) => Deno.test(test));

networkTests(
  "DevNetwork goes on when a message is not a chunk",
  {},
  async (network, events) => {
    await using records = await LogRecords.capture();
    await using amqp = new AmqplibSession(network.url);
    const channel = await amqp.channel();
    for (let i = 0; i < 200; i++) channel.publish("metricq.data", "test.bad", body("\x09"));
    channel.publish("metricq.data", "test.good", body(""));
    assert.equal((await events.chunks.nth(1)).metric, "test.good");
    const warnings = records.messages("warning");
    assert.equal(warnings.length, 100);
    assert.match(
      warnings[0] ?? "",
      /^Ignoring a chunk of .*test\.bad.*: Cannot decode chunk of 1 bytes/,
    );
  },
).forEach((test) => Deno.test(test));

networkTests(
  "DevNetwork.view shows a configuration without what a database and the wizard keep in it",
  { configs: { [TOKEN]: { rate: 10, _id: TOKEN, _rev: "3-x", "x-metricq": { by: "ada" } } } },
  async (network) => {
    const { view } = network;
    assert.deepEqual(view.configuration(TOKEN), { rate: 10 });
    await view.configure(TOKEN, { rate: 20 });
    assert.deepEqual(view.configuration(TOKEN), { rate: 20 });
    // It is still there: whoever edits the rest does not take it away.
    await using source = new Agent({ token: TOKEN, url: network.url });
    await source.connect();
    const { config } = await source.rpc("source.register");
    assert.deepEqual(Object(config)["x-metricq"], { by: "ada" });
  },
).forEach((test) => Deno.test(test));

const needs = [{ name: "net" }, { name: "sys", kind: "hostname" }] as const;

Deno.test(needing({ permissions: needs }, {
  name: "DevNetwork.start() keeps to this machine unless told",
  fn: async () => {
    await assert.rejects(DevNetwork.start({ hostname: "0.0.0.0" }), {
      name: "TypeError",
      message: /Cannot start broker: "0\.0\.0\.0" is given/,
    });
    await using network = await DevNetwork.start({ hostname: "0.0.0.0", allowRemote: true });
    assert.match(network.url, /^amqp:\/\/0\.0\.0\.0:\d+$/);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "DevNetwork.start() fails where no broker is",
  fn: async () => {
    await assert.rejects(DevNetwork.start({ server: "amqp://me:secret@127.0.0.1:1/" }), (error) => {
      assert.equal(Object(error).name, "ConnectFailed");
      assert(!Deno.inspect(error).includes("secret"));
      return true;
    });
  },
}));

Deno.test(needing({ permissions: [...needs, { name: "read" }, { name: "write" }] }, {
  name: "DevNetwork sends a source its configuration when the file is edited",
  fn: async () => {
    const configDir = await Deno.makeTempDir();
    const file = `${configDir}/${TOKEN}.json`;
    await Deno.writeTextFile(file, '{"rate":1}');
    {
      await using network = await DevNetwork.start({ configDir });
      await using source = new TestSource({ token: TOKEN, url: network.url });
      await source.connect();
      assert.deepEqual(await source.configs.nth(1), { rate: 1 });
      await Deno.writeTextFile(file, '{"rate":2}');
      assert.deepEqual(await source.configs.nth(2), { rate: 2 });
      await network.setConfiguration(TOKEN, { rate: 3 });
      assert.deepEqual(JSON.parse(await Deno.readTextFile(file)), { rate: 3 });
    }
    await Deno.remove(configDir, { recursive: true });
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "DevNetwork.stop() ends everything, and again does nothing",
  fn: async () => {
    const network = await DevNetwork.start();
    const { url } = network;
    await network.stop();
    await network.stop();
    await assert.rejects(DevNetwork.start({ server: url }), { name: "ConnectFailed" });
  },
}));
