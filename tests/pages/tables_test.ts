/** Tables of the pages that list what the code has: nothing is missing in them, and nothing is made up. */

import assert from "node:assert/strict";
import * as entry from "../../mod.ts";
import { needing } from "../support/needing.ts";
import { documentedModules } from "./documentation.ts";
import { type Page, readPages, ROOT } from "./pages.ts";

const permissions = [{ name: "run" }, { name: "read", path: ROOT }] as const;

// For tests, which the documentation of each tells.
const NOT_IN_THE_TABLE = ["clock", "openSpool", "randomness", "transport"];

Deno.test(needing({ permissions }, {
  name: "The table of options in mod.ts has every option of a source",
  fn: async () => {
    const options = ["AgentOptions", "DeliveryOptions", "SourceOptions", "IntervalSourceOptions"];
    const symbols = (await documentedModules()).flatMap(({ symbols }) => symbols);
    const names = symbols
      .filter(({ name }) => options.includes(name))
      .flatMap(({ declarations }) => declarations)
      .flatMap(({ def }) => def?.properties ?? [])
      .map(({ name }) => name);
    assert(names.length > 0);
    const listed = firstCells(await pageAt("mod.ts"), "## Options of a source");
    const expected = new Set(names.filter((name) => !NOT_IN_THE_TABLE.includes(name)));
    assert.deepEqual(listed.sort(), [...expected].sort());
  },
}));

Deno.test(needing({ permissions: [...permissions, { name: "env" }] }, {
  name: "The table of options in src/cli/mod.ts has those of --help",
  fn: async () => {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "examples/dummy_source.ts", "--help"],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
    }).output();
    const help = new TextDecoder().decode(stdout);
    const expected = [...help.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, name]) => name);
    assert(expected.length > 0, help);
    const cells = (await pageAt("src/cli/mod.ts")).text.matchAll(/^\| (`-.*?) \| /gm);
    const listed = [...cells].flatMap(([, cell = ""]) => cell.match(/--[\w-]+/g) ?? []);
    assert.deepEqual(listed.sort(), expected.sort());
  },
}));

Deno.test(needing({ permissions: [{ name: "read", path: ROOT }] }, {
  name: "The table of errors in README.md has every class of errors",
  fn: async () => {
    const { MetricQError } = entry;
    const classes = Object.entries(entry)
      .filter(([, value]) => typeof value === "function" && value.prototype instanceof MetricQError)
      .map(([name]) => name);
    const listed = firstCells(await pageAt("README.md"), "## Errors");
    assert.deepEqual(listed.sort(), classes.sort());
  },
}));

async function pageAt(path: string): Promise<Page> {
  const page = (await readPages()).find((page) => page.path === path);
  return page ?? assert.fail(`there is no page ${path}`);
}

/** What is in code in the first cells of the table below a heading. */
function firstCells({ text }: Page, heading: string): string[] {
  const [, section = ""] = text.split(`${heading}\n`);
  const [table = ""] = section.split(/^## /m);
  return [...table.matchAll(/^\| `(\w+)` +\|/gm)].map(([, name = ""]) => name);
}
