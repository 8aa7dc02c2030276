/**
 * What is not yet as was asked for.
 *
 * @module
 */

import { mayHang } from "./any_source.ts";
import { metricsOf } from "./given_config.ts";
import type { ManagerActor } from "./manager_actor.ts";
import type { SimulatedNetwork } from "./network.ts";
import type { SourceActor } from "./source_actor.ts";
import type { WantedConfigs } from "./wanted_configs.ts";

// What is on its way while nothing is wrong.
const CALM_BYTES = 300_000;

/** What is looked at. */
export interface Parties {
  readonly network: SimulatedNetwork;
  readonly manager: ManagerActor;
  readonly sources: readonly SourceActor[];
  readonly configs: WantedConfigs;
  /** By source: the first generation whose metrics a manager may know that has forgotten all before. */
  readonly oldestDeclared: ReadonlyMap<string, number>;
  /** How many messages of a queue are delivered and not acknowledged. */
  readonly unsettled: (queue: string) => number;
}

/** The first thing that is not as was asked for: connected, configured, declared and sent. */
export function findProblem(parties: Parties): string | undefined {
  const { network, manager, sources } = parties;
  if (manager.current === undefined) return "the manager is away";
  for (const link of network.links) {
    if (link.isHalfOpen) return `link ${link.number} is half-open`;
    if (link.isEnding) return `link ${link.number} is about to end`;
  }
  for (const actor of sources) {
    const problem = findProblemOf(actor, parties);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function findProblemOf(actor: SourceActor, parties: Parties): string | undefined {
  const { configs, manager: { current: manager }, unsettled } = parties;
  const { token } = actor.plan;
  const source = actor.current;
  if (source === undefined) return `${token} does not run`;
  const { status, reason } = source.health;
  if (status !== "connected" && !(status === "hanging" && mayHang(source))) {
    return `${token} is ${status}: ${reason}`;
  }
  const generations = configs.generationsOf(token);
  const { config } = source.sender;
  if (config === undefined || !generations.includes(config.generation)) {
    return `${token} has configuration ${config?.generation}, not ${generations.join(" or ")}`;
  }
  for (const metric of metricsOf(token, config)) {
    const { generation } = manager?.catalog.get(metric) ?? {};
    if (generation === config.generation) continue;
    return `${metric} is declared as of generation ${generation}, not ${config.generation}`;
  }
  const stale = findStaleMetric(token, parties);
  if (stale !== undefined) return `${stale} is declared again, and was removed`;
  const { alive = false, error } = manager?.agents().get(token) ?? {};
  if (!alive || error !== undefined) return `${token} does not answer discover: ${error}`;
  const calls = unsettled(`${token}-rpc`);
  if (calls > 0) return `${token} has not acknowledged ${calls} calls and answers`;
  const { bufferedBytes } = source.stats;
  return bufferedBytes > CALM_BYTES ? `${token} has ${bufferedBytes} bytes to send` : undefined;
}

function findStaleMetric(
  token: string,
  { oldestDeclared, manager: { current } }: Parties,
): string | undefined {
  const oldest = oldestDeclared.get(token) ?? 0;
  const catalog = current?.catalog;
  return [...catalog?.names() ?? []].find((name) => {
    const { source, generation } = catalog?.get(name) ?? {};
    return source === token && typeof generation === "number" && generation < oldest;
  });
}
