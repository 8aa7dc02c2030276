import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parseHealthAddress } from "../../src/cli/serve_health.ts";
import { TestNetwork } from "../../src/testing/test_network.ts";
import { LineProgram } from "../peers/line_program.ts";
import { boundCommand } from "../peers/process.ts";
import { needing } from "../support/needing.ts";

const needs = [
  { name: "net" },
  { name: "run" },
  { name: "sys", kind: "hostname" },
] as const;
const MAIN = fileURLToPath(new URL("../../mod.ts", import.meta.url));
const CONFIG = { rate: 100 };

/** Waits until a program has logged something. */
function logged(program: LineProgram, pattern: RegExp): Promise<RegExpExecArray> {
  return program.waitFor(() => pattern.exec(program.errorOutput) ?? undefined);
}

Deno.test("parseHealthAddress() takes a port, a host, or both, and defaults to loopback", () => {
  const addresses = {
    "": ["127.0.0.1", 9464],
    "9465": ["127.0.0.1", 9465],
    "0.0.0.0": ["0.0.0.0", 9464],
    "localhost:0": ["localhost", 0],
    "[::1]:80": ["::1", 80],
    "[::]": ["::", 9464],
  };
  for (const [text, [hostname, port]] of Object.entries(addresses)) {
    assert.deepEqual(parseHealthAddress(text), { hostname, port }, text);
  }
  for (
    const text of ["a:b", ":80", "::1", "[a]:1", "http://host:1", "host:65536", "123456", "a b"]
  ) {
    assert.throws(() => parseHealthAddress(text), { name: "SyntaxError" }, text);
  }
});

Deno.test(needing({ permissions: needs }, {
  name: "--health answers 503 while the network is away, and 200 when it is back",
  fn: async () => {
    await using network = await TestNetwork.start({ config: CONFIG });
    await using program = LineProgram.start(Deno.execPath(), [
      ...["run", "-A", MAIN, "-v", "info"],
      ...["--server", network.url, "--health", "127.0.0.1:0"],
    ]);
    const [, url] = await logged(program, /Health is at (http:\S+healthz), metrics are at \S+$/m);
    const health = async () => {
      const response = await fetch(String(url));
      return { httpStatus: response.status, ...await response.json() };
    };
    await network.points("test.deno.dummy", 1, { timeoutSeconds: 60 });
    assert.equal((await health()).httpStatus, 200);

    network.cutConnections();
    network.pause(); // so that it stays away
    for (const connection of ["management", "data"]) {
      await logged(program, new RegExp(`Lost ${connection} connection`));
    }
    const { httpStatus, sources: [report] } = await health();
    assert.equal(httpStatus, 503);
    assert.match(report.reason, /^both connections have been away for \d+\.\d s$/);

    network.resume();
    for (const connection of ["management", "data"]) {
      await logged(program, new RegExp(`${connection} connection \\S+ is back after`));
    }
    assert.equal((await health()).httpStatus, 200);
    const metrics = await (await fetch(String(url).replace(/healthz$/, "metrics"))).text();
    assert.match(metrics, /^metricq_source_reconnects_total\{token="source-deno-dummy"\} 1$/m);
    assert.equal((await program.kill("SIGTERM")).code, 143);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "--health ends the program with status 1 when the port is taken, but not a --check",
  fn: async () => {
    await using network = await TestNetwork.start({ config: CONFIG });
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = taken.addr;
    const run = async (...args: string[]) => {
      const { code, stderr } = await boundCommand(Deno.execPath(), [
        "run",
        "-A",
        MAIN,
        "--server",
        network.url,
        ...args,
      ], {
        stdin: "null",
        stdout: "null",
        stderr: "piped",
        env: { METRICQ_HEALTH: String(port) },
      }).output();
      return [code, new TextDecoder().decode(stderr)];
    };
    assert.deepEqual(await run(), [
      1,
      `error: Cannot serve health on 127.0.0.1:${port}: another program listens there, a free address is required\n`,
    ]);
    assert.deepEqual(await run("--check"), [0, ""]);
  },
}));
