/**
 * The agents on the network.
 *
 * @module
 */

import type { JsonObject } from "../../rpc/json.ts";

// Tools add a random part to their token, so that each run of one is another agent.
const MAX_AGENTS = 1000;
const MAX_ANSWER_CHARACTERS = 10_000; // as JSON: what agents answer is some hundred long

/** What is known of an agent. */
export interface AgentRecord {
  /** Whether it has registered, as sources do. */
  readonly registered: boolean;
  /** Whether it has answered the last `discover`, or registered since. */
  readonly alive: boolean;
  /** Its last answer to `discover`. */
  readonly discovered: JsonObject | undefined;
}

/** The agents that have registered or been discovered; the one silent for longest is forgotten first. */
export class AgentRegistry {
  readonly #agents = new Map<string, AgentRecord>();
  readonly #heard = new Set<string>();

  /** All agents, by token. */
  all(): ReadonlyMap<string, AgentRecord> {
    return this.#agents;
  }

  /** Notes that an agent has registered. */
  register(token: string): void {
    this.#set(token, { discovered: undefined, ...this.#agents.get(token), registered: true });
  }

  /** Notes an agent's answer to `discover`; of one that is too long only that there is one. */
  discover(token: string, answer: JsonObject): void {
    const isTooLong = JSON.stringify(answer).length > MAX_ANSWER_CHARACTERS;
    const discovered = isTooLong ? undefined : answer;
    this.#set(token, { registered: false, ...this.#agents.get(token), discovered });
  }

  /** To be called when all agents are about to be asked. */
  beginRound(): void {
    this.#heard.clear();
  }

  /** To be called when the time to answer is over: agents that have not answered are gone. */
  endRound(): void {
    for (const [token, agent] of this.#agents) {
      if (!this.#heard.has(token)) this.#agents.set(token, { ...agent, alive: false });
    }
  }

  #set(token: string, agent: Omit<AgentRecord, "alive">): void {
    this.#heard.add(token);
    this.#agents.delete(token); // to come last
    this.#agents.set(token, { ...agent, alive: true });
    if (this.#agents.size <= MAX_AGENTS) return;
    const [oldest] = this.#agents.keys();
    if (oldest !== undefined) this.#agents.delete(oldest);
  }
}
