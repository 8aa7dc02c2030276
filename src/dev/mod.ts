/**
 * A MetricQ network for development and tests, in the process: broker, manager and dashboard. It is
 * meant for one machine, and what it keeps in memory ends with it; a real network has RabbitMQ, a
 * manager and databases.
 *
 * Run as a program, this module is such a network, for programs in other languages, too. It prints
 * where sources connect to, and where its dashboard is:
 *
 * ```sh
 * deno run -A jsr:@metricq/source/dev --config-dir configs
 * ```
 *
 * In a program of yours:
 *
 * ```ts
 * import { IntervalSource, Timestamp } from "jsr:@metricq/source";
 * import { DevNetwork } from "jsr:@metricq/source/dev";
 *
 * class Random extends IntervalSource {
 *   async update() {
 *     await this.send("example.random", Timestamp.now(), Math.random());
 *   }
 * }
 *
 * await using network = await DevNetwork.start();
 * await using source = new Random({ token: "source-random", url: network.url, period: "100ms" });
 * await source.connect();
 * ```
 *
 * The broker speaks AMQP 0-9-1, with confirms, the four types of exchanges, expiring messages and
 * queues, and as many clients of other languages as you like. What it lacks it refuses with 540 (not
 * implemented) instead of ignoring it: transactions, dead letters, `reject-publish`, a length of queues
 * in bytes, priorities of messages and consumers, quorum queues and streams, single active consumers,
 * alternate exchanges, the headers CC and BCC, direct reply-to, `noLocal`, `immediate`, a prefetch
 * size, `connection.update-secret`. `maxMessageBytes` is the size of the largest message that it takes,
 * and `transientQueues: false` lets it refuse what RabbitMQ from 4.3 on does.
 *
 * @module
 */

export { DevNetwork, type DevNetworkOptions } from "./network.ts";
export { Box, type BoxOptions, type ShowOptions } from "./box.ts";
export { Dashboard, type DashboardOptions } from "../watch/dashboard/dashboard.ts";
export type {
  AgentView,
  ExactPoints,
  MetricQuery,
  MetricSort,
  MetricsView,
  MetricView,
  MetricWindow,
  NetworkView,
  PointView,
  RpcView,
  SeriesView,
  Summary,
  Undeclared,
} from "../watch/view/network_view.ts";
export type {
  ForgetRequest,
  HealthView,
  Problem,
  ProblemQuery,
  ProblemSort,
  ProblemWindow,
  ScanRequest,
  ScanState,
} from "../watch/view/health_view.ts";
export type { AgentFault } from "../watch/view/agent_faults.ts";
export type { ClockOffset } from "../watch/view/agent_registry.ts";
export type { ProblemKind } from "../watch/view/problem_kind.ts";
export type {
  ConfigurationKeeping,
  ConfigurationState,
  ConfigurationsView,
  ConfigurationView,
  ConfigureOutcome,
} from "../watch/view/configurations_view.ts";
export type { ReplacedConfiguration } from "../configurations/configuration_store.ts";
export type { DevNetworkView } from "./running_network.ts";
export type { RpcCall } from "../watch/view/rpc_log.ts";
export type { DecodedChunk } from "../chunk/decode_chunk.ts";
export type { JsonObject, JsonValue } from "../rpc/json.ts";
export type { MonotonicClock, Precision } from "../time/clock.ts";

if (import.meta.main) {
  // Loaded only here: programs that import this module do not need it.
  const { main } = await import("./main.ts");
  await main();
}
