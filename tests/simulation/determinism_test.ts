import assert from "node:assert/strict";
import { needing } from "../support/needing.ts";
import { planOf } from "./plan.ts";
import { simulate } from "./simulate.ts";

const MAIN = new URL("main.ts", import.meta.url);
// Small ones, with spools and groups that are polled.
const SEEDS = [9, 26, 59];

// Spools are files.
const files = [{ name: "read" }, { name: "write" }] as const;

Deno.test(needing({ permissions: files }, {
  name: "A seed has the same plan and the same trace whenever it is run",
  fn: async () => {
    assert(SEEDS.some((seed) => planOf(seed).sources.some(({ hasSpool }) => hasSpool)));
    for (const seed of SEEDS) {
      assert.deepEqual(planOf(seed), planOf(seed));
      const first = await simulate(seed);
      const second = await simulate(seed, { keepTrace: true });
      assert.equal(first.hash, second.hash);
      assert(second.lines.length > 100);
    }
  },
}));

Deno.test(needing({ permissions: files }, {
  name: "Another seed has another trace",
  fn: async () => {
    assert.notEqual((await simulate(1)).hash, (await simulate(2)).hash);
  },
}));

const permissions = [...files, { name: "run" }, { name: "sys", kind: "hostname" }] as const;

Deno.test(needing({ permissions }, {
  name: "A seed has the same trace in another process, also beside others",
  fn: async () => {
    for (const seed of SEEDS) {
      const hashes = await Promise.all([hashInProcess(seed), hashInProcess(seed)]);
      assert.deepEqual(hashes, Array.from(hashes, () => hashes[0]));
      assert.equal((await simulate(seed)).hash, hashes[0]);
    }
  },
}));

async function hashInProcess(seed: number): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", MAIN.pathname, "--seed", `${seed}`, "--hash"],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}
