/** The configurations of the page on moving over: the metrics keep the names of the published sources. */

import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { ExecSource } from "../../src/programs/exec_source.ts";
import { HttpSource } from "../../src/programs/http_source.ts";
import { ModbusSource } from "../../src/programs/modbus_source.ts";
import { SnmpSource } from "../../src/programs/snmp_source.ts";
import { SysinfoSource } from "../../src/programs/sysinfo_source.ts";
import type { Source, SourceOptions } from "../../src/source/source.ts";
import { TestNetwork } from "../../src/testing/test_network.ts";
import { LogRecords } from "../support/log_records.ts";
import { needing } from "../support/needing.ts";

const PAGE = new URL("../../examples/moving_over.md", import.meta.url);
const permissions = (["net", "run", "sys", "env", "read", "write"] as const)
  .map((name) => ({ name }));
const token = "source-test";

type Json = Readonly<Record<string, unknown>>;

/** What the published sources declare; from their sources, not from this package. */
const PUBLISHED: Readonly<
  Record<string, { program: new (options: SourceOptions) => Source; names: readonly RegExp[] }>
> = {
  http: {
    program: HttpSource,
    names: [1, 2].flatMap((node) =>
      ["power", "inlet"].map((name) => new RegExp(`^room1\\.node${node}\\.${name}$`))
    ),
  },
  modbus: {
    program: ModbusSource,
    names: [1, 2].flatMap((meter) =>
      ["power", "current", "energy"].map((name) => new RegExp(`^room1\\.E${meter}\\.${name}$`))
    ),
  },
  snmp: {
    program: SnmpSource,
    names: [1, 2].flatMap((pdu) =>
      ["power", "inlet"].map((name) => new RegExp(`^room1\\.A${pdu}\\.${name}$`))
    ),
  },
  exec: { program: ExecSource, names: [/^host1\.random$/, /^host1\.date$/] },
  sysinfo: {
    program: SysinfoSource,
    names: [
      /^host1\.cpu\.usage$/,
      /^host1\.mem\.(used|available)$/,
      /^host1\.swap\.used$/,
      /^host1\.net\.\w+\.(recv|sent)\.(bytes|packets)$/,
      /^host1\.disk\.\w+\.(read|written)\.(bytes|count)$/,
    ],
  },
};

/** The configuration of the published source and ours in the section of a program. */
async function configurations(program: string): Promise<{ published: Json; ours: Json }> {
  const text = await Deno.readTextFile(PAGE);
  const section = text.split(/^### /m).find((part) =>
    part.split("\n")[0]?.endsWith(`\`${program}\``)
  );
  assert(section !== undefined, `the page has a section on ${program}`);
  const [published, ours] = [...section.matchAll(/```json\n([^]*?)```/g)].map(([, json = ""]) =>
    JSON.parse(json)
  );
  return { published, ours };
}

for (const [name, { program: Program, names }] of Object.entries(PUBLISHED)) {
  Deno.test(needing({ permissions }, {
    name: `${name} has the metrics of the published source with the configuration of the page`,
    ignore: Deno.build.os !== "linux",
    fn: async () => {
      await using _logged = await LogRecords.capture();
      const { published, ours } = await configurations(name);
      assert.deepEqual(
        ours["interval"],
        published["interval"] ?? published["default_interval"],
      );
      await using network = await TestNetwork.start({ config: ours });
      await using source = new Program({ token, url: network.url });
      await source.connect();
      const declared = Object.keys(await source.getMetrics());
      for (const pattern of names) {
        // A container may be without a disk, and without a network.
        if (/disk|net/.test(pattern.source)) continue;
        const found = declared.filter((metric) => pattern.test(metric));
        assert(found.length > 0, `${pattern} is not in ${declared}`);
      }
      const strange = declared.filter((metric) => !names.some((pattern) => pattern.test(metric)));
      // Those that the page says are measured as well.
      const others = /\.(cpu\.(user|system)|network\.\w+\.\w+_(errors|drops)|disk\.\w+\.busy)$/;
      assert.deepEqual(strange.filter((metric) => !others.test(metric)), []);
      if (name === "exec") {
        const [point] = await network.points("host1.date");
        assert(point !== undefined && point.value > 1.7e9, String(point?.value));
      }
      if (name === "sysinfo") {
        const [usage] = await network.points("host1.cpu.usage");
        assert(usage !== undefined && !(usage.value > 100 * Math.max(4, availableParallelism())));
      }
    },
  }));
}
