/**
 * What is wrong with agents, by what they answer to `discover`.
 *
 * @module
 */

import type { AgentRecord } from "./agent_registry.ts";

/** What may be wrong with an agent. */
export type AgentFault = "clock-wrong" | "answers-error" | "answers-late" | "token-shared";

/** An answer that takes longer is late: an idle agent takes some milliseconds. */
export const LATE_MS = 2000;

/** A clock that is further off is wrong: where clocks are set over the network, it is some ms. */
export const CLOCK_TOLERANCE_MS = 500;

/** What is wrong with an agent; that it does not answer is said by `alive`. */
export function agentFaults(
  { clock, error, answerMs, sharing }: Pick<
    AgentRecord,
    "clock" | "error" | "answerMs" | "sharing"
  >,
): readonly AgentFault[] {
  const faults: AgentFault[] = [];
  if (clock !== undefined && Math.abs(clock.offsetMs) - clock.uncertaintyMs > CLOCK_TOLERANCE_MS) {
    faults.push("clock-wrong");
  }
  if (error !== undefined) faults.push("answers-error");
  if (answerMs !== undefined && answerMs > LATE_MS) faults.push("answers-late");
  if (sharing > 1) faults.push("token-shared");
  return faults;
}
