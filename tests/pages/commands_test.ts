/**
 * The commands of the pages: each is run here as it stands there, or named with what runs it. The
 * pages' examples in TypeScript are run by `deno test --doc`.
 */

import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { encodePoint } from "../../src/chunk/data_chunk.ts";
import { Spool } from "../../src/outbox/spool.ts";
import { TestNetwork } from "../../src/testing/test_network.ts";
import { EmptyFolder } from "../jsr/empty_folder.ts";
import { Registry } from "../jsr/registry.ts";
import { LineProgram } from "../peers/line_program.ts";
import { boundCommand, freePort } from "../peers/process.ts";
import { METRICS } from "../programs/documented_program.ts";
import { needing } from "../support/needing.ts";
import { ELSEWHERE, PROGRAM_COMMAND } from "./commands.ts";
import { blocksOf, type Page, proseOf, readPages, readText, ROOT } from "./pages.ts";

const PAGES = await readPages();
const README = PAGES.find(({ path }) => path === "README.md") ?? { path: "README.md", text: "" };
const permissions = [
  { name: "run" },
  { name: "net" },
  { name: "read" },
  { name: "write" },
  { name: "env" },
] as const;

/** Runs commands that belong together, as they stand on the pages. */
interface Run {
  readonly commands: readonly string[];
  readonly run: (commands: readonly string[]) => Promise<void>;
}

const RUNS: readonly Run[] = [
  {
    commands: ["npx --yes deno@2.9.6 run -A mod.ts"],
    run: async ([command = ""]) => {
      const args = command.split(" ").slice(3);
      await showsValues(boundCommand(Deno.execPath(), args, {
        cwd: ROOT,
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }));
    },
  },
  {
    commands: ["npm install --global deno@2.9.6"],
    run: async ([command = ""]) => {
      const folder = await Deno.makeTempDir();
      // Both, as npm itself sets the second in what it runs: the Deno of the tests would be replaced.
      const env = { NPM_CONFIG_PREFIX: folder, npm_config_prefix: folder };
      await succeeds(new Deno.Command("bash", { args: ["-c", command], env }));
      const version = await succeeds(
        new Deno.Command(`${folder}/bin/deno`, { args: ["--version"] }),
      );
      assert.match(version, new RegExp(`^deno ${command.split("@")[1]} `));
      await Deno.remove(folder, { recursive: true });
    },
  },
  {
    commands: ["deno run -A jsr:@metricq/source"],
    run: async ([command = ""]) => {
      await using place = await publishedPlace();
      await showsValues(place.folder.deno(command.split(" ").slice(1)));
    },
  },
  {
    commands: [
      "mkdir -p configs && echo '{\"rate\": 2}' > configs/source-deno-dummy.json",
      "deno run -A jsr:@metricq/source/dev --config-dir configs",
      "deno run -A source.ts --server amqp://localhost/",
      "deno run -A random.ts",
    ],
    run: async ([prepare = "", network = "", source = "", tutorialSource = ""]) => {
      await using place = await publishedPlace();
      const { folder } = place;
      await folder.write("source.ts", exampleOf(README, "class DummySource"));
      await succeeds(folder.command("bash", ["-c", prepare]));
      // Any port may be taken where tests run, AMQP's own as well.
      const box = new LineProgram(
        folder.deno(network.split(" ").slice(1), { METRICQ_PORT: "0" }),
      );
      const [, url = ""] = await box.until(/Sources connect to (amqp:\S+)/);
      const args = source.replace("amqp://localhost/", url).split(" ").slice(1);
      const program = new LineProgram(folder.deno(args));
      await box.until(/ test\.deno\.dummy 0\.\d+/);
      await interrupt(program);

      // The tutorial's source joins the same network, with the configuration that it tells to save.
      await folder.write("configs/source-deno-example.json", '{"scale": 100}');
      const tutorial = exampleOf(README, "override async task").replace("amqp://localhost/", url);
      await folder.write("random.ts", tutorial);
      const random = new LineProgram(folder.deno(tutorialSource.split(" ").slice(1)));
      await box.until(/ example\.deno\.random \d+/);
      await interrupt(random);
      await interrupt(box);
    },
  },
  {
    commands: [
      "deno run -A jsr:@metricq/source/dev --config-dir configs --port 5673",
      "deno run -A source.ts --server amqp://localhost:5673/",
    ],
    run: async (commands) => {
      await using place = await publishedPlace();
      const { folder } = place;
      await folder.write("source.ts", exampleOf(README, "class DummySource"));
      await Deno.mkdir(`${folder.path}/configs`);
      await folder.write("configs/source-deno-dummy.json", '{"rate": 2}');
      const port = String(freePort());
      const [network = [], source = []] = commands.map((command) =>
        command.replace("5673", port).split(" ").slice(1)
      );
      const box = new LineProgram(folder.deno(network));
      await box.until(new RegExp(`Sources connect to amqp://\\S+:${port}`));
      const program = new LineProgram(folder.deno(source));
      await box.until(/ test\.deno\.dummy 0\.\d+/);
      await interrupt(program);
      await interrupt(box);
    },
  },
  {
    commands: ["deno run -A source.ts --server amqp://localhost/ --period 10s"],
    run: async ([command = ""]) => {
      await using place = await publishedPlace();
      await using network = await TestNetwork.start();
      const page = PAGES.find(({ path }) => path === "src/cli/mod.ts") ?? README;
      await place.folder.write("source.ts", exampleOf(page, "class TideSource"));
      const args = command.replace("amqp://localhost/", network.url).split(" ").slice(1);
      const program = new LineProgram(place.folder.deno(args));
      // The first of a period of 10 s: the page's own would be a minute.
      const [point] = await network.points("example.harbour.tide", 1, { timeoutSeconds: 30 });
      assert.ok(point && point.value < 1);
      await interrupt(program);
    },
  },
  {
    commands: ["deno run -A printer.ts --server amqp://localhost/"],
    run: async ([command = ""]) => {
      await using place = await publishedPlace();
      const { folder } = place;
      const sinkPage = PAGES.find(({ path }) => path === "src/sink/mod.ts") ?? README;
      await folder.write("printer.ts", exampleOf(sinkPage, "new Sink"));
      await folder.write("source.ts", exampleOf(README, "class DummySource"));
      await Deno.mkdir(`${folder.path}/configs`);
      await folder.write("configs/source-deno-dummy.json", '{"rate": 2}');
      const network = "run -A jsr:@metricq/source/dev --config-dir configs --port 0";
      const box = new LineProgram(folder.deno(network.split(" ")));
      const [, url = ""] = await box.until(/Sources connect to (amqp:\S+)/);
      const source = new LineProgram(
        folder.deno(["run", "-A", "source.ts", "--server", url]),
      );
      await box.until(/ test\.deno\.dummy 0\.\d+/);
      const printer = new LineProgram(
        folder.deno(command.replace("amqp://localhost/", url).split(" ").slice(1)),
      );
      await printer.until(/^test\.deno\.dummy \S+Z 0\.\d+$/);
      await printer.kill();
      for (const program of [source, box]) await interrupt(program);
    },
  },
  {
    commands: [
      "deno run -A jsr:@metricq/source/sysinfo --server amqp://localhost/",
      "deno run -A jsr:@metricq/source/watch --server amqp://localhost/ 'sysinfo.*'",
      "deno run -A jsr:@metricq/source/watch --server amqp://localhost/ --format csv --for 2s 'sysinfo.*' > points.csv",
      "deno run -A jsr:@metricq/source/watch --server amqp://localhost/ --problems --format json",
      "deno run -A jsr:@metricq/source/watch --server amqp://localhost/ --dashboard",
    ],
    run: async ([command = "", look = "", keep = "", problems = "", open = ""]) => {
      await using place = await publishedPlace();
      const { folder } = place;
      await Deno.mkdir(`${folder.path}/configs`);
      await folder.write("configs/source-sysinfo.json", "{}"); // as the page says
      const network = "run -A jsr:@metricq/source/dev --config-dir configs --port 0";
      const box = new LineProgram(folder.deno(network.split(" ")));
      const [, url = ""] = await box.until(/Sources connect to (amqp:\S+)/);
      const args = command.replace("amqp://localhost/", url).split(" ").slice(1);
      const program = new LineProgram(folder.deno(args));
      await box.until(/ sysinfo\.\w+\.cpu\.utilization /);
      const argsOf = (shown: string) =>
        shown.replace("amqp://localhost/", url).replaceAll("'", "").split(" > ")[0]
          ?.split(" ").slice(1) ?? [];
      const watch = new LineProgram(folder.deno(argsOf(look)));
      await watch.until(/ sysinfo\.\w+\.cpu\.utilization /);
      await interrupt(watch);
      const points = await succeeds(folder.deno(argsOf(keep)));
      assert.match(points, /^metric,time,value\nsysinfo\.\S+,\S+\.\d{9}Z,\S+$/m);
      const told = await folder.deno(argsOf(problems)).output();
      assert(told.code === 0 || told.code === 3, new TextDecoder().decode(told.stderr));
      const lines = new TextDecoder().decode(told.stdout).split("\n").filter(Boolean);
      for (const line of lines) JSON.parse(line); // none if all is well
      const dashboard = new LineProgram(folder.deno(argsOf(open)));
      const [, page = ""] = await dashboard.until(/^Dashboard: (.*)/);
      assert.match(await (await fetch(page)).text(), /<title>/);
      await interrupt(dashboard);
      await interrupt(program);
      await interrupt(box);
    },
  },
  {
    commands: [
      "deno run -A jsr:@metricq/source/spool list source-example.spool",
      "deno run -A jsr:@metricq/source/spool check source-example.spool",
      "deno run -A jsr:@metricq/source/spool export source-example.spool --format csv > points.csv",
      "deno run -A jsr:@metricq/source/spool send source-example.spool --server amqp://localhost/",
    ],
    run: async (commands) => {
      await using place = await publishedPlace();
      await using network = await TestNetwork.start();
      const { folder } = place;
      const spool = await Spool.open(`${folder.path}/source-example.spool`, "source-example");
      const body = encodePoint(1_700_000_000, 0, 7);
      spool.write([{ sequence: 0, metric: "example.spooled", points: 1, body }], []);
      spool.close();
      const printed: string[] = [];
      for (const command of commands) {
        const [run = ""] = command.replace("amqp://localhost/", network.url).split(" > ");
        printed.push(await succeeds(folder.deno(run.split(" ").slice(1))));
      }
      assert.match(printed[2] ?? "", /^example\.spooled,2023-.*,7$/m);
      const [point] = await network.points("example.spooled", 1);
      assert.equal(point?.value, 7);
    },
  },
  {
    commands: [
      "deno install -g -A -n source-deno-dummy source.ts",
      "source <(source-deno-dummy --completion bash)",
    ],
    run: async ([install = "", complete = ""]) => {
      await using place = await publishedPlace();
      const { folder } = place;
      await folder.write("source.ts", exampleOf(README, "class DummySource"));
      const env = { DENO_INSTALL_ROOT: folder.path };
      await succeeds(folder.deno(install.split(" ").slice(1), env));
      const shell = `PATH="$1:$PATH"; ${complete}; complete -p source-deno-dummy`;
      const printed = await succeeds(
        folder.command("bash", ["-c", shell, "bash", `${folder.path}/bin`]),
      );
      assert.match(printed, /complete .* source-deno-dummy$/m);
    },
  },
  {
    commands: [
      "echo 'import \"https://deno.land/x/amqp@v0.24.0/mod.ts\";' > src/card.ts",
      "echo 'import \"./src/card.ts\";' >> mod.ts",
      "deno publish --dry-run --allow-dirty",
    ],
    run: async ([write = "", use = "", publish = ""]) => {
      const clone = await Deno.makeTempDir();
      const { include } = config.publish;
      await succeeds(
        new Deno.Command("cp", { args: ["-r", "--parents", ...include, clone], cwd: ROOT }),
      );
      const bash = (script: string) =>
        new Deno.Command("bash", { args: ["-c", script], cwd: clone, env: { NO_COLOR: "1" } });
      await succeeds(bash(`${write} && ${use}`));
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: publish.split(" ").slice(1),
        cwd: clone,
        env: { NO_COLOR: "1" },
      }).output();
      assert.equal(code, 1);
      assert.match(new TextDecoder().decode(stderr), /error\[invalid-external-import\]/);
      await Deno.remove(clone, { recursive: true });
    },
  },
  {
    commands: [
      "deno task bench being-on-time",
      "deno task bench dashboard",
      "deno task bench scale",
      "deno task bench sending",
      "METRICQ_DRIFT_MINUTES=60 deno task bench drift",
    ],
    run: async (commands) => {
      const { stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["task", "bench", "nothing"],
        cwd: ROOT,
        env: { NO_COLOR: "1" },
      }).output();
      // Measuring takes minutes; which names there are it says at once.
      const told = new TextDecoder().decode(stderr);
      for (const name of commands.map((command) => command.split(" ").at(-1))) {
        assert.match(told, new RegExp(`one of .*\\b${name}\\b.* is required`));
      }
    },
  },
];

Deno.test(needing({ permissions: [{ name: "read", path: ROOT }] }, {
  name: "Every command of every page is run by a test or by the gate",
  fn: async () => {
    const covered = [...Object.keys(ELSEWHERE), ...RUNS.flatMap(({ commands }) => commands)];
    const commands = new Set(PAGES.flatMap(commandsOf));
    const { programs = [], others = [] } = Object.groupBy(
      commands,
      (command) => PROGRAM_COMMAND.test(command) ? "programs" : "others",
    );
    assert.deepEqual(others.sort(), covered.sort());
    for (const command of programs) {
      const [, program = ""] = PROGRAM_COMMAND.exec(command) ?? [];
      assert.ok(METRICS[program], `tests/programs/documentation_test.ts runs ${program}`);
    }
    for (const { file, says } of Object.values(ELSEWHERE)) {
      assert((await readText(file)).includes(says), `${file} says ${says}`);
    }
  },
}));

for (const { commands, run } of RUNS) {
  const name = `Pages: ${commands.at(-1)}`;
  Deno.test(needing({ permissions }, { name, fn: () => run(commands) }));
}

Deno.test(needing({ permissions: [{ name: "read", path: ROOT }] }, {
  name: "Every JSON block of every page can be parsed, and every example is one that is run",
  fn: () => {
    for (const page of PAGES) {
      for (const block of blocksOf(page, "json")) JSON.parse(block);
      // What else may follow the name of the language, such as `ignore`, would keep it from being run.
      const languages = [...page.text.matchAll(/^```(.+)$/gm)].map(([, language]) => language);
      const known = ["ts", "sh", "json", "console", "py", "ini"];
      assert.deepEqual(languages.filter((one) => !known.includes(one ?? "")), [], page.path);
    }
  },
}));

/** The lines of its shell blocks, and what of its text is a command. */
function commandsOf(page: Page): string[] {
  const shell = blocksOf(page, "sh").flatMap((block) =>
    block.replaceAll(/\\\n\s*/g, "").trim().split("\n")
  );
  const spans = [...proseOf(page).matchAll(/`([^`]+)`/g)].map(([, span = ""]) =>
    span.replace(/\s+/g, " ")
  );
  const inline = spans.filter((span) =>
    /^(?:[A-Z_]+=\S+ )?(?:deno|npx|npm|bash|echo|mkdir|source|curl|podman|\.venv\/bin\/pip) /.test(
      span,
    )
  );
  const sessions = blocksOf(page, "console").flatMap((block) =>
    [...block.matchAll(/^\$ (.*)$/gm)].map(([, command = ""]) => command)
  );
  return [...shell, ...inline, ...sessions];
}

/** The last example of a page that has a text in it. */
function exampleOf(page: Page, text: string): string {
  return blocksOf(page, "ts").findLast((block) => block.includes(text)) ??
    assert.fail(`${page.path} has no example with ${text}`);
}

/** An empty folder, and a registry that has this package. */
async function publishedPlace() {
  const stack = new AsyncDisposableStack();
  const registry = stack.use(await Registry.start());
  const folder = stack.use(new EmptyFolder(registry));
  return { folder, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Runs a command to its end, and returns what it has printed. */
async function succeeds(command: Deno.Command): Promise<string> {
  const { success, stdout, stderr } = await command.output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** Ends a program as Ctrl-C does. */
async function interrupt(program: LineProgram): Promise<void> {
  const { code } = await program.kill("SIGINT");
  assert.equal(code, 0, program.errorOutput);
}

/** A network with the dummy source shows where its dashboard is, a page that it serves, and values. */
async function showsValues(command: Deno.Command): Promise<void> {
  const box = new LineProgram(command);
  const [, dashboard = ""] = await box.until(/Dashboard: (http:\S+)/);
  const page = await (await fetch(dashboard)).text();
  const [, script = ""] = /<script[^>]* src="([^"]+)"/.exec(page) ?? [];
  const { status, headers, body } = await fetch(new URL(script, dashboard));
  await body?.cancel();
  assert.equal(status, 200, script);
  assert.match(headers.get("content-type") ?? "", /javascript/);
  await box.until(/ test\.deno\.dummy 0\.\d+/);
  await interrupt(box);
}
