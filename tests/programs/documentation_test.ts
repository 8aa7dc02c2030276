/** The programs as their documentation says: with its permissions, and with its configuration. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Network } from "../e2e/network.ts";
import { boundCommand } from "../peers/process.ts";
import { needing } from "../support/needing.ts";
import { DEVICES, METRICS, readProgram } from "./documented_program.ts";

for (const [program, metrics] of Object.entries(METRICS)) {
  const { peers = [], start } = DEVICES[program] ?? {};
  Deno.test(needing({ peers: ["rabbitmq", "metricq", ...peers] }, {
    name: `${program} runs with the command and the configuration of its documentation`,
    fn: async () => {
      const url = new URL(`../../src/programs/${program}.ts`, import.meta.url);
      const { shebang, flags, configOf } = await readProgram(program);
      const device = await start?.();
      await using _device = device?.program;
      const config = configOf(device);
      // The command may permit more than the first line: which programs exec runs is for its user.
      assert.deepEqual(shebang.filter((flag) => !flags.includes(flag)), []);

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
      const prefix = config.prefix.replace("{host}", device ? "localhost" : Deno.hostname());
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
      // With a list of programs exec says so once, as its documentation tells.
      const complaints = stderr.replace(/^\S+ WARNING \S+ Of a command that is too slow .*\n/m, "");
      assert.doesNotMatch(complaints, /^error|NotCapable|--allow-/m);
    },
  }));
}
