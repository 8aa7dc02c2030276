/**
 * Agents that run in a program's `main`, and that its options do not reach.
 *
 * @module
 */

import { connectingAgents, madeHere, type ObservedAgent } from "../agent/supervision.ts";
import { logger } from "../log.ts";

const log = logger("cli");

/** What is wrong with an agent that the options of the command line do not reach. */
const REASONS = {
  "another copy": "it belongs to another copy of @metricq/source: load one version of the package",
  "made before": "it was made before main was called: make it in main",
} as const;

/** Watches the agents that begin to connect while a program's `main` runs. */
export class StrayAgents implements Disposable {
  readonly #made: readonly ObservedAgent[];
  readonly #isOurs: () => boolean;
  readonly #isCheck: boolean;
  #refused: string | undefined;

  /**
   * Begins to watch.
   *
   * @param made The agents that were made in `main`, which may grow.
   * @param isOurs Whether what happens now happens in `main`.
   * @param isCheck Whether agents must not do what they would.
   */
  constructor(made: readonly ObservedAgent[], isOurs: () => boolean, isCheck: boolean) {
    this.#made = made;
    this.#isOurs = isOurs;
    this.#isCheck = isCheck;
    connectingAgents.subscribe(this.#look);
  }

  /**
   * Refuses the check of an agent that would not have been checked, but would have run.
   *
   * @throws {TypeError} If there was one.
   */
  refuseChecked(): void {
    if (this.#refused !== undefined) throw new TypeError(this.#refused);
  }

  /** Ends the watching. */
  [Symbol.dispose](): void {
    connectingAgents.unsubscribe(this.#look);
  }

  readonly #look = (message: unknown): void => {
    // The channel's types know nothing of its messages; only agents are published there.
    const agent = message as ObservedAgent;
    if (!this.#isOurs() || this.#made.includes(agent)) return;
    const reason = REASONS[madeHere.has(agent) ? "made before" : "another copy"];
    const { token } = agent;
    if (this.#isCheck) {
      this.#refused = `Cannot check ${token}: ${reason}`;
      void agent.stop();
    } else {
      log.warn("The options of this program do not reach {token}: {reason}", { token, reason });
    }
  };
}
