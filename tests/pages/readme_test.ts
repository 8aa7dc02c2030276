import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { needing } from "../support/needing.ts";
import { linksOf, readText, ROOT } from "./pages.ts";

const README_MAX_LINES = 300;

Deno.test(needing({ permissions: [{ name: "read", path: ROOT }] }, {
  name: "README.md can be read in five minutes: what is longer stands beside what it describes",
  fn: async () => {
    const lines = (await readText("README.md")).split("\n").length;
    assert(lines <= README_MAX_LINES, `${lines} lines`);
  },
}));

Deno.test(needing({ permissions: [{ name: "read", path: ROOT }] }, {
  name: "README.md leads to every door of the package",
  fn: async () => {
    const links = linksOf({ path: "README.md", text: await readText("README.md") });
    const doors = Object.values(config.exports).map((path) => path.replace("./", ""));
    assert.deepEqual(doors.filter((door) => !links.includes(door)), []);
  },
}));

Deno.test(needing({ permissions: [{ name: "read", path: ROOT }] }, {
  name: "README.md leads operators to outages, health and services, and authors to the rest",
  fn: async () => {
    const links = linksOf({ path: "README.md", text: await readText("README.md") });
    const pages = [
      "tests/faults/README.md",
      "examples/operations/README.md",
      "examples/operations/README.md#events",
      "examples/operations/README.md#permissions",
      "examples/configuration_schema.md",
      "examples/moving_over.md",
      "tests/bench/README.md",
      "CONTRIBUTING.md#the-design-card",
    ];
    assert.deepEqual(pages.filter((page) => !links.includes(page)), []);
  },
}));
