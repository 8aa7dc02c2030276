/** A page does not promise what no test tries to break. */

import assert from "node:assert/strict";
import { needing } from "../support/needing.ts";
import { DOCUMENTED_PROMISES } from "./documented_promises.ts";
import { readPages, readText, ROOT } from "./pages.ts";
import { type Promised, PROMISES } from "./promises.ts";
import { documentedPromises, promisesOf, type Sentence } from "./sentences.ts";

const permissions = [{ name: "read", path: ROOT }] as const;

Deno.test(needing({ permissions }, {
  name: "Every sentence of a page that says never, always, nothing or all is listed with its tests",
  fn: async () => {
    assertListed((await readPages()).flatMap(promisesOf), PROMISES, "promises.ts");
  },
}));

Deno.test(needing({ permissions: [...permissions, { name: "run" }] }, {
  name: "Every sentence of the public documentation that says so is listed with its tests",
  fn: async () => {
    assertListed(await documentedPromises(), DOCUMENTED_PROMISES, "documented_promises.ts");
  },
}));

Deno.test(needing({ permissions }, {
  name: "The tests that promises name are there",
  fn: async () => {
    const missing: string[] = [];
    for (const { sentence, tests } of [...PROMISES, ...DOCUMENTED_PROMISES]) {
      assert(tests.length > 0, sentence);
      for (const [file, name] of tests) {
        const text = await readText(file);
        const isThere = ['"', "'", "`"].some((mark) => text.includes(mark + name + mark));
        if (!isThere) missing.push(`${file}: ${name}`);
      }
    }
    assert.deepEqual([...new Set(missing)], [], "tests that were renamed, or are gone");
  },
}));

function assertListed(
  found: readonly Sentence[],
  promises: readonly Promised[],
  file: string,
): void {
  const sentences = promises.map(({ sentence }) => sentence);
  const listed = new Set(sentences);
  assert.equal(listed.size, sentences.length, `tests/pages/${file} lists a sentence twice`);
  const unlisted = found.filter(({ text }) => !listed.has(text));
  assert.deepEqual(unlisted, [], `say less, or name its test in tests/pages/${file}`);
  const said = new Set(found.map(({ text }) => text));
  const gone = sentences.filter((sentence) => !said.has(sentence));
  assert.deepEqual(gone, [], `tests/pages/${file} lists what is not said any more`);
}
