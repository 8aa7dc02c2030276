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

/** How agents are asked. */
export interface AskOptions {
  /** How long to wait for answers: nobody knows how many will come. */
  readonly timeoutSeconds: number;
  /** Takes the answers of the others. */
  readonly onAnswer: (token: string, answer: JsonObject) => void;
  /** The agent's own answer has come: the others have got the question, too. */
  readonly onReached?: () => void;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
}

/**
 * Asks all agents of a network for themselves, and takes their answers as they come.
 *
 * @throws {RpcError} If the call cannot be made.
 * @throws The signal's reason, if it is aborted.
 */
export async function askAgents(agent: Agent, options: AskOptions): Promise<void> {
  const { timeoutSeconds, onAnswer, onReached, signal } = options;
  await coreOf(agent).rpc.broadcast("discover", {}, {
    exchange: BROADCAST_EXCHANGE,
    timeoutSeconds,
    signal,
    onAnswer: ({ fromToken, body }) => {
      if (fromToken === agent.token) onReached?.();
      else if (fromToken !== undefined) onAnswer(fromToken, body);
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
  await askAgents(agent, {
    timeoutSeconds,
    onAnswer: (token, answer) => {
      if (found.size < MAX_AGENTS) found.set(token, answer);
    },
  });
  return new Map([...found].sort(([a], [b]) => a < b ? -1 : 1));
}
