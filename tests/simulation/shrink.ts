/**
 * Finds the fewest faults that still fail.
 *
 * @module
 */

import type { Plan } from "./plan.ts";
import { type Outcome, simulate } from "./simulate.ts";

/**
 * Leaves out of a plan that fails what it fails without: sources, faults (many at a time, then single
 * ones), and the time behind the last fault. Of one that does not fail there is nothing to leave out.
 */
export async function shrink(
  plan: Plan,
  onTry: (plan: Plan) => void,
): Promise<Plan | undefined> {
  let smallest = plan;
  const failure = kindOfFailure(await simulate(plan));
  if (failure === undefined) return undefined;
  const fails = async (smaller: Plan) => {
    onTry(smaller);
    const isSame = kindOfFailure(await simulate(smaller)) === failure;
    if (isSame) smallest = smaller;
    return isSame;
  };
  for (const source of plan.sources) {
    const sources = smallest.sources.filter((other) => other !== source);
    if (sources.length > 0) await fails({ ...smallest, sources });
  }
  for (let size = Math.ceil(plan.faults.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < smallest.faults.length;) {
      const faults = smallest.faults.toSpliced(start, size);
      if (!await fails({ ...smallest, faults })) start += size;
    }
  }
  const lastMs = Math.max(0, ...smallest.faults.map(({ atMs, forMs }) => atMs + forMs));
  await fails({ ...smallest, faultsUntilMs: Math.ceil(lastMs) + 1000 });
  return smallest;
}

/** What has failed first, whatever the numbers: else the search would end at another fault. */
function kindOfFailure({ violations: [first] }: Outcome): string | undefined {
  return first?.replaceAll(/\d+/g, "");
}
