/**
 * What is wrong with the agents of a network, as problems of a list.
 *
 * @module
 */

import { agentFaults } from "./agent_faults.ts";
import type { AgentRecord } from "./agent_registry.ts";
import { formatDelay, formatOffset } from "./format.js";
import type { Problem } from "./health_view.ts";

/** A problem as it was found; what there is to say of a metric's metadata is put in when it is shown. */
export type FoundProblem = Problem;

/**
 * The problems of agents, by token.
 *
 * @param metricsBySource How many metrics name a token as their source.
 * @param hasAsked Whether all have had the time to answer: until then nobody is gone.
 */
export function agentProblems(
  agents: ReadonlyMap<string, AgentRecord>,
  metricsBySource: ReadonlyMap<string, number>,
  hasAsked: boolean,
): readonly FoundProblem[] {
  const problems: FoundProblem[] = [];
  const tokens = [...new Set([...agents.keys(), ...hasAsked ? metricsBySource.keys() : []])].sort();
  for (const token of tokens) {
    const agent = agents.get(token);
    const base = { subject: token, source: token, sinceMs: undefined, scannedMs: undefined };
    if (agent?.alive) {
      for (const kind of agentFaults(agent)) {
        const detail = {
          "clock-wrong": offsetText(agent),
          "answers-error": agent.error ?? "",
          "answers-late": `after ${formatDelay(agent.answerMs)}`,
          "token-shared": `${agent.sharing} agents`,
        }[kind];
        problems.push({ ...base, kind, detail });
      }
      continue;
    }
    const metrics = metricsBySource.get(token) ?? 0;
    const sinceMs = agent?.heardMs;
    const detail = metrics === 0 ? "" : `${metrics} ${metrics === 1 ? "metric" : "metrics"}`;
    const kind = metrics === 0 ? "agent-silent" : "source-gone";
    problems.push({ ...base, kind, sinceMs, detail });
  }
  return problems;
}

function offsetText({ clock }: AgentRecord): string {
  return clock === undefined ? "" : formatOffset(clock);
}
