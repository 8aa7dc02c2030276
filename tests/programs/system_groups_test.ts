import assert from "node:assert/strict";
import { DISK, NETWORK } from "../../src/programs/counter_groups.ts";
import { SystemFiles } from "../../src/programs/system_files.ts";
import { NotMeasured } from "../../src/programs/system_group.ts";
import { memoryGroup, openGroup } from "../../src/programs/system_groups.ts";
import { needing } from "../support/needing.ts";

Deno.test("NETWORK reads the counters of /proc/net/dev, but for the loopback", () => {
  const counters = NETWORK.parse(`Inter-|   Receive                           |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets
    lo: 5237568771  811162    0    0    0     0          0         0 5237568771  811162
  eth0: 282711659    8836    0    0    0     0          0         0   505470    5452
br-0a1:1 2 3 4 5 6 7 8 9 10
`);
  const ofInterface = (name: string) =>
    [
      "received",
      "received_packets",
      "receive_errors",
      "receive_drops",
      "sent",
      "send_errors",
      "send_drops",
    ]
      .map((counter) => counters.get(`network.${name}.${counter}`));
  assert.equal(counters.size, 16);
  assert.deepEqual(ofInterface("eth0"), [282711659, 8836, 0, 0, 505470, NaN, NaN]);
  assert.deepEqual(ofInterface("br_0a1"), [1, 2, 3, 4, 9, NaN, NaN]);
});

Deno.test("memoryGroup() takes from what Deno tells of each system what is true there", async () => {
  const told = { total: 100, buffers: 1, cached: 1, swapTotal: 50 };
  const read = async (os: typeof Deno.build.os, info: Partial<Deno.SystemMemoryInfo>) => {
    const figures = { ...told, free: 20, available: 40, swapFree: 30, ...info };
    const group = memoryGroup(os, () => figures);
    const readings = await group.read(new AbortController().signal);
    assert.deepEqual(Object.keys(readings ?? {}), Object.keys(group.metrics));
    return Object.values(readings ?? {});
  };
  assert.deepEqual(await read("linux", {}), [60, 40, 20]);
  assert.deepEqual(await read("darwin", {}), [60, 40, 20]);
  assert.deepEqual(await read("windows", { available: 0 }), [80, 20]);
});

Deno.test("DISK reads the counters of /proc/diskstats, but for partitions and what is unused", () => {
  const line = (name: string, sectors: number) =>
    `   8  0 ${name} 10 0 ${sectors} 5 20 0 ${2 * sectors} 7 0 1500`;
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
  const bytes = [...counters].filter(([name]) => /\.(read|written)$/.test(name));
  assert.deepEqual(Object.fromEntries(bytes), {
    "disk.sda.read": 51200,
    "disk.sda.written": 102400,
    "disk.nvme0n1.read": 5120,
    "disk.nvme0n1.written": 10240,
    "disk.nvme0n12.read": 512,
    "disk.nvme0n12.written": 1024,
    "disk.dm_0.read": 2048,
    "disk.dm_0.written": 4096,
  });
  assert.deepEqual(
    ["reads", "writes", "busy"].map((counter) => counters.get(`disk.sda.${counter}`)),
    [10, 20, 1.5],
  );
});

const signal = new AbortController().signal;
const permissions = (["run", "sys", "env", "read", "write"] as const).map((name) => ({ name }));

Deno.test(needing({ permissions }, {
  name: "openGroup() measures this host",
  fn: async () => {
    const files = new SystemFiles();
    const counted = files.obstacle === undefined ? ["network", "disk"] as const : [];
    const loads = Deno.build.os === "windows" ? [] : ["load"] as const;
    for (const name of ["cpu", "memory", ...loads, ...counted] as const) {
      const { metrics, read } = await openGroup(name, files, { cores: true });
      const first = await read(signal);
      assert.equal(first === undefined, ["cpu", "network", "disk"].includes(name), name);
      const values = await read(signal);
      assert.deepEqual(Object.keys(values ?? {}), Object.keys(metrics), name);
      for (const [metric, value] of Object.entries(values ?? {})) {
        // NaN: no time may have passed between the two.
        assert(typeof value === "number" && !(value < 0), `${metric} ${value}`);
      }
    }
  },
}));

/** A folder with files as Linux has them, of a server with two processors. */
async function makeSystem(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await Deno.makeTempDir();
  for (const [path, text] of Object.entries(files)) {
    await Deno.mkdir(`${root}${path.replace(/\/[^/]*$/, "")}`, { recursive: true });
    await Deno.writeTextFile(root + path, `${text}\n`);
  }
  return root;
}

const POWER = "/sys/class/powercap";
const HWMON = "/sys/class/hwmon";
const SYSTEM = {
  [`${POWER}/intel-rapl:0/name`]: "package-0",
  [`${POWER}/intel-rapl:0/energy_uj`]: "900",
  [`${POWER}/intel-rapl:0/max_energy_range_uj`]: "1000",
  [`${POWER}/intel-rapl:0/intel-rapl:0:0/name`]: "dram",
  [`${POWER}/intel-rapl:0/intel-rapl:0:0/energy_uj`]: "5",
  [`${POWER}/intel-rapl:0/intel-rapl:0:0/max_energy_range_uj`]: "1000",
  [`${POWER}/intel-rapl:1/name`]: "package-1",
  [`${POWER}/intel-rapl:1/energy_uj`]: "7",
  [`${POWER}/intel-rapl:1/max_energy_range_uj`]: "1000",
  [`${HWMON}/hwmon0/name`]: "coretemp",
  [`${HWMON}/hwmon0/temp1_input`]: "45500",
  [`${HWMON}/hwmon0/temp1_label`]: "Package id 0",
  [`${HWMON}/hwmon0/temp3_input`]: "44000",
  [`${HWMON}/hwmon3/name`]: "coretemp",
  [`${HWMON}/hwmon3/temp1_input`]: "-1000",
  [`${HWMON}/hwmon3/temp1_label`]: "Package id 1",
  [`${HWMON}/hwmon3/fan2_input`]: "1200",
};

/** Reads with `cat`, as of `/proc` and `/sys` without all permissions. */
class CatFiles extends SystemFiles {
  protected override get isDirect(): boolean {
    return false;
  }
}

for (const [way, Files] of Object.entries({ Deno: SystemFiles, cat: CatFiles })) {
  Deno.test(needing({ permissions }, {
    name: `openGroup() finds power, temperatures and fans in files that ${way} reads`,
    ignore: Deno.build.os !== "linux",
    fn: async () => {
      const root = await makeSystem(SYSTEM);
      const files = new Files(root);
      const power = await openGroup("power", files);
      assert.deepEqual(Object.keys(power.metrics), [
        "power.package_0",
        "power.package_1",
        "power.package_0.dram",
      ]);
      assert.equal(await power.read(signal), undefined);
      // The first has begun again: 100 until its end, and 200.
      await Deno.writeTextFile(`${root}${POWER}/intel-rapl:0/energy_uj`, "200\n");
      await Deno.remove(`${root}${POWER}/intel-rapl:1/energy_uj`);
      const values = await power.read(signal) ?? {};
      assert(Number(values["power.package_0"]) > 0, String(values["power.package_0"]));
      assert.equal(values["power.package_0.dram"], 0);
      assert.equal(values["power.package_1"], NaN);

      const temperature = await openGroup("temperature", files);
      assert.deepEqual(await temperature.read(signal), {
        "temperature.coretemp.Package_id_0": 45.5,
        "temperature.coretemp.temp3": 44,
        "temperature.coretemp_1.Package_id_1": -1,
      });
      const fan = await openGroup("fan", files);
      assert.deepEqual(fan.metrics, {
        "fan.coretemp_1.fan2": { description: "Speed of a fan", unit: "1/min", scope: "last" },
      });
      await Deno.remove(`${root}${HWMON}/hwmon3/fan2_input`);
      const { "fan.coretemp_1.fan2": gone } = await fan.read(signal) ?? {};
      assert(gone instanceof Error, String(gone));
      await Deno.remove(root, { recursive: true });
    },
  }));
}

Deno.test(needing({ permissions }, {
  name: "openGroup() says why there is nothing to measure",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const root = await makeSystem({ [`${POWER}/intel-rapl:0/name`]: "package-0" });
    const files = new SystemFiles(root);
    const says = async (name: "power" | "fan" | "temperature", message: RegExp) =>
      await assert.rejects(openGroup(name, files), (error: Error) => {
        assert(error instanceof NotMeasured);
        assert.match(error.message, message);
        return true;
      });
    await says("power", /energy_uj cannot be read \(.*\): to all but root Linux refuses it/);
    await says("fan", /has no fan1_input/);
    await says("temperature", /has no temp1_input/);
    await Deno.remove(root, { recursive: true });
  },
}));
