import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Network } from "../e2e/network.ts";
import { boundCommand } from "../peers/process.ts";
import { needing } from "../support/needing.ts";
import { DatagramSocket } from "./datagram_socket.ts";

const needs = ["rabbitmq", "metricq"] as const;
const MAIN = fileURLToPath(new URL("../../mod.ts", import.meta.url));

Deno.test(needing({ peers: needs }, {
  name: "command() tells systemd that the source is ready, lives and stops",
  fn: async () => {
    await using systemd = await DatagramSocket.open();
    await using network = await Network.start({ configs: { "source-deno-dummy": { rate: 10 } } });
    const source = boundCommand(Deno.execPath(), ["run", "-A", MAIN, "--server", network.url], {
      stdin: "null",
      stdout: "null",
      stderr: "piped",
      env: { NOTIFY_SOCKET: systemd.path, WATCHDOG_USEC: "200000" },
    }).spawn();
    const errors = new Response(source.stderr).text();
    await systemd.waitFor("READY=1");
    await systemd.waitFor("WATCHDOG=1");
    source.kill("SIGTERM");
    await systemd.waitFor("STOPPING=1");
    assert.equal((await source.status).code, 143);
    assert.equal(await errors, "");
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "--check prints configuration and declarations, and leaves no trace",
  fn: async () => {
    const config = { rate: 10, password: "secret" };
    await using network = await Network.start({ configs: { "source-deno-dummy": config } });
    const { code, stdout, stderr } = await boundCommand(
      Deno.execPath(),
      ["run", "-A", MAIN, "--server", network.url, "--check"],
      { stdin: "null", stdout: "piped", stderr: "piped" },
    ).output();
    const text = new TextDecoder().decode(stdout);
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    const { token, config: printed, metrics } = JSON.parse(text);
    assert.equal(token, "source-deno-dummy");
    assert.deepEqual(printed, { rate: 10, password: "…" });
    assert.equal(metrics["test.deno.dummy"].chunkSize, 1);
    assert.equal(metrics["test.deno.dummy"].rate, 10);
    assert.deepEqual(network.manager.metrics, {});
    assert.deepEqual(network.manager.requests.map((request) => request.function), [
      "source.register",
    ]);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "command() tells systemd that a source is ready that waits for its configuration",
  fn: async () => {
    await using systemd = await DatagramSocket.open();
    await using network = await Network.start({ fallback: null });
    const source = boundCommand(Deno.execPath(), ["run", "-A", MAIN, "--server", network.url], {
      stdin: "null",
      stdout: "null",
      stderr: "piped",
      env: { NOTIFY_SOCKET: systemd.path },
    }).spawn();
    const errors = new Response(source.stderr).text();
    await systemd.waitFor("READY=1");
    source.kill("SIGTERM");
    await systemd.waitFor("STOPPING=1");
    assert.equal((await source.status).code, 143);
    assert.match(await errors, /source-deno-dummy has no configuration yet/);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "--check of a source without a configuration does not wait, and has a status of its own",
  fn: async () => {
    await using network = await Network.start({ fallback: null });
    const { code, stdout, stderr } = await boundCommand(
      Deno.execPath(),
      ["run", "-A", MAIN, "--server", network.url, "--check"],
      { stdin: "null", stdout: "piped", stderr: "piped" },
    ).output();
    assert.equal(code, 78);
    assert.deepEqual(JSON.parse(new TextDecoder().decode(stdout)), {
      token: "source-deno-dummy",
      unconfigured: "Document source-deno-dummy was not found",
      metrics: {},
    });
    assert.match(new TextDecoder().decode(stderr), /enter one for this token/);
  },
}));
