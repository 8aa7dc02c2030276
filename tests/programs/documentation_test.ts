/** The programs as their documentation says: with its permissions, and with its configuration. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Network } from "../e2e/network.ts";
import type { PeerName } from "../peers/peers.ts";
import { boundCommand, freePort } from "../peers/process.ts";
import { PythonPeer } from "../peers/python_peer.ts";
import { needing } from "../support/needing.ts";
import { startDevice } from "./device_program.ts";
import { startMosquitto } from "./mosquitto.ts";
import { startSnmpd } from "./snmpd.ts";

const METRICS: Readonly<Record<string, readonly string[]>> = {
  sysinfo: ["cpu.utilization", "load.one_minute", "memory.used"],
  exec: ["disk.root.used", "disk.root.available", "files.open"],
  http: ["rack1.power", "rack2.energy", "rack2.temperature", "node7.power", "outside"],
  modbus: ["localhost.power", "localhost.energy", "localhost.temperature", "localhost.alarm"],
  mqtt: ["room1.temperature", "plug.power", "plug.energy"],
  snmp: ["localhost.uptime", "localhost.load", "localhost.lo.received", "localhost.lo.errors"],
  prometheus: ["load", "cpu0.idle", "node_memory_MemFree_bytes"],
};

/** A device, and what stands in the documentation for where it is. */
interface Device {
  readonly program: AsyncDisposable;
  readonly places: Readonly<Record<string, string>>;
}

/** The real devices of programs whose metrics come of what a device says. */
const DEVICES: Readonly<
  Record<string, { readonly peers: readonly PeerName[]; readonly start: () => Promise<Device> }>
> = {
  modbus: { peers: ["pymodbus"], start: startModbusDevice },
  mqtt: { peers: ["mosquitto"], start: startMqttBroker },
  snmp: { peers: ["snmpd"], start: startSnmpDevice },
  prometheus: { peers: ["prometheus-node-exporter"], start: startNodeExporter },
};

for (const [program, metrics] of Object.entries(METRICS)) {
  const { peers = [], start } = DEVICES[program] ?? {};
  Deno.test(needing({ peers: ["rabbitmq", "metricq", ...peers] }, {
    name: `${program} runs with the command and the configuration of its documentation`,
    fn: async () => {
      const url = new URL(`../../src/programs/${program}.ts`, import.meta.url);
      const text = await Deno.readTextFile(url);
      const [, shebang = ""] = /^#!\/usr\/bin\/env -S deno run (.*)\n/.exec(text) ?? [];
      const [, shell = ""] = /```sh\n \* deno run ([^]*?)jsr:/.exec(text) ?? [];
      const flags = shell.replaceAll(/\\\n \*|'/g, "").trim().split(/\s+/);
      const [, json = ""] = /```json\n([^]*?)```/.exec(text) ?? [];
      const device = await start?.();
      await using _device = device?.program;
      const config = JSON.parse(
        Object.entries(device?.places ?? {}).reduce(
          (text, [documented, actual]) => text.replaceAll(documented, actual),
          json.replaceAll(/^ \*/gm, ""),
        ),
      );
      // The command may permit more than the first line: which programs exec runs is for its user.
      assert.deepEqual(shebang.split(" ").filter((flag) => !flags.includes(flag)), []);

      const token = `source-${program}`;
      await using network = await Network.start({ configs: { [token]: config } });
      const child = boundCommand(Deno.execPath(), [
        "run",
        ...flags,
        fileURLToPath(url),
        "--server",
        network.url,
      ], { stdin: "null", stdout: "null", stderr: "piped" }).spawn();
      const errors = new Response(child.stderr).text();
      const prefix = config.prefix.replace("{host}", device ? "localhost" : Deno.hostname());
      const ended = child.status.then(async () => assert.fail(await errors));
      for (const metric of metrics) {
        const declared = network.manager.declared(`${prefix}.${metric}`);
        const { source } = await Promise.race([declared, ended]);
        assert.equal(source, token);
      }
      ended.catch(() => {});
      child.kill("SIGINT");
      const { code } = await child.status;
      const stderr = await errors;
      assert.equal(code, 0, stderr);
      // With a list of programs exec says so once, as its documentation tells.
      const complaints = stderr.replace(/^\S+ WARNING \S+ Of a command that is too slow .*\n/m, "");
      assert.doesNotMatch(complaints, /^error|NotCapable|--allow-/m);
    },
  }));
}

async function startNodeExporter(): Promise<Device> {
  const port = freePort();
  const args = [`--web.listen-address=127.0.0.1:${port}`];
  const program = await startDevice("prometheus-node-exporter", args, /Listening on/);
  return { program, places: { "node[7-8].example": "localhost", "9100": `${port}`, "15s": "1s" } };
}

async function startModbusDevice(): Promise<Device> {
  const port = freePort();
  const program = new PythonPeer("modbus.py", `${port}`);
  await program.waitForEvent(({ event }) => event === "ready");
  return { program, places: { "meter[1-2].example": "localhost", "502": `${port}` } };
}

async function startSnmpDevice(): Promise<Device> {
  const port = freePort();
  const program = await startSnmpd(port);
  return {
    program,
    places: { "switch[1-2].example": "localhost", ":161": `:${port}`, "10s": "1s" },
  };
}

async function startMqttBroker(): Promise<Device> {
  const port = freePort();
  await using parts = new AsyncDisposableStack();
  const broker = parts.use(await startMosquitto(port, "allow_anonymous true"));
  const url = `mqtt://localhost:${port}`;
  const { connectAsync } = await import("./mqtt_client.ts");
  const client = await connectAsync(url);
  // Sent again and again, as nobody tells when the program has subscribed.
  const timer = setInterval(() => {
    client.publishAsync("sensors/room1/temperature", "21.5", { qos: 0 }).catch(() => {});
    const sensor = { Time: new Date().toISOString(), ENERGY: { Power: 5, Total: 2 } };
    client.publishAsync("tele/plug/SENSOR", JSON.stringify(sensor), { qos: 0 }).catch(() => {});
  }, 200);
  parts.move();
  const stop = async () => {
    clearInterval(timer);
    client.end(true);
    await broker[Symbol.asyncDispose]();
  };
  return {
    program: { [Symbol.asyncDispose]: stop },
    places: { "mqtt.example:1883": `localhost:${port}` },
  };
}
