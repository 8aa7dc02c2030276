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

Deno.test(needing({ permissions: [{ name: "read", path: ROOT }] }, {
  name: "CONTRIBUTING.md names what is @experimental",
  fn: async () => {
    const marked: string[] = [];
    for (const path of await sources("src/")) {
      const found = (await readText(path)).matchAll(/@experimental\n\s*\*\/\n(.*)/g);
      for (const [, declaration = ""] of found) {
        marked.push(/(\w+)\??[:(]/.exec(declaration)?.[1] ?? declaration);
      }
    }
    const [, named = ""] = /the doors that tests of the library itself need: ([^.]*)\./.exec(
      await readText("CONTRIBUTING.md"),
    ) ?? [];
    assert.deepEqual(marked.sort(), [...named.matchAll(/`(\w+)`/g)].map(([, name]) => name).sort());
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
