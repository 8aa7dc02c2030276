/**
 * A function of simulated sources that takes its time, by which it shows how calls of one function
 * follow each other.
 *
 * @module
 */

import type { Agent } from "../../src/agent/agent.ts";
import type { RpcContext } from "../../src/rpc/rpc_handler.ts";
import type { SimulatedSourceOptions } from "./point_sender.ts";

/** What a source is asked to do. */
export interface Work {
  /** What it has to answer. */
  readonly number: number;
  readonly takesMs: number;
  /** Whether it goes on when it is given up. */
  readonly isDeaf: boolean;
  readonly fails: boolean;
}

/** The function's name. */
export const WORK = "work";

type Options = Pick<SimulatedSourceOptions, "clock" | "oracle" | "run">;

/** Lets a source work, in two handlers of which one answers. */
export function addWork(source: Pick<Agent, "addRpcHandler">, options: Options): void {
  const { clock, oracle, run } = options;
  // The call that handlers have not done with, and that was not given up.
  let current: AbortSignal | undefined;
  source.addRpcHandler<Work>(WORK, async ({ number, takesMs, isDeaf }, { signal }) => {
    if (current !== undefined && !current.aborted) {
      oracle.violate(`${run}: call ${number} does not wait for the one before`);
    }
    current = signal;
    if (takesMs === 0) return;
    await clock?.sleepUntil(clock.nowMs() + takesMs, isDeaf ? undefined : signal);
  });
  source.addRpcHandler<Work>(WORK, ({ number, fails }, { signal }: RpcContext) => {
    if (signal.aborted) oracle.violate(`${run}: call ${number} goes on, and was given up`);
    if (current !== signal) oracle.violate(`${run}: call ${number} has lost its turn`);
    current = undefined;
    if (fails) throw new Error(`The work ${number} is too hard`);
    return { number };
  });
}
