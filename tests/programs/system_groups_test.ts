import assert from "node:assert/strict";
import { DISK, GROUP_NAMES, NETWORK, openGroup } from "../../src/programs/system_groups.ts";
import { needing } from "../support/needing.ts";

Deno.test("NETWORK reads the counters of /proc/net/dev, but for the loopback", () => {
  const counters = NETWORK.parse(`Inter-|   Receive                           |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets
    lo: 5237568771  811162    0    0    0     0          0         0 5237568771  811162
  eth0: 282711659    8836    0    0    0     0          0         0   505470    5452
br-0a1:1 2 3 4 5 6 7 8 9 10
`);
  assert.deepEqual(Object.fromEntries(counters), {
    "network.eth0.received": 282711659,
    "network.eth0.sent": 505470,
    "network.br_0a1.received": 1,
    "network.br_0a1.sent": 9,
  });
});

Deno.test("DISK reads the counters of /proc/diskstats, but for partitions and what is unused", () => {
  const line = (name: string, sectors: number) =>
    `   8  0 ${name} 10 0 ${sectors} 5 20 0 ${2 * sectors} 7`;
  const counters = DISK.parse(
    [
      "   7       0 loop0 1 0 8 0 0 0 0 0",
      line("sda", 100),
      line("sda1", 50),
      line("nvme0n1", 10),
      line("nvme0n1p1", 5),
      line("nvme0n12", 1),
      "   8  16 sdb 0 0 0 0 0 0 0 0",
      line("dm-0", 4),
      "",
    ].join("\n"),
  );
  assert.deepEqual(Object.fromEntries(counters), {
    "disk.sda.read": 51200,
    "disk.sda.written": 102400,
    "disk.nvme0n1.read": 5120,
    "disk.nvme0n1.written": 10240,
    "disk.nvme0n12.read": 512,
    "disk.nvme0n12.written": 1024,
    "disk.dm_0.read": 2048,
    "disk.dm_0.written": 4096,
  });
});

Deno.test(needing({ permissions: [{ name: "run" }, { name: "sys" }, { name: "env" }] }, {
  name: "openGroup() measures this host",
  fn: async () => {
    const signal = new AbortController().signal;
    for (const name of GROUP_NAMES) {
      if (Deno.build.os !== "linux" && (name === "network" || name === "disk")) continue;
      const { metrics, read } = await openGroup(name);
      const first = await read(signal);
      assert.equal(first === undefined, ["cpu", "network", "disk"].includes(name), name);
      const values = await read(signal);
      assert.deepEqual(Object.keys(values ?? {}), Object.keys(metrics), name);
      for (const [metric, value] of Object.entries(values ?? {})) {
        // NaN: no time may have passed between the two.
        assert(!(value < 0), `${metric} ${value}`);
      }
    }
  },
}));
