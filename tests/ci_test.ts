/** The gate and the workflows, as far as they can be judged without running them. */

import assert from "node:assert/strict";
import { dirname } from "node:path";
import config from "../deno.json" with { type: "json" };
import { needing } from "./support/needing.ts";

const ROOT = new URL("../", import.meta.url);
const WORKFLOWS = [".github/workflows/ci.yml", ".github/workflows/publish.yml"];
const needs = [{ name: "read", path: ROOT }] as const;

function read(file: string): Promise<string> {
  return Deno.readTextFile(new URL(file, ROOT));
}

Deno.test(needing({ permissions: needs }, {
  name: "Workflows pin each action to a commit, and tell its version",
  fn: async () => {
    for (const file of WORKFLOWS) {
      const actions = [...(await read(file)).matchAll(/uses: (.+)$/gm)].map(([, action]) => action);
      assert(actions.length > 0, file);
      for (const action of actions) {
        assert.match(
          action ?? "",
          /^\.\/\.github\/|^actions\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/,
        );
      }
    }
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "The workflow runs plain `deno test` on Linux, macOS and Windows",
  fn: async () => {
    const ci = await read(".github/workflows/ci.yml");
    assert.match(ci, /os: \[ubuntu-[\d.]+, macos-[\d.]+, windows-[\d.]+\]$/m);
    assert.match(ci, /runs-on: \$\{\{ matrix\.os \}\}$/m);
    assert.match(ci, /run: bash \.ci\/deno deno test$/m);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "Only publishing may ask for an identity, after the gate has passed",
  fn: async () => {
    const [ci = "", publish = ""] = await Promise.all(WORKFLOWS.map(read));
    assert.doesNotMatch(ci, /id-token|write/);
    assert.match(ci, /run: bash \.ci\/run$/m);
    assert.equal(publish.match(/: write$/gm)?.length, 1);
    assert.match(publish, /^ {2}gate:\n {4}uses: \.\/\.github\/workflows\/ci\.yml$/m);
    assert.match(publish, /^ {2}publish:\n {4}needs: gate\n[^]*^ {6}id-token: write$/m);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "Deno's version is the same wherever it is named",
  fn: async () => {
    const readme = await read("README.md");
    const versions = new Set([...readme.matchAll(/deno@([\d.]+)/g)].map(([, version]) => version));
    assert.equal(versions.size, 1);
    const containerfile = await read("examples/operations/Containerfile");
    assert.equal(/denoland\/deno:(.*)$/m.exec(containerfile)?.[1], [...versions][0]);
    for (const file of [...WORKFLOWS, ".ci/run", ".ci/check", ".ci/publish"]) {
      assert.doesNotMatch(await read(file), /deno@\d/, file);
    }
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "Examples of operations take this version of the package",
  fn: async () => {
    const [major, minor] = config.version.split(".");
    for (const file of ["Containerfile", "metricq-sysinfo.service"]) {
      const text = await read(`examples/operations/${file}`);
      const versions = [...text.matchAll(/jsr:@metricq\/source@([\d.]+)/g)].map(([, found]) =>
        found
      );
      assert.deepEqual([...new Set(versions)], [`${major}.${minor}`], file);
    }
  },
}));

Deno.test(needing({ permissions: [{ name: "run" }, { name: "env" }, ...needs] }, {
  name: ".ci/publish publishes under the tag of the version, and under no other",
  fn: async () => {
    const publish = async (tag: string) => {
      const { code, stderr } = await new Deno.Command("bash", {
        args: [".ci/publish", tag, "--dry-run", "--allow-dirty", "--no-check"],
        cwd: ROOT,
        env: { PATH: `${dirname(Deno.execPath())}:${Deno.env.get("PATH")}`, NO_COLOR: "1" },
      }).output();
      return { code, stderr: new TextDecoder().decode(stderr) };
    };
    const refused = await publish("v0.0.9");
    assert.equal(refused.code, 1);
    assert.equal(
      refused.stderr,
      `Cannot publish: the tag is "v0.0.9", deno.json requires "v${config.version}"\n`,
    );
    const { code, stderr } = await publish(`v${config.version}`);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /Dry run complete/);
  },
}));
