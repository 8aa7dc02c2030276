/** What a user of `watch` sees: the program on the development network, and on RabbitMQ. */

import assert from "node:assert/strict";
import * as z from "zod";
import { DevNetwork } from "../../src/dev/network.ts";
import type { JsonObject } from "../../src/rpc/json.ts";
import { withSchema } from "../../src/rpc/rpc_handler.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { programTest } from "../cli/run_program.ts";
import { Network } from "../e2e/network.ts";
import { TestSource } from "../e2e/test_source.ts";
import { compileCpp } from "../peers/cpp_program.ts";
import { LineProgram } from "../peers/line_program.ts";
import { PythonPeer } from "../peers/python_peer.ts";
import { boundCommand } from "../peers/process.ts";
import { readSeriesFrame } from "../../src/watch/dashboard/page/series.js";
import { needing } from "../support/needing.ts";
import { PageSocket } from "./dashboard/page_client.ts";

const WATCH = "../../src/watch/main.ts";
const METADATA = { unit: "W", rate: 2, description: 'of "it"' };
const START_NS = 1_700_000_000_123_456_789n;

/** A network with a source of some metrics. */
async function started(...metrics: string[]) {
  await using parts = new AsyncDisposableStack();
  const network = parts.use(await DevNetwork.start());
  const source = parts.use(new TestSource({ token: "source-lab", url: network.url }));
  await source.connect();
  await source.declareMetrics(Object.fromEntries(metrics.map((name) => [name, METADATA])));
  const { url } = network;
  const owned = parts.move();
  return { url, source, network, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Sends a point again and again, as nobody tells when a program has subscribed. */
async function sendUntil(source: TestSource, metric: string, ended: Promise<unknown>) {
  let isOver = false;
  ended.then(() => isOver = true, () => isOver = true);
  for (let n = 0n; !isOver; n++) {
    await source.send(metric, Timestamp.fromPosixNs(START_NS + n), 0.1 + 0.2);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

Deno.test(
  programTest(
    WATCH,
    "watch --list prints metrics, and with --metadata what is known",
    async (run) => {
      await using network = await started("lab.b", "lab.a", "other.c");
      const list = (...args: string[]) => run(["--server", network.url, "--list", ...args]);
      assert.equal((await list()).stdout, "lab.a\nlab.b\nother.c\n");
      assert.equal((await list("lab.*")).stdout, "lab.a\nlab.b\n");
      const { stdout } = await list("--metadata", "*.c");
      assert.match(stdout, /^other\.c \{.*"unit":"W".*\}\n$/);
      const csv = await list("--format", "csv", "lab.a");
      assert.equal(
        csv.stdout,
        'metric,source,unit,rate,description\nlab.a,source-lab,W,2,"of ""it"""\n',
      );
    },
  ),
);

Deno.test(
  programTest(
    WATCH,
    "watch shows no more metrics than its limit, and says that there are more",
    async (run) => {
      await using network = await started("lab.a", "lab.b", "lab.c");
      const { stdout, stderr, code } = await run(
        ["--server", network.url, "--list", "--limit", "2", "lab.*", "lab.c"],
      );
      assert.equal(code, 0);
      assert.equal(stdout.trim().split("\n").length, 2);
      assert.match(stderr, /Showing 2 metrics, there are more: lab\.\*/);
    },
  ),
);

Deno.test(
  programTest(WATCH, "watch subscribes to none but the metrics that were named", async (run) => {
    await using network = await started("lab.a");
    const { url } = network;
    const others = run(
      [
        "--server",
        url,
        "--format",
        "csv",
        "--for",
        "500ms",
        "#",
        "lab.#",
        "x".repeat(256),
        "lab.b",
      ],
    );
    await sendUntil(network.source, "lab.a", others);
    const { stdout, stderr, code } = await others;
    assert.deepEqual({ stdout, code }, { stdout: "metric,time,value\n", code: 0 });
    assert.match(stderr, /Cannot subscribe to "#" "lab\.#" "x+.*: 1 to 255 bytes/);
    const none = await run(["--server", url, "*.#.a#", "a.#"]);
    assert.match(none.stderr, /^error: Cannot watch: no metric is found by /m);
  }),
);

Deno.test(
  programTest(WATCH, "watch takes no metric for declared that is not", async (run) => {
    await using network = await started("lab.a");
    const { stderr } = await run(
      ["--server", network.url, "--list", "constructor", "toString", "__proto__", "lab.a"],
    );
    assert.match(stderr, /Not declared on this network: constructor toString __proto__$/m);
  }),
);

Deno.test(
  programTest(WATCH, "watch --for requires a time above 0", async (run) => {
    for (const wrong of ["0", "-1s", "soon"]) {
      const { stderr, code } = await run([
        "--server",
        "amqp://localhost:1/",
        "--for",
        wrong,
        "lab.a",
      ]);
      assert.equal(code, 2);
      assert.match(stderr, /^error: Cannot use --for: ".*" is given, .* required/);
    }
  }),
);

Deno.test(
  programTest(WATCH, "watch --agents prints which agents are on the network", async (run) => {
    await using network = await started("lab.a");
    const { stdout } = await run(["--server", network.url, "--agents"]);
    assert.match(stdout, /^source-lab {2}.*metricq-deno\//m);
    assert.doesNotMatch(stdout, /^watch-deno/m);
  }),
);

Deno.test(
  programTest(WATCH, "watch --format csv --count prints exact points, and ends", async (run) => {
    await using network = await started("lab.a", "lab.b");
    const ended = run(["--server", network.url, "--format", "csv", "--count", "3", "lab.*"]);
    await sendUntil(network.source, "lab.b", ended);
    const { code, stdout, stderr } = await ended;
    assert.equal(stderr, "");
    assert.equal(code, 0);
    const [heading, ...lines] = stdout.trimEnd().split("\n");
    assert.equal(heading, "metric,time,value");
    assert.equal(lines.length, 3);
    for (const line of lines) {
      assert.match(line, /^lab\.b,2023-11-14T22:13:20\.12345\d{4}Z,0\.30000000000000004$/);
    }
  }),
);

Deno.test(
  programTest(
    WATCH,
    "watch waits for a metric that is not declared yet, and says so",
    async (run) => {
      await using network = await started("lab.a");
      const ended = run(["--server", network.url, "--format", "json", "--count", "1", "new.one"]);
      await sendUntil(network.source, "new.one", ended);
      const { stdout, stderr } = await ended;
      assert.match(stderr, /Not declared on this network: new\.one/);
      assert.equal(JSON.parse(stdout).metric, "new.one");
    },
  ),
);

Deno.test(
  programTest(
    WATCH,
    "watch --for ends without points, and says what it needs without metrics",
    async (run) => {
      await using network = await started("lab.a");
      const server = ["--server", network.url];
      const silent = await run([...server, "--for", "100ms", "--format", "csv", "lab.a"]);
      assert.deepEqual([silent.code, silent.stdout], [0, "metric,time,value\n"]);
      const nothing = await run(server);
      assert.equal(nothing.code, 2);
      assert.match(nothing.stderr, /^error: Cannot watch: no metric is given/);
      const none = await run([...server, "unknown.*"]);
      assert.equal(none.code, 2);
      assert.match(none.stderr, /^error: Cannot watch: no metric is found by unknown\.\*/);
    },
  ),
);

Deno.test(needing({ permissions: [{ name: "run" }, { name: "net" }, { name: "sys" }] }, {
  name: "watch ends when its pipe does, and on SIGINT",
  fn: async () => {
    await using network = await started("lab.a");
    const path = new URL("../../src/watch/main.ts", import.meta.url).pathname;
    const shell = `set -o pipefail; "$0" run -A "$1" --server "$2" --format csv lab.a | head -2`;
    await using piped = new LineProgram(
      boundCommand("bash", ["-c", shell, Deno.execPath(), path, network.url], {
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }),
    );
    await sendUntil(network.source, "lab.a", piped.ended);
    assert.deepEqual([(await piped.ended).code, piped.errorOutput], [0, ""]);

    await using stopped = LineProgram.start(Deno.execPath(), [
      ...["run", "-A", path, "--server", network.url, "--format", "csv", "lab.a"],
    ]);
    const heading = stopped.until(/^metric,/);
    await heading;
    stopped.kill("SIGINT");
    assert.equal((await stopped.ended).code, 0);
  },
}));

Deno.test(needing({ permissions: [{ name: "run" }, { name: "net" }, { name: "sys" }] }, {
  name: "watch ends with 0 on SIGINT and with 143 on SIGTERM, whatever it waits for",
  fn: async () => {
    // One that takes connections and says nothing.
    using broker = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await using network = await started("lab.a");
    const path = new URL("../../src/watch/main.ts", import.meta.url).pathname;
    const endedBy = async (signal: "SIGINT" | "SIGTERM", args: readonly string[], line: RegExp) => {
      await using watch = LineProgram.start(Deno.execPath(), ["run", "-A", path, ...args]);
      await watch.waitFor(() => line.exec(watch.errorOutput) ?? undefined);
      watch.kill(signal);
      const { code } = await watch.ended;
      return [code, watch.errorOutput.match(/^error.*/gm)?.join("")];
    };
    const silent = `amqp://127.0.0.1:${broker.addr.port}/`;
    const ways: [args: string[], line: RegExp][] = [
      [["--server", silent, "-v", "info", "--agents"], /: Connecting/],
      [["--server", network.url, "-v", "info", "--format", "csv", "lab.a"], /is running/],
    ];
    for (const [args, line] of ways) {
      assert.deepEqual(await endedBy("SIGINT", args, line), [0, undefined]);
      assert.deepEqual(await endedBy("SIGTERM", args, line), [143, undefined]);
    }
  },
}));

Deno.test(needing({ peers: ["rabbitmq", "metricq"] }, {
  name: "watch --dashboard shows a network on RabbitMQ, and follows what is looked at alone",
  fn: async () => {
    await using network = await Network.start({ configs: { "source-lab": {} } });
    await using source = new TestSource({ token: "source-lab", url: network.url });
    const Config = z.looseObject({ rate: z.number().optional().meta({ unit: "Hz" }) });
    source.addRpcHandler("config", withSchema(Config, () => {}));
    await source.connect();
    await source.declareMetrics({ "lab.a": METADATA, "lab.b": METADATA });
    const path = new URL("../../src/watch/main.ts", import.meta.url).pathname;
    const couchdb = "http://ann:S3CRET@127.0.0.1:9/";
    await using watch = LineProgram.start(Deno.execPath(), [
      ...["run", "-A", path, "--server", network.url, "--dashboard", "--couchdb", couchdb],
    ]);
    const [, url = ""] = await watch.until(/^Dashboard: (.*)/);
    await using page = await PageSocket.open(url);
    page.send({
      names: ["lab.a"],
      series: [{ key: 1, metric: "lab.a", spanMs: 60_000, columns: 60 }],
      token: "source-lab",
    });
    let isShown = false;
    let hasPoints = false;
    const texts: string[] = [];
    const reading = (async () => {
      while (!isShown) {
        const message = await page.read();
        if (typeof message !== "string") {
          hasPoints ||= (readSeriesFrame(message)[0]?.values.length ?? 0) > 0;
          continue;
        }
        texts.push(message);
        isShown = hasPoints && texts.some((text) => text.includes('"followed":1,'));
        page.send({ ready: true });
      }
    })();
    for (let n = 0n; !isShown; n++) {
      for (const name of ["lab.a", "lab.b"]) await source.send(name, Timestamp.now(), Number(n));
      await source.flush();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await reading;
    const all = texts.join("\n");
    assert.match(all, /"title":"network"/);
    assert.doesNotMatch(all, /"followed":2/);
    assert.match(all, /"isWritable":false/);
    assert.match(all, /CouchDB at http:\/\/127\.0\.0\.1:9\/: it cannot be reached/);
    let told: { schema: JsonObject } | null = null;
    while (told === null) told = await (await fetch(`${url}schema?token=source-lab`)).json();
    assert.deepEqual(told.schema.properties, { rate: { type: ["number"], unit: "Hz" } });
    const refused = await fetch(`${url}configuration`, {
      method: "POST",
      headers: { origin: url.slice(0, -1), "content-type": "application/json" },
      body: '{"token":"source-lab","config":{}}',
    });
    assert.equal(refused.status, 403);
    assert.match(await refused.text(), /started without --allow-configure/);
    const { username, password } = new URL(network.url);
    for (const secret of ["S3CRET", `${username}:${password}`]) {
      assert.ok(!all.includes(secret) && !watch.errorOutput.includes(secret));
    }
    watch.kill("SIGINT");
    assert.equal((await watch.ended).code, 0);
  },
}));

Deno.test(
  programTest(WATCH, "watch --problems prints what is wrong, and exits with 3", async (run) => {
    await using network = await started("lab.right");
    const { unit: _, ...noUnit } = METADATA;
    await network.source.declareMetrics({
      "lab.wrong": { ...noUnit, rate: -1 },
      "lab.noted": noUnit,
    });
    const problems = (...args: string[]) => run(["--server", network.url, "--problems", ...args]);
    const [all, notes, scanned] = await Promise.all([
      problems(),
      problems("lab.noted", "--format=json"),
      problems("lab.right", "--scan", "--scan-time=6s", "--format=csv"),
    ]);
    assert.equal(all.code, 3);
    assert.match(
      all.stdout,
      /^Rate makes no sense \(warning, 1\)\n {2}\S.*\n {2}\S.*\n {2}- lab\.wrong, /,
    );
    assert.match(all.stdout, /\n0 errors, 1 warning, 2 notes\n$/);
    assert.equal(notes.code, 0); // notes alone are no reason for an alarm
    const { since, ...note } = JSON.parse(notes.stdout);
    assert.ok(since);
    assert.deepEqual(note, {
      kind: "unit-missing",
      severity: "note",
      subject: "lab.noted",
      source: "source-lab",
      scanned: null,
      detail: "",
    });
    assert.equal(scanned.code, 3);
    assert.match(
      scanned.stdout,
      /\nsilent,error,lab\.right,source-lab,,\d.*Z,no point in [\d.]+ s\n$/,
    );
    const alone = await run(["--server", network.url, "--scan", "lab.a"]);
    assert.match(alone.stderr, /^error: Cannot scan alone: --problems is required/m);
  }),
);

Deno.test(
  programTest(WATCH, "watch refuses options of which one would do nothing", async (run) => {
    const together: readonly (readonly string[])[] = [
      ["--list", "--count=1"],
      ["--list", "--for=1s"],
      ["--list", "--plain"],
      ["--list", "--agents"],
      ["--agents", "--format=csv"],
      ["--agents", "--metadata"],
      ["--dashboard", "--plain"],
      ["--plain", "--format=csv", "lab.a"],
      ["--problems", "--count=1"],
    ];
    for (const args of together) {
      const { code, stderr } = await run(["--server", "amqp://127.0.0.1:1/", ...args]);
      assert.equal(code, 2, stderr);
      const [one, other] = args.map((arg) => arg.split("=")[0]);
      assert.match(stderr, new RegExp(`^error: Cannot use both ${one} and ${other}: `, "m"));
    }
  }),
);

Deno.test(
  programTest(WATCH, "watch --dashboard refuses options that make no sense", async (run) => {
    const refused = async (...args: string[]) => {
      const { code, stderr } = await run(["--server", "amqp://127.0.0.1:1/", ...args]);
      assert.equal(code, 2, stderr);
      return stderr;
    };
    assert.match(await refused("--dashboard", "a.b"), /no names are required/);
    assert.match(await refused("--allow-configure", "a.b"), /--dashboard is required/);
    const both = ["--couchdb", "http://a:S3CRET@b/", "--config-dir", "c"];
    assert.match(await refused("--dashboard", ...both), /one place is required/);
    const bad = await refused("--dashboard", "--couchdb", "ftp://a:S3CRET@b/");
    assert.match(bad, /http\[s\]:\/\/\[user:password@\]host\[:port\]\/ is required/);
    assert.doesNotMatch(bad, /S3CRET/);
  }),
);

Deno.test(needing({ peers: ["rabbitmq", "metricq", "c++"] }, {
  name: "watch shows points of sources in Python, C++ and ours on RabbitMQ, to the nanosecond",
  fn: async () => {
    await using network = await Network.start({ configs: { "source-python": { rate: 2 } } });
    const folder = await Deno.makeTempDir();
    const path = new URL("../../src/watch/main.ts", import.meta.url).pathname;
    const args = ["--server", network.url, "--format", "csv", "--count", "7"];
    await using watch = LineProgram.start(Deno.execPath(), [
      ...["run", "-A", path, ...args, "python.it", "cpp.it", "ours.it"],
    ]);
    await watch.until(/^metric,/);
    const lines = async (count: number) => {
      const read = [];
      while (read.length < count) read.push(await watch.line());
      return read;
    };

    await using _python = new PythonPeer("source.py", network.url, "source-python", "python.it");
    assert.deepEqual(await lines(3), [
      "python.it,2023-11-14T22:13:20.123456789Z,0.1",
      "python.it,2023-11-14T22:13:20.123456790Z,-0",
      "python.it,1970-01-01T00:00:00.000000003Z,NaN",
    ]);

    const source = new URL("../peers/cpp/source.cpp", import.meta.url);
    const program = await compileCpp(source, folder, { libraries: ["rabbitmq"] });
    const { hostname, port, username, password, pathname } = new URL(network.url);
    const vhost = decodeURIComponent(pathname.slice(1)) || "/";
    const points = [`${START_NS}`, "0.1", `${START_NS + 1n}`, "-0", "-1", "nan"];
    await using cpp = LineProgram.start(program, [
      ...[hostname, port || "5672", username || "guest", password || "guest", vhost, "cpp.it"],
      ...points,
    ]);
    assert.deepEqual([(await cpp.ended).code, cpp.errorOutput], [0, ""]);
    assert.deepEqual(await lines(3), [
      "cpp.it,2023-11-14T22:13:20.123456789Z,0.1",
      "cpp.it,2023-11-14T22:13:20.123456790Z,-0",
      "cpp.it,1969-12-31T23:59:59.999999999Z,NaN",
    ]);

    await using ours = new TestSource({ token: "source-ours", url: network.url });
    await ours.connect();
    await ours.send("ours.it", Timestamp.fromPosixNs(START_NS + 2n), Number.MIN_VALUE);
    assert.deepEqual(await lines(1), ["ours.it,2023-11-14T22:13:20.123456791Z,5e-324"]);
    assert.equal((await watch.ended).code, 0);
    await Deno.remove(folder, { recursive: true });
  },
}));
