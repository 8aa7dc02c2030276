import assert from "node:assert/strict";
import { needing } from "../support/needing.ts";
import { replayCommand } from "./arguments.ts";
import { simulate } from "./simulate.ts";

// Of real time; the last seed may end a little later.
const BUDGET_MS = 60_000;
const MOST_SEEDS = 2 ** 31;

Deno.test(needing({ permissions: [{ name: "read" }, { name: "write" }] }, {
  name: "Every promise is kept under the faults of as many seeds as fit into the time",
  fn: async () => {
    const first = Math.floor(Math.random() * MOST_SEEDS);
    const endMs = performance.now() + BUDGET_MS;
    for (let seed = first; performance.now() < endMs; seed++) {
      const { violations } = await simulate(seed);
      assert.deepEqual(violations, [], `Seed ${seed}: ${replayCommand(seed, {})}`);
    }
  },
}));
