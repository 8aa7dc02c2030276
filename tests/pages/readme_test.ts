import assert from "node:assert/strict";
import { needing } from "../support/needing.ts";
import { readText, ROOT } from "./pages.ts";

const README_MAX_LINES = 300;

Deno.test(needing({ permissions: [{ name: "read", path: ROOT }] }, {
  name: "README.md can be read in five minutes: what is longer stands beside what it describes",
  fn: async () => {
    const lines = (await readText("README.md")).split("\n").length;
    assert(lines <= README_MAX_LINES, `${lines} lines`);
  },
}));
