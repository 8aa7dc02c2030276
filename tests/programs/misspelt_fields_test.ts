/** Fields at the top of configurations that the programs do not know: they would have no effect, silently. */

import assert from "node:assert/strict";
import { ExecSource } from "../../src/programs/exec_source.ts";
import { HttpSource } from "../../src/programs/http_source.ts";
import { ModbusSource } from "../../src/programs/modbus_source.ts";
import { MqttSource } from "../../src/programs/mqtt_source.ts";
import { PrometheusSource } from "../../src/programs/prometheus_source.ts";
import { SnmpSource } from "../../src/programs/snmp_source.ts";
import { SysinfoSource } from "../../src/programs/sysinfo_source.ts";
import { TestNetwork } from "../../src/testing/test_network.ts";
import { needing } from "../support/needing.ts";

const permissions = [{ name: "net" }, { name: "sys" }, { name: "env" }] as const;
const token = "source-test";

const PROGRAMS = [
  [ExecSource, { commands: {} }],
  [HttpSource, { requests: {} }],
  [ModbusSource, { devices: {} }],
  [MqttSource, { brokers: {} }],
  [PrometheusSource, { targets: {} }],
  [SnmpSource, { devices: {} }],
  [SysinfoSource, { groups: { load: {} } }],
] as const;

for (const [Program, config] of PROGRAMS) {
  Deno.test(needing({ permissions }, {
    name: `${Program.name} refuses a field that it does not know, by its name and not by its value`,
    fn: async () => {
      await using network = await TestNetwork.start({ config });
      await using source = new Program({ token, url: network.url });
      await source.connect();
      for (const field of ["intervall", "prefiks", "Interval", "rules_", "comment"]) {
        await assert.rejects(
          network.configure(token, { ...config, [field]: "hunter2" }),
          ({ message }: Error) => message.includes(field) && !message.includes("hunter2"),
          field,
        );
      }
      // What a manager's database and the wizard keep in it is no field of the program.
      await network.configure(token, { ...config, _id: token, _rev: "1-a", "x-metricq": {} });
    },
  }));
}
