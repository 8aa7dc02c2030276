/**
 * Two hundred devices once a second in one process, thirty of them bad.
 *
 * @module
 */

import { DevNetwork } from "../../src/dev/network.ts";
import type { JsonObject } from "../../src/rpc/json.ts";
import { type Json, Program } from "./program.ts";
import { progress, publish } from "./report.ts";

const WARM_UP_MS = 20_000;
const MEASURED_MS = 60_000;

/** The configuration of each program, for devices on ports of this host. */
const CONFIGS: Readonly<Record<string, (ports: readonly number[]) => JsonObject>> = {
  http: (ports) => ({
    requests: Object.fromEntries(ports.map((port) => [
      `${port}`,
      { url: `http://127.0.0.1:${port}/`, values: { [`test.d${port}`]: { json: "value" } } },
    ])),
  }),
  modbus: (ports) => ({ devices: devices(ports, { register: 0 }) }),
  snmp: (ports) => ({ devices: devices(ports, { oid: "1.3.6.1.4.1.9.1.0" }) }),
};

function devices(ports: readonly number[], value: JsonObject): JsonObject {
  return Object.fromEntries(ports.map((port) => [
    `${port}`,
    { address: `127.0.0.1:${port}`, values: { [`test.d${port}`]: value } },
  ]));
}

const COMMON = { interval: 1, align: true, offset: "spread" } as const;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Measures and prints. */
export async function devicesBenchmark(): Promise<void> {
  const rows: Record<string, string | number>[] = [];
  for (const [kind, configOf] of Object.entries(CONFIGS)) {
    progress(`devices: ${kind}`);
    await using farm = Program.deno("device_farm.ts", kind);
    const ports = await farm.answer<number[]>();
    const config = { ...COMMON, ...configOf(ports) };
    await using network = await DevNetwork.start({ configs: { "source-devices": config } });
    await using reader = Program.deno("reading_devices.ts", kind, network.url);
    await sleep(WARM_UP_MS);
    await reader.ask({ begin: true });
    await sleep(MEASURED_MS);
    const late = await farm.ask<Record<"p50" | "p99" | "max" | "missed", number>>({} as Json);
    const cost = await reader.ask<Record<"cpu" | "residentMiB" | "failing" | "late", number>>({});
    rows.push({
      name: kind,
      "late p50 ms": late.p50,
      "p99 ms": late.p99,
      "max ms": late.max,
      "missed %": late.missed * 100,
      "CPU %": cost.cpu * 100,
      "resident MiB": cost.residentMiB,
      "told of": cost.failing,
      "told to be late": cost.late,
    });
  }
  await publish({
    name: "devices",
    title: "200 devices at 1 Hz in one process, ten dead, ten slow, ten answering rubbish",
    rows,
    notes: [
      "How much later than at its earliest each of the 170 good ones was asked, from the start on.",
    ],
  });
}
