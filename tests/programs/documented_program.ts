/**
 * The programs as their pages have them: the command, the configuration, and the device that it takes.
 *
 * @module
 */

import type { JsonObject } from "../../src/rpc/json.ts";
import { freePort } from "../peers/process.ts";
import type { PeerName } from "../peers/peers.ts";
import { PythonPeer } from "../peers/python_peer.ts";
import { startDevice } from "./device_program.ts";
import { DeviceServer } from "./device_server.ts";
import { startMosquitto } from "./mosquitto.ts";
import { freeUdpPort } from "./snmp_agent.ts";
import { startSnmpd } from "./snmpd.ts";

/** Some of the metrics of each program's configuration, behind its prefix. */
export const METRICS: Readonly<Record<string, readonly string[]>> = {
  sysinfo: ["cpu.utilization", "load.one_minute", "memory.used"],
  exec: ["disk.root.used", "disk.root.available", "files.open"],
  http: ["rack1.power", "rack1.energy", "rack1.temperature", "node7.power", "outside"],
  modbus: ["localhost.power", "localhost.energy", "localhost.temperature", "localhost.alarm"],
  mqtt: ["room1.temperature", "plug.power", "plug.energy"],
  snmp: ["localhost.uptime", "localhost.load", "localhost.lo.received", "localhost.lo.errors"],
  prometheus: ["load", "cpu0.idle", "node_memory_MemFree_bytes"],
};

/** A device, and what stands in the documentation for where it is. */
export interface Device {
  readonly program: AsyncDisposable;
  readonly places: Readonly<Record<string, string>>;
}

/** The devices of programs whose metrics come of what a device says. */
export const DEVICES: Readonly<
  Record<string, { readonly peers: readonly PeerName[]; readonly start: () => Promise<Device> }>
> = {
  http: { peers: [], start: startHttpDevice },
  modbus: { peers: ["pymodbus"], start: startModbusDevice },
  mqtt: { peers: ["mosquitto"], start: startMqttBroker },
  snmp: { peers: ["snmpd"], start: startSnmpDevice },
  prometheus: { peers: ["prometheus-node-exporter"], start: startNodeExporter },
};

/** A program's page. */
export interface DocumentedProgram {
  /** Its first line's flags of Deno. */
  readonly shebang: readonly string[];
  /** The command: the flags of Deno, and what stands behind the program. */
  readonly flags: readonly string[];
  readonly args: readonly string[];
  /** The configuration to paste, for a device. */
  readonly configOf: (device: Device | undefined) => DocumentedConfig;
}

/** A configuration, as far as the tests look into it. */
export type DocumentedConfig = JsonObject & { readonly prefix: string };

/** Reads the page of a program. */
export async function readProgram(program: string): Promise<DocumentedProgram> {
  const url = new URL(`../../src/programs/${program}.ts`, import.meta.url);
  const text = await Deno.readTextFile(url);
  const [, shebang = ""] = /^#!\/usr\/bin\/env -S deno run (.*)\n/.exec(text) ?? [];
  const [, command = ""] = /```sh\n \* deno run ([^]*?)\n \* ```/.exec(text) ?? [];
  const words = command.replaceAll(/\\\n \*|'/g, "").trim().split(/\s+/);
  const at = words.findIndex((word) => word.startsWith("jsr:"));
  const [, json = ""] = /```json\n([^]*?)```/.exec(text) ?? [];
  return {
    shebang: shebang.split(" "),
    flags: words.slice(0, at),
    args: words.slice(at + 1),
    configOf: (device) =>
      JSON.parse(
        Object.entries(device?.places ?? {}).reduce(
          (text, [documented, actual]) => text.replaceAll(documented, actual),
          json.replaceAll(/^ \*/gm, ""),
        ),
      ),
  };
}

async function startHttpDevice(): Promise<Device> {
  const program = new DeviceServer();
  program.answer = ({ url, method }) => {
    const { pathname } = new URL(url);
    if (pathname === "/now.csv") {
      return new Response(`time,temperature\n${new Date().toISOString()},21.5\n`);
    }
    if (pathname.startsWith("/redfish/") && method === "POST") {
      return new Response("{}", { status: 201, headers: { "x-auth-token": "abc" } });
    }
    if (pathname.startsWith("/redfish/")) {
      return Response.json({ PowerControl: [{ PowerConsumedWatts: 344 }] });
    }
    return Response.json({ apower: 12.5, aenergy: { total: 4 }, temperature: { tC: 31 } });
  };
  const { host } = new URL(program.url);
  const places = {
    "meter[1-2].example": host,
    "rack[1-2]": "rack1",
    "https://bmc7.example": program.url,
    "http://weather.example": program.url,
  };
  return await Promise.resolve({ program, places });
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
  const port = await freeUdpPort();
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
