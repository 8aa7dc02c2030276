/**
 * Keeps a list of the agents of a network up to date while somebody looks at it.
 *
 * @module
 */

import type { Agent } from "../agent/agent.ts";
import { errorText } from "../error_text.ts";
import { logger } from "../log.ts";
import { orAborted } from "../time/aborted.ts";
import { type MonotonicClock, sleep } from "../time/clock.ts";
import { askAgents } from "./discover_agents.ts";
import { type AgentRecord, AgentRegistry } from "./view/agent_registry.ts";
import type { AgentView } from "./view/network_view.ts";

const HOLD_MS = 10_000;
const ROUND_SECONDS = 10;

/** What an {@linkcode AgentList} is made with. */
export interface AgentListOptions {
  /** Asks the others; it must be connected. */
  readonly agent: Agent;
  readonly clock: MonotonicClock;
}

/** Calls `discover` again and again, as long as somebody asks who is there. */
export class AgentList {
  readonly #options: AgentListOptions;
  readonly #registry = new AgentRegistry();
  #askedMs = -Infinity;
  #asked = Promise.withResolvers<void>();

  /** Begins with an empty list. */
  constructor(options: AgentListOptions) {
    this.#options = options;
  }

  /** The agents that have answered until now, by token. */
  all(metricsBySource: ReadonlyMap<string, number>): readonly AgentView[] {
    this.#askedMs = this.#options.clock.nowMs();
    this.#asked.resolve();
    return agentViews(this.#registry.all(), metricsBySource);
  }

  /** Asks until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { agent, clock } = this.#options;
    while (!signal.aborted) {
      if (clock.nowMs() - this.#askedMs > HOLD_MS) {
        this.#asked = Promise.withResolvers();
        await orAborted(this.#asked.promise, signal);
        if (signal.aborted) return;
      }
      this.#registry.beginRound();
      try {
        await askAgents(agent, ROUND_SECONDS, (token, answer) => {
          this.#registry.discover(token, answer);
        });
        this.#registry.endRound();
      } catch (error) {
        if (signal.aborted) return;
        logger("watch").debug("Cannot call discover: {error}", { error: errorText(error) });
        await sleep(clock, ROUND_SECONDS * 1000, signal);
      }
    }
  }
}

/** Agents as they are shown, sorted by token. */
export function agentViews(
  agents: ReadonlyMap<string, AgentRecord>,
  metricsBySource: ReadonlyMap<unknown, number>,
): readonly AgentView[] {
  return [...agents].sort(([a], [b]) => a < b ? -1 : 1)
    .map(([token, { alive, discovered }]) => ({
      token,
      alive,
      discovered,
      metrics: metricsBySource.get(token) ?? 0,
    }));
}
