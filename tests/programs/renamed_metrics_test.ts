import assert from "node:assert/strict";
import * as v from "valibot";
import { RenameConfig, renamer } from "../../src/programs/renamed_metrics.ts";

Deno.test("renamer() gives metrics other names, and the numbers another scale", () => {
  const rename = v.parse(RenameConfig, {
    "network.*.received": "net.*.recv.bytes",
    "network.br*_0.sent": "*.sent",
    "cpu.utilization": { name: "cpu.usage", scale: 400, unit: "%" },
    "*.*": "*.renamed.*",
    "*": "one.*",
  });
  const names = [
    "network.eth0.received",
    "network.eth0.sent",
    "network.br7_0.sent",
    "cpu.utilization",
    "memory.used",
    "up",
  ];
  const metrics = Object.fromEntries(names.map((name) => [name, { unit: "B", rack: 1 }]));
  const { metadata, readings } = renamer(metrics, rename, (name) => `host.${name}`);
  const expected = [
    "host.net.eth0.recv.bytes",
    "host.network.eth0.sent",
    "host.7.sent",
    "host.cpu.usage",
    "host.memory.renamed.used",
    "host.one.up",
  ];
  assert.deepEqual(Object.keys(metadata), expected);
  assert.deepEqual(metadata["host.cpu.usage"], { unit: "%", rack: 1 });
  const values = readings(Object.fromEntries(names.map((name) => [name, 0.5])));
  assert.deepEqual(Object.keys(values), expected);
  assert.deepEqual([values["host.cpu.usage"], values["host.7.sent"]], [200, 0.5]);
});

Deno.test("renamer() refuses one name for two metrics", () => {
  const rename = v.parse(RenameConfig, { "*.read": "read" });
  assert.throws(() => renamer({ "sda.read": {}, "sdb.read": {} }, rename, (name) => name), {
    message: 'Cannot rename metrics: two are "read" then, different names are required',
  });
});
