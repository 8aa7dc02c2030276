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

function names(): string[] {
  if (Deno.permissions.querySync({ name: "read", path: FOLDER }).state !== "granted") return [];
  return [...Deno.readDirSync(FOLDER)].map(({ name }) => name).sort();
}

async function read(file: string): Promise<Found> {
  // The cast: these files are written by this simulation.
  return JSON.parse(await Deno.readTextFile(new URL(file, FOLDER))) as Found;
}
