import assert from "node:assert/strict";
import { programTest } from "../cli/run_program.ts";

const PROGRAM = "../../mod.ts";

Deno.test(programTest(
  PROGRAM,
  "main() tells the server and the cause when there is no network",
  async (run) => {
    const { code, stderr } = await run(["--server", "amqp://user:secret@127.0.0.1:1/"]);
    assert.match(stderr, /^error: .*amqp:\/\/user:\*+@127\.0\.0\.1:1\/.*ECONNREFUSED[^\n]*\n$/);
    assert.equal(code, 1);
  },
));

for (const host of ["localhost", "127.0.0.1"]) {
  Deno.test(programTest(PROGRAM, `main() tells that ${host} is not permitted`, async (run) => {
    const { code, stderr } = await run(["--server", `amqp://${host}:1/`], {
      permissions: ["--no-prompt", "--allow-net=broker.example"],
    });
    assert.match(stderr, /^error: Cannot connect to amqp:.*--allow-net[^\n]*\n$/);
    assert.equal(code, 1);
  }));
}

for (const [signal, status] of [["SIGINT", 0], ["SIGTERM", 143]] as const) {
  Deno.test(programTest(
    PROGRAM,
    `main() ends by ${signal} with exit status ${status}, even while it connects`,
    async (run) => {
      // A server that takes the connection and then says nothing.
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const accepted = listener.accept();
      const { port } = listener.addr;
      const { code } = await run(["--server", `amqp://user:secret@127.0.0.1:${port}/`], {
        onStart: (process) => void accepted.then(() => process.kill(signal)),
      });
      (await accepted).close();
      assert.equal(code, status);
    },
  ));
}

Deno.test(programTest(
  PROGRAM,
  "main() prints of a check nothing but JSON, in its own network too",
  async (run) => {
    const { code, stdout } = await run(["--check"]);
    const { token, config, metrics } = JSON.parse(stdout);
    assert.equal(token, "source-deno-dummy");
    assert.deepEqual(config, { rate: 2 });
    assert.equal(metrics["test.deno.dummy"].rate, 2);
    assert.equal(code, 0);
  },
));
