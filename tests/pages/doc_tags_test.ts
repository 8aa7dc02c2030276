import assert from "node:assert/strict";
import { needing } from "../support/needing.ts";
import { readText, ROOT } from "./pages.ts";

// In the middle of a line, JSDoc takes a tag for a part of the text.
const TAG = /^\s*(?:\*|\/\*\*) @default \{.+\}(?: \*\/)?$/;

Deno.test(needing({ permissions: [{ name: "read", path: ROOT }] }, {
  name: "Every @default has a line of its own, with its value in braces",
  fn: async () => {
    const wrong: string[] = [];
    let found = 0;
    for (const path of await sources("src/")) {
      for (const [index, line] of (await readText(path)).split("\n").entries()) {
        if (!line.includes("@default")) continue;
        found++;
        if (!TAG.test(line)) wrong.push(`${path}:${index + 1}: ${line.trim()}`);
      }
    }
    assert(found > 0);
    assert.deepEqual(wrong, []);
  },
}));

async function sources(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
    if (isDirectory) files.push(...await sources(`${folder}${name}/`));
    else if (name.endsWith(".ts")) files.push(folder + name);
  }
  return files;
}
