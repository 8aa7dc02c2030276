import assert from "node:assert/strict";
import { needing } from "../../support/needing.ts";

const PAGE = new URL("../../../src/watch/dashboard/page/", import.meta.url);

// What a chart and a source look like takes more than one file.
const SHARED = ["chart", "source"];

Deno.test(needing({ permissions: [{ name: "read", path: PAGE }] }, {
  name: "Each class of the page is one file's: what two mean by it looks like both",
  fn: async () => {
    const files = new Map<string, Set<string>>();
    for await (const { name } of Deno.readDir(PAGE)) {
      if (!name.endsWith(".css")) continue;
      const text = await Deno.readTextFile(new URL(name, PAGE));
      for (const [, selectors = ""] of text.matchAll(/([^{}]+)\{/g)) {
        for (const selector of selectors.split(",")) {
          const [, first] = /^\.([\w-]+)/.exec(selector.trim()) ?? [];
          if (first === undefined || SHARED.includes(first)) continue;
          files.set(first, (files.get(first) ?? new Set()).add(name));
        }
      }
    }
    assert.ok(files.size > 20, `${files.size} classes are found`);
    const doubled = [...files].filter(([, names]) => names.size > 1);
    assert.deepEqual(doubled.map(([name, names]) => `${name}: ${[...names].join(", ")}`), []);
  },
}));
