import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Network } from "../e2e/network.ts";
import { boundCommand } from "../peers/process.ts";
import { DeviceServer } from "../programs/device_server.ts";
import { needing } from "../support/needing.ts";

const EXAMPLE = fileURLToPath(new URL("../../examples/multi_interval_source.ts", import.meta.url));

Deno.test(needing({ peers: ["rabbitmq", "metricq"] }, {
  name: "examples/multi_interval_source.ts reads devices at their own intervals, also failing ones",
  fn: async () => {
    await using device = new DeviceServer();
    device.answer = ({ url }) =>
      url.endsWith("/good") ? Response.json({ power: 12.5 }) : new Response("", { status: 500 });
    const devices = {
      "example.good.power": { url: `${device.url}/good`, interval: "20ms" },
      "example.bad.power": { url: `${device.url}/bad`, interval: 0.05 },
    };
    await using network = await Network.start({ configs: { "source-deno-meters": { devices } } });
    const sink = await network.sink(...Object.keys(devices), "example.new.power");
    const child = boundCommand(Deno.execPath(), [
      "run",
      "--allow-net",
      "--allow-env",
      "--allow-read",
      "--allow-sys",
      EXAMPLE,
      "--server",
      network.url,
    ], { stdin: "null", stdout: "null", stderr: "null" }).spawn();
    const { rate } = await network.manager.declared("example.good.power");
    assert.equal(rate, 50);
    const good = await sink.waitForPoints("example.good.power", 10);
    assert(good.every(({ value }) => value === 12.5));
    assert(good.every(({ timeNs }) => timeNs % 20_000_000n === 0n));
    const bad = await sink.waitForPoints("example.bad.power", 2);
    assert(bad.every(({ value }) => Number.isNaN(value)));

    await network.manager.setConfig("source-deno-meters", {
      devices: { "example.new.power": { url: `${device.url}/good`, interval: "20ms" } },
    });
    await sink.waitForPoints("example.new.power", 5);
    child.kill("SIGINT");
    assert.equal((await child.status).code, 0);
  },
}));
