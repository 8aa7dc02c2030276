/** What sysinfo makes of its configuration, with the files of another host. */

import assert from "node:assert/strict";
import { SysinfoSource } from "../../src/programs/sysinfo_source.ts";
import { TestNetwork } from "../../src/testing/test_network.ts";
import { LogRecords } from "../support/log_records.ts";
import { needing } from "../support/needing.ts";

const permissions = (["net", "sys", "env", "read", "write"] as const).map((name) => ({ name }));
const token = "source-test";
const PATIENT = { timeoutSeconds: 60 };

Deno.test(needing({ permissions }, {
  name: "SysinfoSource sends what the files below its root tell, by the names of its configuration",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await using logged = await LogRecords.capture();
    const root = await Deno.makeTempDir();
    await Deno.mkdir(`${root}/sys/class/hwmon/hwmon0`, { recursive: true });
    await Deno.writeTextFile(`${root}/sys/class/hwmon/hwmon0/name`, "nvme\n");
    await Deno.writeTextFile(`${root}/sys/class/hwmon/hwmon0/temp1_input`, "31500\n");
    const config = {
      prefix: "test",
      interval: "100ms",
      root,
      rename: {
        "temperature.*.temp1": { name: "temp.*", unit: "mK", scale: 1000, rack: 1 },
        "memory.used": "mem.used",
      },
      groups: { temperature: {}, memory: {}, cpu: { cores: true } },
    };
    await using network = await TestNetwork.start({ config });
    await using source = new SysinfoSource({ token, url: network.url });
    await source.connect();
    const [point] = await network.points("test.temp.nvme", 1, PATIENT);
    assert.equal(point?.value, 31500);
    const { unit, rack, scope } = await network.metadata("test.temp.nvme");
    assert.deepEqual({ unit, rack, scope }, { unit: "mK", rack: 1, scope: "last" });
    for (const metric of ["mem.used", "memory.available", "cpu.core0.utilization"]) {
      await network.points(`test.${metric}`, 1, PATIENT);
    }

    // A group that is named is refused, with the reason; one that is not is left out.
    await assert.rejects(
      network.configure(token, { root, groups: { fan: {} } }),
      /Cannot measure fan: \/sys\/class\/hwmon has no fan1_input/,
    );
    await assert.rejects(network.configure(token, { root: "host" }), /an absolute path/);
    await network.configure(token, { prefix: "other", root: "/nowhere" });
    await network.points("other.load.one_minute", 1, PATIENT);
    const told = logged.messages("info").filter((message) => message.startsWith("Leaving out"));
    assert.match(told.join("\n"), /^Leaving out power: .*has no intel-rapl:0$/m);
    await Deno.remove(root, { recursive: true });
  },
}));
