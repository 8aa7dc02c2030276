/** The library in other runtimes than Deno, as JSR delivers it to them. */

import assert from "node:assert/strict";
import { closeConnectionsOf, Network } from "../e2e/network.ts";
import { RUNTIMES } from "../peers/peers.ts";
import { boundCommand } from "../peers/process.ts";
import { needing } from "../support/needing.ts";
import { NpmProject } from "./npm_package.ts";

const TOKEN = "source-runtimes";
const METRIC = "test.runtimes.value";

for (const [runtime, program] of Object.entries(RUNTIMES)) {
  Deno.test(needing({ peers: ["rabbitmq", "metricq", runtime as keyof typeof RUNTIMES] }, {
    name: `Source in ${runtime} sends, comes back after a lost connection, and ends on SIGINT`,
    fn: async () => {
      await using project = await NpmProject.make();
      await Deno.copyFile(new URL("program.ts", import.meta.url), `${project.path}/program.ts`);
      await using network = await Network.start({ configs: { [TOKEN]: { rate: 100 } } });
      const sink = await network.sink(METRIC);
      const child = boundCommand(program, ["program.ts", network.url, "spool.db"], {
        cwd: project.path,
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const ended = child.output();
      const failed = ended.then(({ stderr }) => {
        throw new Error(`The program has ended: ${new TextDecoder().decode(stderr)}`);
      });
      failed.catch(() => {}); // it is to end, later

      await Promise.race([sink.waitForPoints(METRIC, 10), failed]);
      await closeConnectionsOf(TOKEN, network.vhost);
      const further = sink.waitForPoints(METRIC, sink.points(METRIC).length + 10);
      await Promise.race([further, failed]);
      child.kill("SIGINT");

      const { code, stdout, stderr } = await ended;
      assert.equal(code, 0, new TextDecoder().decode(stderr));
      const { pointsSent, pointsConfirmed, reconnects, refusal, reason } = JSON.parse(
        new TextDecoder().decode(stdout),
      );
      assert.equal(pointsConfirmed, pointsSent);
      assert(reconnects > 0);
      assert.equal(reason, "it is not connected yet");
      assert.match(refusal, /^TypeError: Cannot use command: this runtime is not Deno/);
      // What was on its way when the connection broke may have come twice.
      const values = () => [...new Set(sink.points(METRIC).map(({ value }) => value))];
      while (values().length < pointsSent) {
        await sink.waitForPoints(METRIC, sink.points(METRIC).length + 1);
      }
      assert.deepEqual(values(), Array.from({ length: pointsSent }, (_, index) => index));
    },
  }));
}
