/**
 * Reads the devices of `device_farm.ts`: `reading_devices.ts http|modbus|snmp URL`. Tells what that
 * has cost, and how many lines of the log.
 *
 * @module
 */

import { configure } from "@logtape/logtape";
import { HttpSource } from "../../../src/programs/http_source.ts";
import { ModbusSource } from "../../../src/programs/modbus_source.ts";
import { SnmpSource } from "../../../src/programs/snmp_source.ts";
import { answerAll, cpuSeconds, residentMiB } from "./answering.ts";

const SOURCES = { http: HttpSource, modbus: ModbusSource, snmp: SnmpSource } as const;

// Lines of the log: of devices without a reading, and of those that were too slow.
const lines = { failing: 0, late: 0 };
await configure({
  sinks: {
    count: ({ message }) => {
      if (message.join("").startsWith("No reading")) lines.failing++;
      else lines.late++;
    },
  },
  loggers: [
    { category: ["metricq", "source"], lowestLevel: "warning", sinks: ["count"] },
    { category: ["logtape", "meta"], lowestLevel: "error", sinks: [] },
  ],
});

const [kind = "http", url = ""] = Deno.args;
const Source = SOURCES[kind as keyof typeof SOURCES];
const source = new Source({ token: "source-devices", url });
await source.connect();
let [beganMs, beganCpu] = [performance.now(), cpuSeconds()];

await answerAll(({ begin }: { begin: boolean }) => {
  const seconds = (performance.now() - beganMs) / 1000;
  const cpu = (cpuSeconds() - beganCpu) / seconds;
  if (begin) [beganMs, beganCpu] = [performance.now(), cpuSeconds()];
  return { cpu, residentMiB: residentMiB(), ...lines };
});
