/** Wrong programs that used to end, or to go on, without a word: each says what to do. */

import assert from "node:assert/strict";
import { type Ended, userProgram } from "./user_program.ts";

/** That a program has ended with a status, after exactly one line on the standard error. */
function endsWith(status: number, line: RegExp): (ended: Ended) => void {
  return (ended) => {
    assert.match(ended.stderr, line);
    assert.deepEqual(ended.stderr.trimEnd().split("\n").length, 1, ended.stderr);
    assert.equal(ended.status, status, ended.stderr);
  };
}

const FAILING = `
  class S extends IntervalSource {
    failed = Promise.withResolvers();
    update() {
      setImmediate(() => this.failed.resolve());
      JSON.parse("oops");
    }
  }
`;

Deno.test(userProgram({
  name: "A source that fails after connect() fails its `await using` block",
  text: `${FAILING}
    await using source = new S({ token: "source-x", url: server, period: 0.01 });
    await source.connect();
    await source.failed.promise;
  `,
  check: ({ status, stderr }) => {
    assert.match(stderr, /error: Uncaught .*SyntaxError: .*oops/);
    assert.equal(status, 1);
  },
}));

Deno.test(userProgram({
  name: "command() tells in one line of a source that fails after connect()",
  text: `${FAILING}
    await command({ defaultToken: "source-x" }, async ({ server, token }) => {
      await using source = new S({ token, url: server, period: 0.01 });
      await source.connect();
      await source.failed.promise;
    });
  `,
  args: ["--log-format", "pretty", "-v", "error"],
  check: ({ status, stderr }) => {
    assert.match(stderr, /^error: .*oops.*\(-v debug tells where\)$/m);
    assert.equal(status, 1);
  },
}));

Deno.test(userProgram({
  name: "command() tells both errors where an `await using` block and its end fail",
  text: `${FAILING}
    await command({ defaultToken: "source-x" }, async ({ server, token }) => {
      await using source = new S({ token, url: server, period: 0.01 });
      await source.connect();
      await source.failed.promise;
      throw new Error("nothing left to do");
    });
  `,
  args: ["-v", "error"],
  check: ({ status, stderr }) => {
    assert.match(stderr, /^error: nothing left to do; then: .*oops/m);
    assert.equal(status, 1);
  },
}));

Deno.test(userProgram({
  name: "stop() after connect() tells of a source that has failed, which nothing has told before",
  text: `${FAILING}
    const source = new S({ token: "source-x", url: server, period: 0.01 });
    await source.connect();
    await source.failed.promise;
    await source.stop();
  `,
  check: ({ status, stderr }) => {
    assert.match(stderr, /error: Uncaught .*SyntaxError: .*oops/);
    assert.equal(status, 1);
  },
}));

for (
  const [place, begin, end] of [
    ["a module", "", ""],
    ["a function", "async function main() {", "}\nmain();"],
  ] as const
) {
  Deno.test(userProgram({
    name: `The \`await using\` block of ${place} that fails shows its error and that of its source`,
    text: `${FAILING}
      ${begin}
        await using source = new S({ token: "source-x", url: server, period: 0.01 });
        await source.connect();
        await source.failed.promise;
        throw new Error("nothing left to do");
      ${end}
    `,
    check: ({ status, stderr }) => {
      assert.match(stderr, /^Caused by: AggregateError: nothing left to do; then: .*oops/m);
      assert.match(stderr, /^ +Error: nothing left to do\n +at .*program\.ts:\d+:\d+/m);
      assert.match(stderr, /^ +SyntaxError: .*oops.*\n +at JSON\.parse/m);
      assert.equal(status, 1);
    },
  }));
}

Deno.test(userProgram({
  name: "A block of other resources that fails twice stays as it is",
  text: `${FAILING}
    const source = new S({ token: "source-x", url: server, period: 0.01 });
    await source.connect();
    await source.failed.promise;
    await source[Symbol.asyncDispose]().catch(() => {});
    const error = await (async () => {
      await using file = { async [Symbol.asyncDispose]() { throw new Error("close"); } };
      throw new Error("read");
    })().catch((error) => error);
    console.log(error.name, error.cause, Object.keys(error));
  `,
  check: ({ status, stdout }) => {
    assert.equal(stdout, "SuppressedError undefined []\n");
    assert.equal(status, 0);
  },
}));

const IDLE = `
  class S extends Source {
    task(signal) { return new Promise((resolve) => signal.addEventListener("abort", resolve)); }
  }
`;

Deno.test(userProgram({
  name: "command() tells of a forgotten return, and stops the source",
  text: `${IDLE}
    await command({ defaultToken: "source-x" }, ({ server, token }) => {
      new S({ token, url: server }).run();
    });
  `,
  check: endsWith(1, /^error: source-x still runs when main has ended: return its run\(\)\n$/),
}));

Deno.test(userProgram({
  name: "command() tells of several sources that still run",
  text: `${IDLE}
    await command({ defaultToken: "source-x" }, async ({ server, token }) => {
      await new S({ token, url: server }).connect();
      void new S({ token: "source-y", url: server }).run();
    });
  `,
  check: endsWith(
    1,
    /^error: source-x, source-y still run when main has ended: return the promises of their run\(\)\n$/,
  ),
}));

Deno.test(userProgram({
  name: "command() tells of a source that was made and not started",
  text: `${IDLE}
    await command({ defaultToken: "source-x" }, ({ server, token }) => {
      new S({ token, url: server });
    });
  `,
  check: endsWith(
    0,
    / WARNING metricq\.cli: source-x was made and not started: return its run\(\)\n$/,
  ),
}));

for (
  const [field, owner, remedy] of [
    ["period = 1", "IntervalSource", 'write "this.period = …;" in its constructor or in a handler'],
    ["chunkSize = 10", "Source", 'write "this.chunkSize = …;" in its constructor or in a handler'],
    [
      "url = server",
      "Agent",
      'give the field another name, or the option "url" where there is one',
    ],
  ] as const
) {
  Deno.test(userProgram({
    name: `run() refuses a class with the field \`${field}\`, which would have no effect`,
    text: `
      class S extends IntervalSource {
        ${field};
        update() {}
      }
      await command({ defaultToken: "source-x" }, ({ server, token }) =>
        new S({ token, url: server, period: 1 }).run());
    `,
    check: ({ status, stderr }) => {
      const name = field.split(" ")[0];
      assert.ok(
        stderr.startsWith(
          `error: Cannot start "source-x": the field "${name}" hides the accessor of ` +
            `${owner}, which has no effect then: ${remedy}`,
        ),
        stderr,
      );
      assert.equal(status, 1);
    },
  }));
}

const ASSIGN = 'write "this.period = …;" in its constructor or in a handler';

for (
  const [member, problem] of [
    [
      'metric = "lab.power"',
      'the field "metric" hides the method of Source: give the field another name',
    ],
    ["stop = false", 'the field "stop" hides the method of Agent: give the field another name'],
    ["send", 'the field "send" hides the method of Source: give the field another name'],
    [
      'get events() { return "click"; }',
      'the accessor "events" hides the method of Agent: give the accessor another name',
    ],
    [
      "get period() { return Timedelta.fromS(1); }",
      `the accessor "period" hides that of IntervalSource, and lacks a setter: ${ASSIGN}`,
    ],
    [
      "set period(period) {}",
      'the accessor "period" hides that of IntervalSource, and lacks a getter: add "get period()"',
    ],
    [
      "period() { return 1; }",
      'the method "period" hides the accessor of IntervalSource, which has no effect then: ' +
      ASSIGN,
    ],
  ] as const
) {
  Deno.test(userProgram({
    name: `run() refuses a class with \`${member}\`, and says what to do`,
    text: `
      class Base extends IntervalSource {
        ${member}
      }
      class S extends Base {
        update() {}
      }
      await command({ defaultToken: "source-x" }, ({ server, token }) =>
        new S({ token, url: server }).run());
    `,
    check: endsWith(
      1,
      new RegExp(`^error: Cannot start "source-x": ${RegExp.escape(problem)} \\(-v debug`),
    ),
  }));
}

for (
  const [text, line] of [
    [
      "class S extends IntervalSource { Update() {} }",
      'Cannot start "source-x": class S has no method "update", which a class that derives from IntervalSource has to have',
    ],
    [
      "class S extends Source { update() {} }",
      'Cannot start "source-x": class S has no method "task", which a class that derives from Source has to have',
    ],
    [
      "class S extends IntervalSource { update = 5; }",
      'Cannot start "source-x": class S has no method "update", which a class that derives from IntervalSource has to have',
    ],
    [
      "class S extends IntervalSource { async task() {} update() {} }",
      'Cannot start "source-x": its "task" takes the place of that of IntervalSource, so update would never be called: remove it, or call super.task(signal) in it',
    ],
    [
      "class S extends IntervalSource { task = async () => { await sleep(50); }; update() {} }",
      'Cannot start "source-x": its "task" takes the place of that of IntervalSource, so update would never be called: remove it, or call super.task(signal) in it',
    ],
    [
      "class S extends PollingSource { async task(signal) {} }",
      'Cannot start "source-x": its "task" takes the place of that of PollingSource, so no group would be read: remove it, or call super.task(signal) in it',
    ],
    [
      "class S extends IntervalSource { async *update() { yield 1; } }",
      'Cannot run update: a generator is returned, nothing or a promise is required: write it without "*"',
    ],
    [
      "class S extends Source { *task() { yield 1; } }",
      'Cannot run task: a generator is returned, nothing or a promise is required: write it without "*"',
    ],
  ] as const
) {
  Deno.test(userProgram({
    name: `\`${text}\` ends with one line`,
    text: `${text}
      await command({ defaultToken: "source-x" }, ({ server, token }) =>
        new S({ token, url: server, period: 1 }).run());
    `,
    check: ({ status, stderr }) => {
      assert.equal(stderr, `error: ${line} (-v debug tells where)\n`);
      assert.equal(status, 1);
    },
  }));
}

for (
  const [kind, line] of [
    ["IntervalSource", "makes no updates: its configuration has come, and no period was set"],
    ["PollingSource", "reads nothing: its configuration has come, and poll was not called"],
  ] as const
) {
  Deno.test(userProgram({
    name: `A handler of the configuration that does nothing with it: ${kind} tells so`,
    text: `
      class S extends ${kind} {
        @rpcHandler("config")
        onConfig({ period }) { setTimeout(() => void this.stop(), 100); }
        update() {}
      }
      await command({ defaultToken: "source-x" }, ({ server, token }) =>
        new S({ token, url: server }).run());
    `,
    args: ["--log-format", "pretty"],
    network: { configs: { "source-x": { period: 1 } } },
    check: ({ status, stderr }) => {
      assert.ok(stderr.includes(`source-x ${line}`), stderr);
      assert.equal(status, 0);
    },
  }));
}

Deno.test(userProgram({
  name: "A source that has run and is run again says that a new one is required",
  text: `
    class S extends Source {
      task() { void this.stop(); }
    }
    await command({ defaultToken: "source-x" }, async ({ server, token }) => {
      const source = new S({ token, url: server });
      await source.run();
      await source.run();
    });
  `,
  check: endsWith(1, /^error: Cannot run: the agent is stopped, a new one is required\n$/),
}));

Deno.test(userProgram({
  name: "Methods that are overridden, by functions in fields too, and whole accessors are welcome",
  text: `
    class S extends IntervalSource {
      sent = [];
      send = async (...given) => { this.sent.push(given[0]); };
      get period() { return super.period; }
      set period(period) { super.period = period; }
      get stats() { return { ...super.stats, sent: this.sent.length }; }
      async stop(error) { await super.stop(error); console.log(this.sent, this.stats.sent); }
      update = async () => {
        await this.send("lab.power", Timestamp.now(), 1);
        void this.stop();
      };
    }
    await command({ defaultToken: "source-x" }, ({ server, token }) =>
      new S({ token, url: server, period: "1s" }).run());
  `,
  check: ({ status, stdout, stderr }) => {
    assert.deepEqual({ status, stdout, stderr }, {
      status: 0,
      stdout: '[ "lab.power" ] 1\n',
      stderr: "",
    });
  },
}));

for (const name of ["confg", "onConfig", "configure"]) {
  Deno.test(userProgram({
    name: `A source that handles "${name}" and not "config" is told what it means`,
    text: `
      class S extends Source {
        @rpcHandler("${name}") onConfig() {}
        task() { void this.stop(); }
      }
      await command({ defaultToken: "source-x" }, ({ server, token }) =>
        new S({ token, url: server }).run());
    `,
    check: endsWith(
      0,
      new RegExp(
        `WARNING metricq\\.source: source-x handles "${name}", which no manager calls, and not its ` +
          'configuration: did you mean "config"\\?\\n$',
      ),
    ),
  }));
}

Deno.test(userProgram({
  name: "A source with a function of its own and no configuration is told nothing",
  text: `
    class S extends Source {
      @rpcHandler("coffee.make") makeCoffee() {}
      task() { void this.stop(); }
    }
    await command({ defaultToken: "source-x" }, ({ server, token }) =>
      new S({ token, url: server }).run());
  `,
  check: ({ status, stderr }) => assert.deepEqual({ status, stderr }, { status: 0, stderr: "" }),
}));

Deno.test(userProgram({
  name: "A program's own option takes the place of a built-in one, with a warning",
  text: `
    await command({
      defaultToken: "source-x",
      options: { health: { description: "Its own", short: "v" } },
    }, ({ health }) => console.log(health));
  `,
  args: ["-v", "well"],
  check: ({ status, stdout, stderr }) => {
    assert.equal(stdout, "well\n");
    assert.match(
      stderr,
      /^.* WARNING metricq\.cli: Options of this program replace built-in ones: --health, -v\n$/,
    );
    assert.equal(status, 0);
  },
}));

Deno.test(userProgram({
  name: "rpcHandler() names the compiler option that makes other decorators of it",
  text: `
    class S extends Source {
      @rpcHandler("config") onConfig() {}
      task() {}
    }
    await command({ defaultToken: "source-x" }, ({ server, token }) =>
      new S({ token, url: server }).run());
  `,
  compilerOptions: { experimentalDecorators: true },
  check: ({ status, stderr }) => {
    assert.match(
      stderr,
      /TypeError: Cannot use rpcHandler on "onConfig": the compiler option experimentalDecorators is set, standard decorators are required: remove that option\n/,
    );
    assert.equal(status, 1);
  },
}));

Deno.test(userProgram({
  name: "A private method with arguments cannot be decorated, as the page of rpcHandler says",
  text: `
    class S extends Source {
      @rpcHandler("config") #onConfig({ rate }) { void rate; }
      task() {}
    }
  `,
  check: ({ status, stderr }) => {
    // When a later Deno compiles it, the page has to say so.
    assert.match(stderr, /SyntaxError: Getter must not have any formal parameters/);
    assert.equal(status, 1);
  },
}));
