import assert from "node:assert/strict";
import { needing } from "../support/needing.ts";
import type { Plan } from "./plan.ts";
import { simulate } from "./simulate.ts";

/** What a simulation has found, with the fewest faults that show it. */
interface Found {
  readonly what: string;
  readonly plan: Plan;
}

const FOLDER = new URL("found/", import.meta.url);
const README = new URL("README.md", import.meta.url);
const permissions = [{ name: "read" }, { name: "write" }] as const;

for (const file of names()) {
  Deno.test(needing({ permissions }, {
    name: `found/${file} does not come back`,
    fn: async (context) => {
      const { what, plan } = await read(file);
      await context.step({
        name: what,
        fn: async () => assert.deepEqual((await simulate(plan)).violations, []),
      });
    },
  }));
}

Deno.test(needing({ permissions: [{ name: "read" }] }, {
  name: "README.md has each plan that was found, with its seed",
  fn: async () => {
    const [, text = ""] = (await Deno.readTextFile(README)).split("\n## What was found\n");
    const listed = [...text.split("\n## ", 1).join("").matchAll(/^\| `(\w+)` +\| +(\d+) +\|/gm)]
      .map(([, name, seed]) => `${name} ${seed}`);
    const found = await Promise.all(
      names().map(async (file) => `${file.replace(/\.json$/, "")} ${(await read(file)).plan.seed}`),
    );
    assert.deepEqual(listed.sort(), found.sort());
  },
}));

function names(): string[] {
  if (Deno.permissions.querySync({ name: "read", path: FOLDER }).state !== "granted") return [];
  return [...Deno.readDirSync(FOLDER)].map(({ name }) => name).sort();
}

async function read(file: string): Promise<Found> {
  // The cast: these files are written by this simulation.
  return JSON.parse(await Deno.readTextFile(new URL(file, FOLDER))) as Found;
}
