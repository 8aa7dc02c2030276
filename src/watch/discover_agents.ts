/**
 * The agents that are on a network now.
 *
 * @module
 */

import { type Agent, coreOf } from "../agent/agent.ts";
import { BROADCAST_EXCHANGE } from "../rpc/exchanges.ts";
import type { JsonObject } from "../rpc/json.ts";

// Made-up ones cost no more than this.
const MAX_AGENTS = 10_000;

/**
 * Asks all agents of a network for themselves, and takes the others' answers as they come.
 *
 * @param timeoutSeconds How long to wait for answers: nobody knows how many will come.
 * @throws {RpcError} If the call cannot be made.
 */
export async function askAgents(
  agent: Agent,
  timeoutSeconds: number,
  onAnswer: (token: string, answer: JsonObject) => void,
): Promise<void> {
  await coreOf(agent).rpc.broadcast("discover", {}, {
    exchange: BROADCAST_EXCHANGE,
    timeoutSeconds,
    onAnswer: ({ fromToken, body }) => {
      if (fromToken !== undefined && fromToken !== agent.token) onAnswer(fromToken, body);
    },
  });
}

/**
 * Asks all agents of a network for themselves.
 *
 * @param timeoutSeconds How long to wait for answers.
 * @returns Their answers by token, sorted by it.
 * @throws {RpcError} If the call cannot be made.
 */
export async function discoverAgents(
  agent: Agent,
  timeoutSeconds: number,
): Promise<ReadonlyMap<string, JsonObject>> {
  const found = new Map<string, JsonObject>();
  await askAgents(agent, timeoutSeconds, (token, answer) => {
    if (found.size < MAX_AGENTS) found.set(token, answer);
  });
  return new Map([...found].sort(([a], [b]) => a < b ? -1 : 1));
}
