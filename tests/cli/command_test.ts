import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { command, type CommandValues } from "../../src/cli/mod.ts";
import { VERSION } from "../../src/version.ts";
import { type Ended, programTest, type Setting } from "./run_program.ts";

const PROGRAM = "./program.ts";
const SERVER = "amqp://user:secret@broker.example/";

/** Asserts wrong use: status 2 and exactly one line, which matches. */
function assertUsage({ code, stdout, stderr }: Ended, message: RegExp): void {
  assert.match(stderr, message);
  assert.match(stderr, /^error: [^\n]* \(--help tells more\)\n$/);
  assert.equal(stdout, "");
  assert.equal(code, 2);
}

Deno.test(
  programTest(PROGRAM, "command() gives main server, token and own options", async (run) => {
    const { code, stdout, stderr } = await run(["--server", SERVER, "--chunk-size=10"]);
    assert.equal(stderr, "");
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout), {
      server: SERVER,
      token: "source-test",
      chunkSize: 10,
      end: "well",
    });
  }),
);

Deno.test(programTest(
  PROGRAM,
  "command() prefers the command line, then the environment, then .metricq",
  async (run) => {
    const files = {
      here: "METRICQ_SERVER=amqp://file\nMETRICQ_TOKEN=file\nMETRICQ_CHUNK_SIZE=3\n",
    };
    const env = { METRICQ_SERVER: "amqp://environment", METRICQ_TOKEN: "environment" };
    const { stdout } = await run(["--server", "amqp://line"], { env, files });
    const { server, token, chunkSize } = JSON.parse(stdout);
    assert.deepEqual({ server, token, chunkSize }, {
      server: "amqp://line",
      token: "environment",
      chunkSize: 3,
    });
  },
));

Deno.test(programTest(
  PROGRAM,
  "command() reads the nearest .metricq: here, of a parent, of the home folder",
  async (run) => {
    const all = {
      here: "METRICQ_SERVER=amqp://here",
      parent: "METRICQ_SERVER=amqp://parent",
      home: "METRICQ_SERVER=amqp://home",
    };
    const server = async (files: Setting["files"]) =>
      JSON.parse((await run([], files && { files })).stdout).server;
    const { home, parent } = all;
    assert.equal(await server({ home }), "amqp://home");
    assert.equal(await server({ home, parent }), "amqp://parent");
    assert.equal(await server(all), "amqp://here");
  },
));

Deno.test(
  programTest(PROGRAM, "command() fills in $USER and $HOST in server and token", async (run) => {
    const env = { USER: "ada" };
    const { stdout } = await run(
      ["--server", "amqp://h/$USER", "--token", "t-${USER}-$HOST-$$-$X"],
      {
        env,
      },
    );
    const { server, token } = JSON.parse(stdout);
    assert.equal(server, "amqp://h/ada");
    assert.equal(token, `t-ada-${Deno.hostname()}-$-$X`);
  }),
);

Deno.test(programTest(
  PROGRAM,
  "command() works with options alone when nothing is permitted",
  async (run) => {
    const setting = {
      permissions: [],
      env: { METRICQ_CHUNK_SIZE: "7" },
      files: { here: "damaged" },
    };
    const { code, stdout, stderr } = await run(["--server", SERVER, "--token", "t-$HOST"], setting);
    assert.equal(code, 0);
    assert.equal(JSON.parse(stdout).token, "t-$HOST");
    assert.equal(JSON.parse(stdout).chunkSize, 1);
    assert.match(
      stderr,
      /^[\d:.]{12} WARNING metricq\.cli: Leaving \$HOST in token as is: [^\n]*\n$/,
    );
  },
));

Deno.test(
  programTest(
    PROGRAM,
    "command() refuses wrong use in one line with exit status 2",
    async (run) => {
      const given = ["--server", SERVER];
      assertUsage(await run([]), /Option --server is missing: .* METRICQ_SERVER .* \.metricq file/);
      assertUsage(await run(["--server"]), /Option --server has no value/);
      assertUsage(
        await run([...given, "--token", "--syslog"]),
        /--token has no value: --syslog comes/,
      );
      assertUsage(
        await run(["--sever", SERVER]),
        /Unknown option --sever: did you mean --server\?/,
      );
      assertUsage(
        await run(["-server", SERVER]),
        /Unknown option -server: did you mean --server\?/,
      );
      assertUsage(
        await run([`--sever=${SERVER}`]),
        /Unknown option --sever: did you mean --server\?/,
      );
      assertUsage(await run([SERVER]), /Unexpected argument/);
      assertUsage(
        await run([...given, "more"]),
        /Unexpected argument "more": only options are taken/,
      );
      assertUsage(await run([...given, "--token", ""]), /Cannot use --token: "" .* is required/);
      assertUsage(
        await run([...given, "--chunk-size", "1.5"]),
        /Cannot use --chunk-size: "1\.5" is given, a positive integer is required/,
      );
      assertUsage(
        await run([...given, "-v", "loud"]),
        /Cannot use --verbosity: "loud" is given, one of error, warning, info, debug is required/,
      );
      assertUsage(
        await run([...given, "--syslog", "a:b:c"]),
        /Cannot use --syslog: "a:b:c" is given/,
      );
      assertUsage(
        await run([...given, "--health", "a:b"]),
        /Cannot use --health: "a:b" is given, \[HOST:\]PORT or \[IPV6\]:PORT is required/,
      );
    },
  ),
);

Deno.test(programTest(
  PROGRAM,
  "command() refuses a server that is not an address, and never shows a password",
  async (run) => {
    const servers = [
      "http://user:secret@host/",
      "user:secret@host",
      "amqp://user:secret/more@host",
      "amqp://user:/secret@host",
      "amqp://user:12?secret@host",
      "amqp://user:12#secret@host",
      "amqp://user:secret",
      "amqp://user:12#secret",
      "amqp://user:12?secret",
      "amqp://user:my secret@host:99999/",
      "amqp://user:secret@host:99999/",
      "amqp://user:%secret@host/",
      "amqp://user:secret@host/?heartbeat=often",
      "amqp://user:secret@host/%zz",
    ];
    for (const server of servers) {
      assertUsage(await run(["--server", server]), /Cannot use --server: /);
    }
  },
));

Deno.test(programTest(
  PROGRAM,
  "command() names the variable or the file that a bad value comes from",
  async (run) => {
    const env = { METRICQ_SERVER: SERVER, METRICQ_CHUNK_SIZE: "0" };
    assertUsage(await run([], { env }), /Cannot use METRICQ_CHUNK_SIZE of the environment: "0" is/);
    const here = "METRICQ_SERVER=http://user:secret@host\n";
    assertUsage(
      await run([], { files: { here } }),
      /Cannot use METRICQ_SERVER of \/.*\/\.metricq: /,
    );
    assertUsage(
      await run([], { files: { here: `${here}\nMETRICQ_TOKEN "secret"\n` } }),
      /Cannot read line 3 of \/.*\/\.metricq: it is not a setting, NAME=value is required/,
    );
  },
));

Deno.test(programTest(
  PROGRAM,
  "command() prints an error of main in one line with exit status 1",
  async (run) => {
    const connect = await run(["--server", SERVER, "--end", "connect"]);
    assert.equal(connect.stderr, "error: Cannot connect: connection refused\n");
    assert.equal(connect.code, 1);

    const bug = await run(["--server", SERVER, "--end", "bug"]);
    assert.equal(bug.stderr, "error: nothing is a function (-v debug tells where)\n");
    assert.equal(bug.code, 1);

    const url = await run(["--server", SERVER, "--end", "url"]);
    assert.match(
      url.stderr,
      /^error: Cannot reach amqp:\/\/user:\*+@broker.example\/: no route to/,
    );
  },
));

Deno.test(programTest(
  PROGRAM,
  "command() shows the stack of an error with -v debug, without passwords",
  async (run) => {
    const { code, stderr } = await run(["--server", SERVER, "--end", "url", "-v", "DEBUG"]);
    assert.match(stderr, /\n {4}at .*program\.ts:\d+/);
    assert.equal(code, 1);
  },
));

Deno.test(programTest(
  PROGRAM,
  "command() exits with 128 and the signal's number after ReceivedSignal",
  async (run) => {
    const { code, stderr } = await run(["--server", SERVER, "--end", "signal"]);
    assert.deepEqual({ code, stderr }, { code: 143, stderr: "" });
  },
));

Deno.test(programTest(
  PROGRAM,
  "command() ends the process even if something in it stays active",
  async (run) => {
    const { code, stderr } = await run(["--server", SERVER, "--end", "hang"]);
    assert.match(stderr, /^warning: the program has ended, but something in it is still active/);
    assert.equal(code, 0);
  },
));

Deno.test(programTest(
  PROGRAM,
  "command() logs the library and the program to the standard error",
  async (run) => {
    const { stdout, stderr } = await run(["--server", SERVER, "--end", "log"]);
    assert.equal(stdout, "");
    assert.match(
      stderr,
      /^[\d:.]{12} WARNING source-test: Told by source-test\n[\d:.]{12} WARNING metricq: Told by metricq\n$/,
    );
    const talkative = await run(["--server", SERVER, "--end", "log", "-v", "info"]);
    assert.match(talkative.stderr, / INFO {4}source-test: Whispered by source-test\n/);
    assert.equal(talkative.stderr.trim().split("\n").length, 4);
  },
));

Deno.test(
  programTest(PROGRAM, "command() logs JSON and logfmt for programs to read", async (run) => {
    const args = ["--server", SERVER, "--end", "log", "--log-format"];
    const json = await run([...args, "json"]);
    const lines = json.stderr.trim().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(lines.map(({ time: _, ...fields }) => fields), [
      {
        level: "warning",
        logger: "source-test",
        message: "Told by source-test",
        category: "source-test",
      },
      { level: "warning", logger: "metricq", message: "Told by metricq", category: "metricq" },
    ]);
    const logfmt = await run([...args, "logfmt"]);
    assert.match(
      logfmt.stderr,
      /^time=\S+Z level=warning logger=source-test message="Told by source-test" category=source-test\n/,
    );
  }),
);

Deno.test(
  programTest(PROGRAM, "command() tells in the log's format why the program ends", async (run) => {
    const args = ["--server", SERVER, "--log-format", "json", "--end", "url"];
    const { code, stderr } = await run(args);
    const { level, logger, message } = JSON.parse(stderr);
    assert.deepEqual({ level, logger }, { level: "error", logger: "metricq.exit" });
    assert.match(message, /^Cannot reach amqp:\/\/user:\*+@broker.example\/: no route to/);
    assert.equal(code, 1);
    const { stack } = JSON.parse((await run([...args, "-v", "debug"])).stderr);
    assert.match(stack, /\n {4}at .*program\.ts:\d+/);
  }),
);

Deno.test(
  programTest(PROGRAM, "command() prints a completion script without a server", async (run) => {
    const { code, stdout, stderr } = await run(["--completion", "bash"]);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    assert.match(stdout, /complete .* source-test\n$/);
    assertUsage(
      await run(["--server", SERVER, "--completion", "csh"]),
      /--completion: "csh" is given, one of bash/,
    );
  }),
);

Deno.test(
  programTest(PROGRAM, "command() tells syslog the error that ended the program", async (run) => {
    const server = createSocket("udp4");
    const received = once(server, "message");
    server.bind(0, "127.0.0.1");
    await once(server, "listening");
    try {
      const address = `localhost:${server.address().port}`;
      const args = ["--server", SERVER, "--token", "t", "--end", "connect", "--syslog", address];
      const { code, stderr } = await run(args);
      assert.equal(stderr, "error: Cannot connect: connection refused\n");
      assert.equal(code, 1);
      assert.match(
        String((await received)[0]),
        /^<11>.* t\[\d+\]: Cannot connect: connection refused$/,
      );
    } finally {
      server.close();
    }
  }),
);

Deno.test(
  programTest(PROGRAM, "command() prints the help, at most 80 columns wide", async (run) => {
    const { code, stdout, stderr } = await run(["--help", "--sever"]);
    assert.equal(stderr, "");
    assert.equal(code, 0);
    const words = ["Usage: source-test", "--chunk-size", ".metricq", "METRICQ_SERVER", "$HOST"];
    const options = [
      ...["--server <URL>", "--token <TOKEN>", "--syslog [ADDRESS]", "--health [ADDRESS]"],
      ...["--spool <FILE>", "--on-full <POLICY>", "--delivery <MODE>", "--chunk-age <DURATION>"],
      ...["--connection-timeout <DURATION>", "-v, --verbosity <LEVEL>", "--log-format <FORMAT>"],
      ...["--check", "--completion <SHELL>", "--version", "-h, --help"],
    ];
    for (const word of [...words, ...options]) assert(stdout.includes(word), word);
    assert(stdout.split("\n").every((line) => line.length <= 80));
  }),
);

Deno.test(
  programTest(
    PROGRAM,
    "command() prints the versions of program, library and Deno",
    async (run) => {
      const { code, stdout } = await run(["--version"]);
      assert.equal(
        stdout,
        `source-test 1.2.3 (@metricq/source ${VERSION}, Deno ${Deno.version.deno})\n`,
      );
      assert.equal(code, 0);
    },
  ),
);

Deno.test("command() rejects a definition that is wrong", async () => {
  const definition = (options: Record<string, { description: string; short?: string }>) =>
    command({ defaultToken: "source-test", options }, () => {});
  const option = { description: "…" };
  await assert.rejects(definition({ server: option }), TypeError);
  await assert.rejects(definition({ help: option }), TypeError);
  await assert.rejects(definition({ "chunk-size": option, chunkSize: option }), TypeError);
  await assert.rejects(definition({ volume: { ...option, short: "h" } }), TypeError);
  await assert.rejects(
    definition({ a: { ...option, short: "x" }, b: { ...option, short: "x" } }),
    TypeError,
  );
  await assert.rejects(definition({ "Chunk size": option }), SyntaxError);
  await assert.rejects(definition({ "no-cache": option }), SyntaxError);
  await assert.rejects(definition({ metric: { ...option, short: "me" } }), SyntaxError);
  await assert.rejects(command({ defaultToken: "" }, () => {}), RangeError);
});

Deno.test("command() infers the types of the values from the options", () => {
  type Values = CommandValues<{
    "chunk-size": { description: string; parse: (text: string) => number; default: 1 };
    limit: { description: string; parse: (text: string) => number };
    format: { description: string; choices: readonly ["json", "text"]; required: true };
    metric: { description: string; multiple: true };
    dryRun: { description: string; flag: true };
  }>;
  // That this compiles is the test: each value has exactly the type that stands beside it.
  const values: Values = {
    server: "",
    token: "",
    chunkSize: 1,
    limit: undefined,
    format: "json",
    metric: ["a"],
    dryRun: false,
  };
  values.chunkSize satisfies number;
  values.limit satisfies number | undefined;
  values.format satisfies "json" | "text";
  values.metric satisfies readonly string[];
  values.dryRun satisfies boolean;
  // @ts-expect-error: it may be absent
  values.limit satisfies number;
  // @ts-expect-error: there is no such choice
  values.format satisfies "json";
  // @ts-expect-error: the name among the values is in camel case
  values["chunk-size"];
});
