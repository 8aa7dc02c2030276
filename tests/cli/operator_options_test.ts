/** What operators choose for every program: it comes before what the program's code says. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { runCommand } from "../../src/cli/command.ts";
import { PublishFailed } from "../../src/errors.ts";
import { Source, type SourceOptions } from "../../src/source/source.ts";
import { TestNetwork } from "../../src/testing/test_network.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { LogRecords } from "../support/log_records.ts";
import { needing } from "../support/needing.ts";

const permissions = [{ name: "net" }, { name: "read" }, { name: "write" }, {
  name: "sys",
}] as const;
const token = "source-test";

class TestSource extends Source {
  task() {}
}

/** Runs a program with a source, as its command line and environment say. */
async function run(
  url: string,
  args: readonly string[],
  main: (source: TestSource) => Promise<void>,
  { code = {}, env = {} }: { code?: Partial<SourceOptions>; env?: Record<string, string> } = {},
): Promise<number> {
  return await runCommand(
    { defaultToken: token },
    async ({ server, token }) => {
      await using source = new TestSource({ token, url: server, ...code });
      await main(source);
    },
    ["--server", url, ...args],
    { environment: (name) => env[name], file: () => undefined },
  );
}

for (const way of ["command line", "environment"]) {
  Deno.test(needing({ permissions }, {
    name: `command() gives sources the spool and the timeout of the ${way}`,
    fn: async () => {
      await using _logged = await LogRecords.capture();
      const folder = await Deno.makeTempDir();
      const spool = join(folder, "spool");
      const [args, env] = way === "environment"
        ? [[], { METRICQ_SPOOL: spool, METRICQ_CONNECTION_TIMEOUT: "1ms" }]
        : [["--spool", spool, "--connection-timeout", "1ms"], {}];
      const network = await TestNetwork.start();
      let failure: unknown;
      await run(network.url, args, async (source) => {
        await source.connect();
        assert((await Deno.stat(spool)).isFile);
        await network.stop();
        failure = await source.stopped().catch((error) => error);
      }, { env, code: { connectionTimeout: "1h", spool: join(folder, "other") } });
      assert.match(String(failure), /^ReconnectTimeout: /);
      await assert.rejects(Deno.stat(join(folder, "other")));
      await Deno.remove(folder, { recursive: true });
    },
  }));
}

Deno.test(needing({ permissions }, {
  name: "command() gives sources what is to be done when there is no room",
  fn: async () => {
    await using _logged = await LogRecords.capture();
    await using network = await TestNetwork.start();
    let failure: unknown;
    await run(network.url, ["--on-full", "fail"], async (source) => {
      await source.connect();
      network.pause();
      const send = async () => {
        for (let at = 0; at < 100; at++) await source.send("test.a", Timestamp.now(), at);
      };
      failure = await send().catch((error) => error);
      network.resume();
    }, { code: { onFull: "drop-oldest", outboxMaxBytes: 200 } });
    assert(failure instanceof PublishFailed, String(failure));
  },
}));

Deno.test(needing({ permissions }, {
  name: "command() refuses options that do not go together, and values that there are not",
  fn: async () => {
    const refuses = async (args: string[], status: number) =>
      assert.equal(await run("amqp://localhost", args, () => Promise.resolve()), status);
    await refuses(["--delivery", "at-most-once", "--spool", "/tmp/spool"], 1);
    await refuses(["--delivery", "maybe"], 2);
    await refuses(["--on-full", "cry"], 2);
    await refuses(["--connection-timeout", "0"], 2);
    await refuses(["--spool", ""], 2);
  },
}));

Deno.test(needing({ permissions }, {
  name: "command() gives sources the age at which a chunk is sent that is not full",
  fn: async () => {
    await using _logged = await LogRecords.capture();
    await using network = await TestNetwork.start();
    await run(network.url, ["--chunk-age", "1ms"], async (source) => {
      await source.connect();
      await source.send("test.a", Timestamp.now(), 1);
      await network.points("test.a", 1, { timeoutSeconds: 60 });
    }, { code: { chunkSize: 100, chunkAge: "1h" } });
  },
}));
