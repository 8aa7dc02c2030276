/** The programs as their documentation says: with its permissions, and with its configuration. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Network } from "../e2e/network.ts";
import { boundCommand } from "../peers/process.ts";
import { needing } from "../support/needing.ts";

const METRICS = {
  sysinfo: ["cpu.utilization", "load.one_minute", "memory.used"],
  exec: ["disk.root.used", "disk.root.available", "files.open"],
  http: ["meter1.power", "meter1.energy", "meter1.temperature", "node7.load"],
};

for (const [program, metrics] of Object.entries(METRICS)) {
  Deno.test(needing({ peers: ["rabbitmq", "metricq"] }, {
    name: `${program} runs with the command and the configuration of its documentation`,
    fn: async () => {
      const url = new URL(`../../src/programs/${program}.ts`, import.meta.url);
      const text = await Deno.readTextFile(url);
      const [, shebang = ""] = /^#!\/usr\/bin\/env -S deno run (.*)\n/.exec(text) ?? [];
      const [, shell = ""] = /```sh\n \* deno run ([^]*?)jsr:/.exec(text) ?? [];
      const flags = shell.replaceAll(/\\\n \*|'/g, "").trim().split(/\s+/);
      const [, json = ""] = /```json\n([^]*?)```/.exec(text) ?? [];
      const config = JSON.parse(json.replaceAll(/^ \*/gm, ""));
      // The command may permit more than the first line: which programs exec runs is for its user.
      assert.deepEqual(shebang.split(" ").filter((flag) => !flags.includes(flag)), []);

      const token = `source-${program}`;
      await using network = await Network.start({ configs: { [token]: config } });
      const child = boundCommand(Deno.execPath(), [
        "run",
        ...flags,
        fileURLToPath(url),
        "--server",
        network.url,
      ], { stdin: "null", stdout: "null", stderr: "piped" }).spawn();
      const errors = new Response(child.stderr).text();
      const prefix = config.prefix.replace("{host}", Deno.hostname());
      const ended = child.status.then(async () => assert.fail(await errors));
      for (const metric of metrics) {
        const declared = network.manager.declared(`${prefix}.${metric}`);
        const { source } = await Promise.race([declared, ended]);
        assert.equal(source, token);
      }
      ended.catch(() => {});
      child.kill("SIGINT");
      const { code } = await child.status;
      const stderr = await errors;
      assert.equal(code, 0, stderr);
      assert.doesNotMatch(stderr, /^error|NotCapable|--allow-/m);
    },
  }));
}
