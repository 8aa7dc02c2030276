/** Configurations of which nothing can come: of a device, that is a mistake; without devices, a rest. */

import assert from "node:assert/strict";
import type { Source } from "../../mod.ts";
import type { SourceOptions } from "../../src/source/source.ts";
import { ExecSource } from "../../src/programs/exec_source.ts";
import { HttpSource } from "../../src/programs/http_source.ts";
import { ModbusSource } from "../../src/programs/modbus_source.ts";
import { MqttSource } from "../../src/programs/mqtt_source.ts";
import { PrometheusSource } from "../../src/programs/prometheus_source.ts";
import { SnmpSource } from "../../src/programs/snmp_source.ts";
import { SysinfoSource } from "../../src/programs/sysinfo_source.ts";
import type { JsonObject } from "../../src/rpc/json.ts";
import { TestNetwork } from "../../src/testing/test_network.ts";
import { needing } from "../support/needing.ts";

const permissions = [{ name: "net" }, { name: "sys" }, { name: "env" }, { name: "run" }] as const;
const token = "source-test";
const HERE = { address: "127.0.0.1" };
const url = "http://127.0.0.1/";

interface Case {
  readonly Program: new (options: SourceOptions) => Source;
  /** What yields nothing, and is in order. */
  readonly rest: JsonObject;
  /** What yields nothing, and is refused, with what the answer says. */
  readonly refused: readonly (readonly [JsonObject, RegExp])[];
}

const CASES: readonly Case[] = [
  {
    Program: ExecSource,
    rest: { commands: {} },
    refused: [[{ commands: { one: { command: ["true"], values: {} } } }, /commands\.one\.values/]],
  },
  {
    Program: HttpSource,
    rest: { requests: {} },
    refused: [[{ requests: { one: { url, values: {} } } }, /requests\.one\.values/]],
  },
  {
    Program: ModbusSource,
    rest: { devices: {} },
    refused: [[{ devices: { one: { ...HERE, values: {} } } }, /devices\.one\.values/]],
  },
  {
    Program: MqttSource,
    rest: { brokers: {} },
    refused: [
      [{ brokers: { one: { url: "mqtt://127.0.0.1", topics: {} } } }, /brokers\.one\.topics/],
      [
        { brokers: { one: { url: "mqtt://127.0.0.1", topics: { "a/b": { values: {} } } } } },
        /brokers\.one\.topics\.a\/b\.values/,
      ],
    ],
  },
  {
    Program: PrometheusSource,
    rest: { targets: {} },
    refused: [
      [{ targets: {}, rules: [] }, /rules/],
      [{ targets: { one: { url, rules: [] } } }, /targets\.one\.rules/],
    ],
  },
  {
    Program: SnmpSource,
    rest: { devices: {} },
    refused: [
      [{ devices: { one: HERE } }, /devices\.one/],
      [{ devices: { one: { ...HERE, values: {}, tables: {} } } }, /devices\.one/],
      [
        { devices: { one: { ...HERE, tables: { ports: { values: {} } } } } },
        /devices\.one\.tables\.ports\.values/,
      ],
    ],
  },
  {
    Program: SysinfoSource,
    rest: { groups: { load: {} } },
    refused: [[{ groups: {} }, /groups/]],
  },
];

for (const { Program, rest, refused } of CASES) {
  Deno.test(needing({ permissions }, {
    name:
      `${Program.name} refuses what cannot yield anything, and says where something is required`,
    fn: async () => {
      await using network = await TestNetwork.start({ config: rest });
      await using source = new Program({ token, url: network.url });
      await source.connect();
      for (const [config, where] of refused) {
        await assert.rejects(network.configure(token, config), ({ message }: Error) => {
          assert.match(message, where);
          assert.match(message, /: (?:at least one is|values or tables are) required/);
          return true;
        });
      }
    },
  }));
}
