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
import { agentFaults } from "./view/agent_faults.ts";
import { type AgentRecord, AgentRegistry, type Asked } from "./view/agent_registry.ts";
import type { AgentView } from "./view/network_view.ts";

const HOLD_MS = 10_000;
const ROUND_MS = 10_000;
// An answer that comes within as many rounds is late, and no later.
const LISTENING_ROUNDS = 3;

/** What an {@linkcode AgentList} is made with. */
export interface AgentListOptions {
  /** Asks the others; it must be connected. */
  readonly agent: Agent;
  readonly clock: MonotonicClock;
}

/** Agents that somebody asks again and again who they are. */
export interface KnownAgents {
  /** Those that have been heard, by token. */
  all(): ReadonlyMap<string, AgentRecord>;
  /** Whether all have had the time to answer once. */
  readonly hasAskedAll: boolean;
  /** Forgets an agent until it is heard again. */
  forget(token: string): void;
}

/** Calls `discover` again and again, as long as somebody asks who is there. */
export class AgentList implements KnownAgents {
  readonly #options: AgentListOptions;
  readonly #registry: AgentRegistry;
  #askedMs = -Infinity;
  #asked = Promise.withResolvers<void>();
  /** Ends the waiting for answers of each round, oldest first. */
  readonly #listening: AbortController[] = [];

  /** Begins with an empty list. */
  constructor(options: AgentListOptions) {
    this.#options = options;
    this.#registry = new AgentRegistry(options.clock);
  }

  all(): ReadonlyMap<string, AgentRecord> {
    this.#askedMs = this.#options.clock.nowMs();
    this.#asked.resolve();
    return this.#registry.all();
  }

  get hasAskedAll(): boolean {
    return this.#registry.hasAskedAll;
  }

  forget(token: string): void {
    this.#registry.forget(token);
  }

  /** Asks until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      if (clock.nowMs() - this.#askedMs > HOLD_MS) {
        this.#asked = Promise.withResolvers();
        await orAborted(this.#asked.promise, signal);
        if (signal.aborted) break;
      }
      const asked = this.#registry.ask();
      void this.#listen(asked);
      await sleep(clock, ROUND_MS, signal);
      this.#registry.endRound(asked);
    }
    for (const each of this.#listening) each.abort();
  }

  /** Takes answers to a question. Never rejects. */
  async #listen(asked: Asked): Promise<void> {
    const listening = new AbortController();
    this.#listening.push(listening);
    if (this.#listening.length > LISTENING_ROUNDS) this.#listening.shift()?.abort();
    try {
      await askAgents(this.#options.agent, {
        timeoutSeconds: LISTENING_ROUNDS * ROUND_MS / 1000,
        onAnswer: (token, answer) => this.#registry.answer(asked, token, answer),
        onReached: () => asked.reached(),
        signal: listening.signal,
      });
    } catch (error) {
      if (listening.signal.aborted) return;
      logger("watch").debug("Cannot call discover: {error}", { error: errorText(error) });
    }
  }
}

/** Agents as they are shown, sorted by token. */
export function agentViews(
  agents: ReadonlyMap<string, AgentRecord>,
  metricsBySource: ReadonlyMap<unknown, number>,
): readonly AgentView[] {
  return [...agents].sort(([a], [b]) => a < b ? -1 : 1)
    .map(([token, { alive, discovered, heardMs, answerMs, clock, error, ...rest }]) => ({
      token,
      alive,
      discovered,
      metrics: metricsBySource.get(token) ?? 0,
      heardMs,
      answerMs,
      clock,
      error,
      faults: agentFaults({ answerMs, clock, error, sharing: rest.sharing }),
    }));
}
