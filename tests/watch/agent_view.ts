/**
 * An agent as the dashboard shows it, for tests.
 *
 * @module
 */

import type { AgentView } from "../../src/watch/view/network_view.ts";

/** One that answers and has nothing wrong, but for what is given. */
export function agentView(agent: Partial<AgentView> & Pick<AgentView, "token">): AgentView {
  return {
    alive: true,
    discovered: undefined,
    metrics: 0,
    heardMs: 0,
    answerMs: 1,
    clock: undefined,
    error: undefined,
    faults: [],
    ...agent,
  };
}
