/** Each program as a stranger starts it: in an empty folder, with its command and its configuration. */

import assert from "node:assert/strict";
import { Box } from "../../src/dev/box.ts";
import { DEVICES, METRICS, readProgram } from "../programs/documented_program.ts";
import { needing } from "../support/needing.ts";
import { EmptyFolder } from "./empty_folder.ts";
import { Registry } from "./registry.ts";

for (const [program, metrics] of Object.entries(METRICS)) {
  const { peers = [], start } = DEVICES[program] ?? {};
  Deno.test(needing({ peers }, {
    name:
      `${program} from the registry gives points with the command and the configuration of its page`,
    ignore: Deno.build.os === "windows",
    fn: async () => {
      await using registry = await Registry.start();
      await using folder = new EmptyFolder(registry);
      const { flags, args, configOf } = await readProgram(program);
      const device = await start?.();
      await using _device = device?.program;
      const config = configOf(device);
      const prefix = config.prefix.replace("{host}", device ? "localhost" : Deno.hostname());
      const missing = new Set(metrics.map((metric) => `${prefix}.${metric}`));
      const complete = Promise.withResolvers<void>();
      await using box = await Box.open({
        configs: { [`source-${program}`]: config },
        onChunk: (metric, { values }) => {
          if (values.some(Number.isFinite)) missing.delete(metric);
          if (missing.size === 0) complete.resolve();
        },
      });
      const { url, view } = box.network;
      const child = folder.deno([
        ...["run", ...flags, `jsr:${registry.config.name}/${program}`],
        ...args.map((arg) => arg.replace("amqp://localhost/", url)),
      ]).spawn();
      const ended = child.output().then(({ stderr }) =>
        assert.fail(`${new TextDecoder().decode(stderr)} (missing: ${[...missing]})`)
      );
      await Promise.race([complete.promise, ended]);
      // What the dashboard shows.
      const { metrics: listed } = await view.metrics({ count: 1000 });
      const shown = new Set(listed.filter(({ last }) => last).map(({ name }) => name));
      assert.deepEqual(metrics.filter((metric) => !shown.has(`${prefix}.${metric}`)), []);
      ended.catch(() => {});
      child.kill("SIGINT");
      await child.status;
    },
  }));
}
