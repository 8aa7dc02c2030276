/**
 * Runs seeds until one shows a violation, in a copy of the project that has a planted fault.
 *
 * @module
 */

import { simulate } from "./simulate.ts";

/** What was found: the seed that fails, and what it shows first. */
export interface Found {
  readonly seed: number;
  readonly violation: string;
}

if (import.meta.main) {
  const [most = "0"] = Deno.args;
  let found: Found | undefined;
  for (let seed = 1; seed <= Number(most) && found === undefined; seed++) {
    const { violations: [violation] } = await simulate(seed);
    if (violation !== undefined) found = { seed, violation };
  }
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(found ?? null)));
}
