/** Sources as programs, and the signals that end them. */

import assert from "node:assert/strict";
import { LineProgram } from "../peers/line_program.ts";
import { needing } from "../support/needing.ts";
import { Network } from "./network.ts";
import { METRIC } from "./test_source.ts";

const needs = ["rabbitmq", "metricq"] as const;
const ROOT = new URL("../../", import.meta.url).pathname;

function start(...args: string[]): LineProgram {
  return LineProgram.start(Deno.execPath(), ["run", "-A", ...args], undefined, { cwd: ROOT });
}

const endings = [
  { signal: "SIGINT", line: "ended", code: 0 },
  { signal: "SIGTERM", line: "ReceivedSignal: Stopped by SIGTERM", code: 3 },
] as const;

for (const { signal, line, code } of endings) {
  Deno.test(needing({ peers: needs }, {
    name: `Source.run() sends what is buffered and ends on ${signal}`,
    fn: async () => {
      await using network = await Network.start();
      const sink = await network.sink(METRIC);
      await using program = start("tests/e2e/signal_program.ts", network.url);
      assert.equal(await program.line(), "running");
      program.signal(signal);
      assert.equal(await program.line(), "stopping");
      assert.equal(await program.line(), line);
      assert.equal((await program.ended).code, code);
      await sink.waitForPoints(METRIC, 1);
      assert.deepEqual(
        (await network.connections()).filter((name) => name.includes("source-signalled")),
        [],
      );
    },
  }));
}

Deno.test(needing({ peers: needs }, {
  name: "Source.run() ends the process at once on a second signal",
  fn: async () => {
    await using network = await Network.start();
    await using program = start("tests/e2e/signal_program.ts", network.url, "stubborn");
    assert.equal(await program.line(), "running");
    program.signal("SIGTERM");
    assert.equal(await program.line(), "stopping");
    program.signal("SIGINT");
    assert.equal(await program.line(), undefined);
    assert.equal((await program.ended).code, 130);
  },
}));

for (
  const { signal, code } of [{ signal: "SIGINT", code: 0 }, {
    signal: "SIGTERM",
    code: 143,
  }] as const
) {
  Deno.test(needing({ peers: needs }, {
    name: `mod.ts as a program is the dummy source, and exits with ${code} on ${signal}`,
    fn: async () => {
      const token = "source-deno-dummy";
      await using network = await Network.start({ configs: { [token]: { rate: 50 } } });
      const metric = "test.deno.dummy";
      const sink = await network.sink(metric);
      await using program = start("mod.ts", "--server", network.url, "--token", token);
      await sink.waitForPoints(metric, 3);
      program.signal(signal);
      assert.equal((await program.ended).code, code);
      assert.equal(network.manager.metrics[metric]?.rate, 50);
    },
  }));
}
