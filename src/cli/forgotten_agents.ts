/**
 * Agents that a program has made and does not wait for.
 *
 * @module
 */

import type { ObservedAgent } from "../agent/supervision.ts";
import { logger } from "../log.ts";

const log = logger("cli");

/** `main` has ended while agents of it still run. */
export class ForgottenAgents extends Error {
  /** The name of this class. */
  override name = "ForgottenAgents";
}

/**
 * Stops the agents that still run though the program's `main` has ended, as after `main` the process
 * ends: a source whose `run()` was not returned would be cut off in silence.
 *
 * @throws {ForgottenAgents} If there is such an agent.
 */
export async function endForgotten(agents: readonly ObservedAgent[]): Promise<void> {
  const running = agents.filter(({ state }) => state === "connecting" || state === "running");
  for (const { token } of agents.filter(({ state }) => state === "new")) {
    log.warn("{token} was made and not started: return its run()", { token });
  }
  for (const agent of running) agent.seeFailure();
  // Those that are about to stop get the time for it.
  await Promise.all(agents.filter(({ state }) => state !== "new").map((agent) => agent.stop()));
  const unseen = agents.find(({ failure, isFailureSeen }) => failure && !isFailureSeen);
  if (unseen?.failure) throw unseen.failure;
  if (running.length === 0) return;
  const tokens = running.map(({ token }) => token).join(", ");
  const remedy = running.length === 1 ? "return its run()" : "return the promises of their run()";
  throw new ForgottenAgents(
    `${tokens} still ${running.length === 1 ? "runs" : "run"} when main has ended: ${remedy}`,
  );
}
