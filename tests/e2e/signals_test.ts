/** Sources as programs, and the signals that end them. */

import assert from "node:assert/strict";
import { TextLineStream } from "../peers/lines.ts";
import { boundCommand } from "../peers/process.ts";
import { needing } from "../support/needing.ts";
import { Network } from "./network.ts";
import { METRIC } from "./test_source.ts";

const needs = ["rabbitmq", "metricq"] as const;
const ROOT = new URL("../../", import.meta.url).pathname;

/** A Deno program that prints lines. */
class Program implements AsyncDisposable {
  readonly child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;

  constructor(...args: string[]) {
    this.child = boundCommand(Deno.execPath(), ["run", "-A", ...args], {
      cwd: ROOT,
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#lines = this.child.stdout.pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream()).getReader();
  }

  /** The next line, `undefined` at the end. */
  async line(): Promise<string | undefined> {
    return (await this.#lines.read()).value;
  }

  /** Waits for the end, and returns the exit status. */
  async code(): Promise<number> {
    return (await this.child.status).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lines.cancel();
    await this.child.status;
  }
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
      await using program = new Program("tests/e2e/signal_program.ts", network.url);
      assert.equal(await program.line(), "running");
      program.child.kill(signal);
      assert.equal(await program.line(), "stopping");
      assert.equal(await program.line(), line);
      assert.equal(await program.code(), code);
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
    await using program = new Program("tests/e2e/signal_program.ts", network.url, "stubborn");
    assert.equal(await program.line(), "running");
    program.child.kill("SIGTERM");
    assert.equal(await program.line(), "stopping");
    program.child.kill("SIGINT");
    assert.equal(await program.line(), undefined);
    assert.equal(await program.code(), 130);
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
      await using program = new Program("mod.ts", "--server", network.url, "--token", token);
      await sink.waitForPoints(metric, 3);
      program.child.kill(signal);
      assert.equal(await program.code(), code);
      assert.equal(network.manager.metrics[metric]?.rate, 50);
    },
  }));
}
