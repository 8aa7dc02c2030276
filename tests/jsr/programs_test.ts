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
      const wanted = metrics.map((metric) => `${prefix}.${metric}`);
      let changed = Promise.withResolvers<void>();
      await using box = await Box.open({
        configs: { [`source-${program}`]: config },
        onChunk: () => {
          changed.resolve();
          changed = Promise.withResolvers();
        },
      });
      const { url, view } = box.network;
      const child = folder.deno([
        ...["run", ...flags, `jsr:${registry.config.name}/${program}`],
        ...args.map((arg) => arg.replace("amqp://localhost/", url)),
      ]).spawn();
      // What the dashboard shows, looked at whenever something has come.
      const missing = async () => {
        const { metrics: shown } = await view.metrics({ count: 1000 });
        const numbers = shown.filter(({ last }) => Number.isFinite(last?.value));
        const names = new Set(numbers.map(({ name }) => name));
        return wanted.filter((metric) => !names.has(metric));
      };
      const ended = child.output().then(async ({ stderr }) =>
        assert.fail(`${new TextDecoder().decode(stderr)} (missing: ${await missing()})`)
      );
      for (let next = changed.promise; (await missing()).length > 0; next = changed.promise) {
        await Promise.race([next, ended]);
      }
      ended.catch(() => {});
      child.kill("SIGINT");
      await child.status;
    },
  }));
}
