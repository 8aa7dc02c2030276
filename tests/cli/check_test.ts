/** What `--check` prints. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { checkText } from "../../src/cli/check.ts";
import { runCommand } from "../../src/cli/command.ts";
import type { JsonObject } from "../../src/rpc/json.ts";
import { Source } from "../../src/source/source.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { Network } from "../e2e/network.ts";
import { bindQueue, readQueue } from "../faults/account.ts";
import { LogRecords } from "../support/log_records.ts";
import { needing } from "../support/needing.ts";

const token = "source-test";

class TestSource extends Source {
  task() {}
}

Deno.test("checkText() leaves out what may be a key to a device", () => {
  const config = {
    requests: {
      meter: {
        url: "http://ada:hunter2@meter.example/rpc?id=hunter2",
        headers: { "x-pin": "hunter2", accept: "*/*" },
        login: { type: "bearer", token: "hunter2" },
        values: { power: { json: "apower" } },
      },
    },
  };
  const text = checkText({ token: "source-test", config, metrics: {} });
  assert.doesNotMatch(text, /hunter2/);
  const shown = JSON.parse(text);
  assert.equal(shown.token, "source-test");
  assert.equal(shown.config.requests.meter.url, "http://ada:******@meter.example/rpc?******");
  assert.deepEqual(shown.config.requests.meter.values, { power: { json: "apower" } });
  assert.deepEqual(shown.config.requests.meter.headers, { "x-pin": "…", accept: "…" });
});

Deno.test("checkText() leaves out secrets wherever they stand", () => {
  const configs: JsonObject[] = [
    { passwords: ["hunter2"] },
    { tokens: { first: "hunter2" } },
    { auth: { user: "ada", value: "hunter2" } },
    { credentials: ["ada", "hunter2"] },
    { pwd: "hunter2" },
    { community: "hunter2" },
    { apiKeys: [{ value: "hunter2" }] },
    { login: { type: "cookie", path: "/login", user: "ada", body: { data: ["hunter2"] } } },
    { headers: [["x-pin", "hunter2"]] },
    { command: ["ipmitool", "-P", "hunter2"] },
    { commands: { a: { command: ["curl", "-u", "ada:hunter2"] } } },
    { url: "http://ada:my hunter2@h/" },
    { url: "http:\\\\ada:hunter2@h/" },
    { path: "/rpc?id=hunter2" },
    { hosts: { "http://ada:hunter2@h/": 1 } },
    { certificate: "-----BEGIN PRIVATE KEY-----\nhunter2" },
  ];
  for (const config of configs) {
    const text = checkText({ token: "source-test", config, metrics: {} });
    assert.doesNotMatch(text, /hunter2/);
  }
});

Deno.test("checkText() shows the metadata of metrics whose names look like secrets", () => {
  const metrics = { "lab.token": { unit: "W" } };
  const config = { command: ["df", "/"], login: { type: "basic", user: "ada", password: "x" } };
  const shown = JSON.parse(checkText({ token: "source-test", config, metrics }));
  assert.deepEqual(shown.metrics, metrics);
  assert.deepEqual(shown.config.command, ["df", "…"]);
  assert.deepEqual(shown.config.login, { type: "basic", user: "ada", password: "…" });
});

Deno.test(needing({ peers: ["rabbitmq", "metricq"] }, {
  name: "command() checks a source beside the one that runs, with its token and its spool",
  fn: async () => {
    await using _logged = await LogRecords.capture();
    const config = { rate: 5 };
    const folder = await Deno.makeTempDir();
    const spool = join(folder, "spool");
    await using network = await Network.start({ configs: { [token]: config } });
    await using running = new TestSource({ token, url: network.url, spool });
    await running.connect();
    const calls: unknown[] = [];
    const check = await runCommand(
      { defaultToken: token },
      ({ server, token }) => {
        const source = new TestSource({ token, url: server });
        source.addRpcHandler("config", (given) => void calls.push(given));
        return source.run();
      },
      ["--server", network.url, "--spool", spool, "--check"],
      { environment: () => undefined, file: () => undefined },
    );
    assert.equal(check, 0);
    assert.equal(running.health.status, "connected");
    assert.deepEqual(calls, [config]);
    // The one that runs is still the one that the network knows.
    await network.manager.setConfig(token, { rate: 6 });
    assert.deepEqual(calls, [config]);
    await running.stop();
    await Deno.remove(folder, { recursive: true });
  },
}));

Deno.test(needing({ peers: ["rabbitmq", "metricq"] }, {
  name: "command() with --check declares and sends nothing, whatever the source does meanwhile",
  fn: async () => {
    await using _logged = await LogRecords.capture();
    await using network = await Network.start({ configs: { [token]: { rate: 5 } } });
    await bindQueue(network.url, "all-data", "#", "classic");
    let tasks = 0;
    class EagerSource extends TestSource {
      override task() {
        tasks++;
      }
    }
    const check = await runCommand(
      { defaultToken: token },
      ({ server, token }) => {
        const source = new EagerSource({ token, url: server });
        source.addRpcHandler("config", async () => {
          await source.declareMetrics({ "test.check": { unit: "W" } });
          await source.send("test.check", Timestamp.now(), 1);
          source.flush().catch(() => {}); // it ends with the source
        });
        return source.run();
      },
      ["--server", network.url, "--check"],
      { environment: () => undefined, file: () => undefined },
    );
    assert.equal(check, 0);
    assert.equal(tasks, 0);
    assert.deepEqual(network.manager.metrics, {});
    assert.deepEqual(await readQueue(network.url, "all-data"), []);
  },
}));
