/** What the pages link to. */

import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { publishedFiles } from "../jsr/registry.ts";
import { needing } from "../support/needing.ts";
import { anchorsOf, linksOf, readPages, resolvePath, ROOT } from "./pages.ts";

const permissions = [{ name: "read", path: ROOT }] as const;

Deno.test(needing({ permissions }, {
  name: "Every relative link of every page leads to a file, and to a section where it names one",
  fn: async () => {
    const pages = await readPages();
    for (const page of pages) {
      for (const link of linksOf(page).filter((link) => !URL.canParse(link))) {
        const [target = "", anchor] = link.split("#");
        const path = target === "" ? page.path : resolvePath(page, target);
        await Deno.stat(new URL(path, ROOT));
        if (anchor === undefined) continue;
        const linked = pages.find((candidate) => candidate.path === path);
        assert(linked && anchorsOf(linked).includes(anchor), `${page.path} links to ${link}`);
      }
    }
  },
}));

Deno.test(needing({ permissions }, {
  name: "Every entry point that a page names is exported",
  fn: async () => {
    for (const { path, text } of await readPages()) {
      for (const [, entry] of text.matchAll(/jsr:@metricq\/source(?:@[\d.]+)?(\/[a-z]+)?/g)) {
        assert(`.${entry ?? ""}` in config.exports, `${path} names ${entry}`);
      }
    }
  },
}));

Deno.test(needing({ permissions: [{ name: "run" }, ...permissions] }, {
  name: "What README.md links to is published with it, pictures too",
  fn: async () => {
    const readme = (await readPages()).find(({ path }) => path === "README.md");
    assert(readme);
    const published = await publishedFiles();
    const files = linksOf(readme)
      .filter((link) => !URL.canParse(link) && !link.startsWith("#"))
      .map((link) => resolvePath(readme, link.split("#")[0] ?? ""));
    assert(files.length > 0);
    assert.deepEqual(files.filter((file) => !published.includes(file)), []);
  },
}));
