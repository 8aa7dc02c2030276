/** The examples, run as their users run them. */

import assert from "node:assert/strict";
import { Timestamp } from "../../src/time/timestamp.ts";
import { TestNetwork } from "../../src/testing/test_network.ts";
import { TestSource } from "../e2e/test_source.ts";
import { LineProgram } from "../peers/line_program.ts";
import { needing } from "../support/needing.ts";

const needs = [
  { name: "net" },
  { name: "run", command: Deno.execPath() },
  { name: "sys", kind: "hostname" },
] as const;

function exampleTest(
  file: string,
  config: Record<string, number | string>,
  metric: (host: string) => string,
  isPlausible: (value: number) => boolean,
): Deno.TestDefinition {
  return needing({ permissions: needs }, {
    name: `examples/${file} sends plausible values until SIGINT`,
    fn: async () => {
      await using network = await TestNetwork.start({ config });
      const path = new URL(`../../examples/${file}`, import.meta.url).pathname;
      const program = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", path, "--server", network.url],
        stdin: "null",
        stdout: "null",
        stderr: "piped",
      }).spawn();
      const name = metric(Deno.hostname().replaceAll(".", "_"));
      try {
        const points = await network.points(name, 2, { timeoutSeconds: 30 });
        for (const { value } of points) assert(isPlausible(value), `${name} is ${value}`);
      } finally {
        program.kill("SIGINT");
      }
      const { code, stderr } = await program.output();
      assert.equal(code, 0, new TextDecoder().decode(stderr));
    },
  });
}

Deno.test(exampleTest(
  "dummy_source.ts",
  { rate: 50 },
  () => "test.deno.dummy",
  (value) => value >= 0 && value < 1,
));

Deno.test(exampleTest(
  "manual_source.ts",
  { burst: 10, pause: "10ms" },
  () => "test.deno.event_loop.turn",
  (value) => value > 0 && value < 10,
));

if (Deno.build.os === "linux") {
  Deno.test(exampleTest(
    "sysinfo_source.ts",
    { rate: 20, prefix: "example.rack1" },
    (host) => `example.rack1.${host.length > 1 ? host : `host_${host}`}.memory.used`,
    (bytes) => bytes > 1e6 && bytes < 1e15,
  ));
}

Deno.test(needing({ permissions: [...needs, { name: "write" }, { name: "read" }] }, {
  name: "examples/csv_sink.ts writes points to a file, exact to the nanosecond",
  fn: async () => {
    await using network = await TestNetwork.start();
    await using source = new TestSource({ token: "source-test", url: network.url });
    await source.connect();
    const file = await Deno.makeTempFile({ suffix: ".csv" });
    const path = new URL("../../examples/csv_sink.ts", import.meta.url).pathname;
    await using program = LineProgram.start(Deno.execPath(), [
      ...["run", "-A", path, "--server", network.url, "--file", file, "example.rack1.power"],
    ]);
    const ended = program.ended.then(() => assert.fail(program.errorOutput));
    ended.catch(() => {});
    // Nobody tells when it has subscribed: a point is sent until one is there.
    let text = "";
    for (let n = 0n; text === ""; n++) {
      await source.send("example.rack1.power", Timestamp.fromPosixNs(n), 0.1 + 0.2);
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 20))]);
      text = await Deno.readTextFile(file);
    }
    assert.match(
      text,
      /^(?:example\.rack1\.power,1970-01-01T00:00:00\.\d{9}Z,0\.30000000000000004\n)+$/,
    );
    await Deno.remove(file);
  },
}));
