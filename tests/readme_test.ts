/**
 * The commands of the README: each is run here as it stands there, or named with what runs it. Its
 * examples in TypeScript are run by `deno test --doc`.
 */

import assert from "node:assert/strict";
import config from "../deno.json" with { type: "json" };
import { EmptyFolder } from "./jsr/empty_folder.ts";
import { Registry } from "./jsr/registry.ts";
import { boundCommand } from "./peers/process.ts";
import { needing } from "./support/needing.ts";
import { RunningProgram } from "./support/running_program.ts";

const ROOT = new URL("../", import.meta.url);
const README = Deno.permissions.querySync({ name: "read", path: ROOT }).state === "granted"
  ? await Deno.readTextFile(new URL("README.md", ROOT))
  : "";
const needs = [
  { name: "run" },
  { name: "net" },
  { name: "read" },
  { name: "write" },
  { name: "env" },
] as const;

/** A command that is not run here: a file, what of it runs the command, and why not here. */
interface Elsewhere {
  readonly file: string;
  readonly says: string;
  readonly because: string;
}

const ELSEWHERE: Readonly<Record<string, Elsewhere>> = {
  "npx --yes deno@2.9.6 task test": {
    file: ".ci/run",
    says: "readme_test=$(grep -Eo 'npx --yes deno@[0-9.]+ task test$' README.md)",
    because: "it runs this test",
  },
  "deno test": {
    file: ".ci/run",
    says: ".ci/deno deno test",
    because: "it runs this test",
  },
  "deno task faults": {
    file: "deno.json",
    says:
      "METRICQ_FAULTS=long METRICQ_SOAK_MINUTES=60 METRICQ_FUZZ=100000 deno test -A tests/faults",
    because: "it takes an hour; the same tests run with shorter faults",
  },
  "deno task bench": {
    file: "deno.json",
    says: "deno run -A tests/bench/main.ts",
    because: "it takes half an hour; that it starts is tried below",
  },
  "npx jsr add @metricq/source": {
    file: "tests/runtimes/npm_package.ts",
    says: "what JSR's registry for npm delivers",
    because: "there is no stand-in for that registry, but for what it delivers",
  },
  "deno publish": {
    file: ".ci/check",
    says: "deno publish --dry-run",
    because: "it publishes",
  },
};

/** Runs commands of the README that belong together, as they stand there. */
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
    ],
    run: async ([prepare = "", network = "", source = ""]) => {
      await using place = await publishedPlace();
      const { folder } = place;
      const [, example = ""] = /```ts\n([^]*?)```/.exec(README) ?? [];
      await folder.write("source.ts", example);
      await succeeds(folder.command("bash", ["-c", prepare]));
      // Any port may be taken where tests run, AMQP's own as well.
      const box = new RunningProgram(
        folder.deno(network.split(" ").slice(1), { METRICQ_PORT: "0" }),
      );
      const [, url = ""] = await box.until(/Sources connect to (amqp:\S+)/);
      const args = source.replace("amqp://localhost/", url).split(" ").slice(1);
      const program = new RunningProgram(folder.deno(args));
      await box.until(/ test\.deno\.dummy 0\.\d+/);
      await program.end();
      await box.end();
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
      const [, example = ""] = /```ts\n([^]*?)```/.exec(README) ?? [];
      await folder.write("source.ts", example);
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
      "deno publish --dry-run --allow-dirty",
    ],
    run: async ([write = "", publish = ""]) => {
      const clone = await Deno.makeTempDir();
      const bash = (script: string) =>
        new Deno.Command("bash", { args: ["-c", script], cwd: clone, env: { NO_COLOR: "1" } });
      const published = config.publish.include.map((name) => new URL(name, ROOT).pathname);
      await succeeds(bash(`cp -r ${published.join(" ")} .`));
      await succeeds(bash(`${write}; echo 'import "./src/card.ts";' >> mod.ts`));
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
    commands: ["deno task bench being-on-time", "deno task bench scale"],
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
  name: "Every command of the README is run by a test or by the gate",
  fn: async () => {
    const covered = [...Object.keys(ELSEWHERE), ...RUNS.flatMap(({ commands }) => commands)];
    assert.deepEqual(commandsOf(README).sort(), covered.sort());
    for (const { file, says } of Object.values(ELSEWHERE)) {
      const text = await Deno.readTextFile(new URL(file, ROOT));
      assert(text.includes(says), `${file} says ${says}`);
    }
  },
}));

for (const { commands, run } of RUNS) {
  Deno.test(needing({ permissions: needs }, {
    name: `README: ${commands.at(-1)}`,
    fn: () => run(commands),
  }));
}

Deno.test(needing({ permissions: [{ name: "read", path: ROOT }] }, {
  name: "README names entry points, files and sections that exist",
  fn: async () => {
    for (const [, entry] of README.matchAll(/jsr:@metricq\/source(\/[\w/]+)?/g)) {
      assert(`.${entry ?? ""}` in config.exports, entry);
    }
    const anchors = [...README.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
      heading.toLowerCase().replaceAll(/[^\w -]/g, "").replaceAll(" ", "-")
    );
    for (const [, target = ""] of README.matchAll(/\]\(([^)]+)\)/g)) {
      if (target.startsWith("#")) assert(anchors.includes(target.slice(1)), target);
      else if (!URL.canParse(target)) await Deno.stat(new URL(target, ROOT));
    }
  },
}));

/** The lines of its shell blocks, and what of its text is a command. */
function commandsOf(markdown: string): string[] {
  const blocks = markdown.matchAll(/```sh\n([^]*?)```/g);
  const lines = [...blocks].flatMap(([, block = ""]) => block.trim().split("\n"));
  const text = markdown.replaceAll(/```[^]*?```/g, "");
  const spans = [...text.matchAll(/`([^`]+)`/g)].map(([, span = ""]) => span.replace(/\s+/g, " "));
  const inline = spans.filter((span) => /^(deno|npx|npm|bash|echo|mkdir|source) /.test(span));
  return [...new Set([...lines, ...inline])];
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

/** A network with the dummy source shows where its dashboard is, a page that it serves, and values. */
async function showsValues(command: Deno.Command): Promise<void> {
  const box = new RunningProgram(command);
  const [, dashboard = ""] = await box.until(/Dashboard: (http:\S+)/);
  const page = await (await fetch(dashboard)).text();
  const [, script = ""] = /<script[^>]* src="([^"]+)"/.exec(page) ?? [];
  const { status, headers, body } = await fetch(new URL(script, dashboard));
  await body?.cancel();
  assert.equal(status, 200, script);
  assert.match(headers.get("content-type") ?? "", /javascript/);
  await box.until(/ test\.deno\.dummy 0\.\d+/);
  await box.end();
}
