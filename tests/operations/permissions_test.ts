/** What the guide for operators says of permissions: each row of its table, tried with no others. */

import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { userInfo } from "node:os";
import { fileURLToPath } from "node:url";
import { TestNetwork } from "../../src/testing/test_network.ts";
import { boundCommand, freePort } from "../peers/process.ts";
import { needing } from "../support/needing.ts";

const GUIDE = new URL("../../examples/operations/README.md", import.meta.url);
const MAIN = fileURLToPath(new URL("../../mod.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));
const METRIC = "test.deno.dummy";
const START = { timeoutSeconds: 60 };

/** Where a row is tried. */
interface Place {
  readonly network: TestNetwork;
  /** The network's host and port. */
  readonly broker: string;
  /** A folder of its own, in which programs run. */
  readonly folder: string;
}

/** A row, as far as a program needs no more than this network to use what it is about. */
interface Trial {
  /** What the guide's cell says, word by word. */
  readonly says: readonly string[];
  readonly run: (place: Place) => Promise<void>;
}

const TRIALS: Readonly<Record<string, Trial | undefined>> = {
  "a source": {
    says: ["`--allow-net`", "`--allow-net=broker.example:5672`"],
    run: async (place) => {
      const { network, broker } = place;
      await using _source = start(place, [`--allow-net=${broker}`], ["--server", network.url]);
      await network.points(METRIC, 1, START);
    },
  },
  "fine ticks for less CPU time": undefined, // tests/time/loopback_pair_test.ts
  "with `command`": {
    says: ["`--allow-env=METRICQ_*`", "`--allow-read`"],
    run: async (place) => {
      const { network, broker, folder } = place;
      await Deno.writeTextFile(`${folder}/.metricq`, "METRICQ_TOKEN=source-of-file\n");
      const permissions = [`--allow-net=${broker}`, "--allow-env=METRICQ_*", "--allow-read"];
      await using _source = start(place, permissions, [], { METRICQ_SERVER: network.url });
      await network.rpc("source.register", { from: "source-of-file", ...START });
    },
  },
  "`$HOST`, `$USER`, and the host's name in `discover`": {
    says: ["`--allow-sys=hostname,username,uid,gid`"],
    run: async (place) => {
      const { network, broker } = place;
      const permissions = [`--allow-net=${broker}`, "--allow-sys=hostname,username,uid,gid"];
      const args = ["--server", network.url, "--token", "source-$HOST-$USER"];
      await using _source = start(place, permissions, args);
      const from = `source-${Deno.hostname()}-${userInfo().username}`;
      await network.rpc("source.register", { from, ...START });
    },
  },
  "`--syslog`": {
    says: ["`--allow-net` without a list"],
    run: async (place) => {
      using cleanup = new DisposableStack();
      const socket = cleanup.adopt(createSocket("udp4"), (socket) => void socket.close());
      socket.bind(0, "127.0.0.1");
      await once(socket, "listening");
      const { port } = socket.address();
      const received = once(socket, "message");
      const args = ["--server", place.network.url, "--syslog", `127.0.0.1:${port}`, "-v", "info"];
      await using _source = start(place, ["--allow-net"], args);
      assert.match(String((await received)[0]), /Connecting source-deno-dummy/);
    },
  },
  // tests/cli/syslog_test.ts, as it takes another program to make such a socket.
  "`--syslog /dev/log`, or another datagram socket": undefined,
  "`--health`": {
    says: ["`--allow-net` (or its address in the list, `127.0.0.1:9464`)"],
    run: async (place) => {
      const { network, broker } = place;
      const health = `127.0.0.1:${freePort()}`;
      const args = ["--server", network.url, "--health", health];
      await using _source = start(place, [`--allow-net=${broker},${health}`], args);
      await network.points(METRIC, 1, START);
      const { status } = await fetch(`http://${health}/healthz`, { method: "HEAD" });
      assert.equal(status, 200);
    },
  },
  "`cacertfile`, `certfile`, `keyfile`": {
    says: ["`--allow-read` of these files"],
    run: async (place) => {
      const file = fileURLToPath(new URL("../amqp/certificates/authority.pem", import.meta.url));
      const server = `amqps://${place.broker}/?cacertfile=${file}`;
      const permissions = [`--allow-net=${place.broker}`, `--allow-read=${file}`];
      const { stderr } = await command(place, permissions, ["--server", server]).output();
      // Behind the file: this network has no TLS, for which tests/e2e/address_test.ts has RabbitMQ.
      assert.match(new TextDecoder().decode(stderr), /speaks no TLS/);
    },
  },
  "`spool`": {
    says: ["`--allow-read` and `--allow-write` of its folder"],
    run: async (place) => {
      const { network, broker, folder } = place;
      const args = ["--server", network.url, "--spool", `${folder}/spool`];
      // The second one finds what a killed one has left.
      for (let run = 1; run <= 2; run++) {
        const permissions = [`--allow-read=${folder}`, `--allow-write=${folder}`];
        await using _source = start(place, [`--allow-net=${broker}`, ...permissions], args);
        await network.rpc("source.declare_metrics", { count: run, ...START });
      }
    },
  },
  "examples/sysinfo_source.ts": undefined, // everything
  "ready-made programs": undefined, // tests/programs/documentation_test.ts
};

const needs = [
  { name: "net" },
  { name: "run" },
  { name: "read" },
  { name: "write" },
  { name: "sys" },
] as const;

Deno.test(needing({ permissions: needs }, {
  name: "Programs do with the permissions of the guide's table, and with no others",
  fn: async (t) => {
    const rows = await rowsOfGuide();
    assert.deepEqual([...rows.keys()], Object.keys(TRIALS));
    for (const [row, trial] of Object.entries(TRIALS)) {
      if (trial === undefined) continue;
      for (const words of trial.says) assert(rows.get(row)?.includes(words), `${row}: ${words}`);
      await t.step(row, async () => {
        await using network = await TestNetwork.start({ config: { rate: 10 } });
        const folder = await Deno.makeTempDir();
        await trial.run({ network, broker: new URL(network.url).host, folder });
        await Deno.remove(folder, { recursive: true });
      });
    }
  },
}));

/** The second cells of the guide's table of permissions, by the first. */
async function rowsOfGuide(): Promise<Map<string, string>> {
  const [, section = ""] = /^## Permissions\n([^]*)/m.exec(await Deno.readTextFile(GUIDE)) ?? [];
  const rows = [...section.matchAll(/^\| (.+?) +\| (.+?) +\|$/gm)];
  // Without the heading and the line below it.
  return new Map(rows.slice(2).map(([, program = "", needed = ""]) => [program, needed]));
}

/** The dummy source with these permissions. */
function command(
  { folder }: Place,
  permissions: readonly string[],
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Deno.Command {
  const options = ["--no-prompt", "--no-lock", "--config", CONFIG];
  return boundCommand(Deno.execPath(), ["run", ...options, ...permissions, MAIN, ...args], {
    cwd: folder,
    env,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  });
}

/** Starts it, and kills it in the end; should it have ended before, that fails with what it has said. */
function start(...program: Parameters<typeof command>): AsyncDisposable {
  const child = command(...program).spawn();
  let isAsked = false;
  const ended = child.output().then(({ stderr }) => {
    assert(isAsked, new TextDecoder().decode(stderr));
  });
  ended.catch(() => {}); // it fails where it is waited for
  return {
    async [Symbol.asyncDispose]() {
      isAsked = true;
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended, and says why below.
      }
      await ended;
    },
  };
}
