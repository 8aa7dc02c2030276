/** The examples, run as their users run them. */

import assert from "node:assert/strict";
import { TestNetwork } from "../../src/testing/test_network.ts";
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
