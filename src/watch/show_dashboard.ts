/**
 * The dashboard of a network that is there already.
 *
 * @module
 */

import { printLine } from "../cli/print.ts";
import { UsageError } from "../cli/usage_error.ts";
import type { ConfigurationStore } from "../configurations/configuration_store.ts";
import { CouchDbStore } from "../configurations/couchdb_store.ts";
import { FolderStore } from "../configurations/folder_store.ts";
import { errorText } from "../error_text.ts";
import type { Sink } from "../sink/sink.ts";
import { clockOrSystem } from "../time/clock.ts";
import { Dashboard } from "./dashboard/dashboard.ts";
import { LiveMetrics } from "./live_metrics.ts";
import { NetworkConfigurations } from "./network_configurations.ts";
import { WatchedNetwork } from "./watched_network.ts";

/** What the command line says of the dashboard. */
export interface DashboardRequest {
  readonly dashboardPort: number;
  readonly couchdb: string | undefined;
  readonly configDir: string | undefined;
  readonly allowConfigure: boolean;
}

/**
 * Makes what serves the dashboard of a connected sink's network until the sink is stopped.
 *
 * @throws {UsageError} If two places for configurations are given, or one that cannot be.
 */
export function dashboardOf(request: DashboardRequest): (sink: Sink) => Promise<void> {
  const store = storeOf(request);
  return (sink) => showDashboard(sink, request, store);
}

function storeOf({ couchdb, configDir }: DashboardRequest): ConfigurationStore | undefined {
  if (couchdb !== undefined && configDir !== undefined) {
    throw new UsageError("Cannot use both --couchdb and --config-dir: one place is required");
  }
  if (configDir !== undefined) return new FolderStore(configDir);
  if (couchdb === undefined) return undefined;
  try {
    return new CouchDbStore({ url: couchdb });
  } catch (error) {
    throw new UsageError(errorText(error));
  }
}

async function showDashboard(
  sink: Sink,
  request: DashboardRequest,
  store: ConfigurationStore | undefined,
): Promise<void> {
  const clock = clockOrSystem();
  await using live = new LiveMetrics({ join: () => Promise.resolve(sink), clock });
  const configurations = new NetworkConfigurations({
    agent: sink,
    store,
    isWritable: request.allowConfigure,
    agents: () => live.agents(),
    clock,
  });
  const view = new WatchedNetwork({ sink, live, configurations });
  // So that the list is there, or on its way, when the page asks for it: of 100 000 metrics it takes a
  // second. What fails here fails for the page as well, which tells.
  void view.metrics({ count: 0 }).catch(() => {});
  await using dashboard = await Dashboard.start({ view, port: request.dashboardPort });
  printLine(`Dashboard: ${dashboard.url}`);
  await sink.stopped();
}
