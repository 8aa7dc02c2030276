import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Network } from "../e2e/network.ts";
import { peerTest } from "../peers/peertest.ts";
import { boundCommand } from "../peers/process.ts";

const needs = ["rabbitmq", "metricq"] as const;
const MAIN = fileURLToPath(new URL("../../mod.ts", import.meta.url));

// Deno cannot listen on a Unix datagram socket, and Python is there.
const LISTENER = `
import socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
print("listening", flush=True)
while True:
    message = listener.recv(4096).decode()
    if message.startswith(("READY", "WATCHDOG", "STOPPING")):
        print(message, flush=True)
`;

peerTest(
  { name: "command() tells systemd that the source is ready, lives and stops", needs },
  async () => {
    const folder = await Deno.makeTempDir();
    const socket = `${folder}/notify`;
    const listener = boundCommand("python3", ["-c", LISTENER, socket], {
      stdin: "null",
      stdout: "piped",
    }).spawn();
    const messages = listener.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let seen = "";
    const until = async (message: string) => {
      while (!seen.includes(message)) seen += (await messages.read()).value ?? assert.fail(seen);
    };
    await until("listening");

    await using network = await Network.start({ configs: { "source-deno-dummy": { rate: 10 } } });
    const source = boundCommand(Deno.execPath(), ["run", "-A", MAIN, "--server", network.url], {
      stdin: "null",
      stdout: "null",
      stderr: "piped",
      env: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: "200000" },
    }).spawn();
    const errors = new Response(source.stderr).text();
    await until("READY=1");
    await until("WATCHDOG=1");
    source.kill("SIGTERM");
    await until("STOPPING=1");
    assert.equal((await source.status).code, 143);
    assert.equal(await errors, "");
    listener.kill("SIGKILL");
    await listener.status;
    await messages.cancel();
    await Deno.remove(folder, { recursive: true });
  },
);

peerTest(
  { name: "--check prints configuration and declarations, and leaves no trace", needs },
  async () => {
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
);
