/**
 * Agents of a test that have failed on its network.
 *
 * @module
 */

import { connectingAgents, type ObservedAgent } from "../agent/supervision.ts";
import { ServerAddress } from "../amqp/server_address.ts";
import { MetricQError } from "../errors.ts";
import { isLoopback } from "../listen.ts";

/** Watches the agents that connect to a network from this process. */
export class FailedAgents implements Disposable {
  readonly #network: ServerAddress;
  readonly #onFailure: () => void;
  readonly #agents = new Set<ObservedAgent>();
  readonly #failed: ObservedAgent[] = [];

  /** Begins to watch, and calls `onFailure` after each failure. */
  constructor(networkUrl: string, onFailure: () => void) {
    this.#network = ServerAddress.parse(networkUrl);
    this.#onFailure = onFailure;
    connectingAgents.subscribe(this.#watch);
  }

  /** Tells of failures that nothing has told of yet; each is told once. */
  tell(): MetricQError | undefined {
    const untold = this.#failed.filter(({ isFailureSeen }) => !isFailureSeen);
    for (const agent of untold) agent.seeFailure();
    return errorOf(untold);
  }

  /** Tells of all failures, if no agent is left that could do anything. */
  tellStandstill(): MetricQError | undefined {
    return this.#agents.size > 0 ? undefined : errorOf(this.#failed);
  }

  /** Ends the watching; what has failed by then can still be told. */
  [Symbol.dispose](): void {
    connectingAgents.unsubscribe(this.#watch);
  }

  readonly #watch = (message: unknown): void => {
    // The channel's types know nothing of its messages; only agents are published there.
    const agent = message as ObservedAgent;
    if (!agent.addresses.some((address) => this.#isHere(address))) return;
    this.#agents.add(agent);
    agent.stopping.addEventListener("abort", () => {
      this.#agents.delete(agent);
      if (agent.failure === undefined) return;
      this.#failed.push(agent);
      this.#onFailure();
    }, { once: true });
  };

  #isHere({ hostname, port, vhost }: ObservedAgent["addresses"][number]): boolean {
    const here = this.#network;
    const isSameHost = hostname === here.hostname ||
      isLoopback(hostname) && isLoopback(here.hostname);
    return isSameHost && port === here.port && vhost === here.vhost;
  }
}

function errorOf(agents: readonly ObservedAgent[]): MetricQError | undefined {
  const [first] = agents;
  if (first === undefined) return undefined;
  const texts = agents.map(({ token, failure }) => `"${token}" has failed: ${failure?.message}`);
  return new MetricQError(texts.join("; "), { cause: first.failure });
}
