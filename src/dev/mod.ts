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
 * @module
 */

export { DevNetwork, type DevNetworkOptions } from "./network.ts";
export { Box, type BoxOptions, type ShowOptions } from "./box.ts";
export { Dashboard, type DashboardOptions } from "../watch/dashboard/dashboard.ts";
export type {
  AgentView,
  ConfigurationState,
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
} from "../watch/view/network_view.ts";
export type { RpcCall } from "../watch/view/rpc_log.ts";
export type { DecodedChunk } from "../chunk/decode_chunk.ts";
export type { JsonObject, JsonValue } from "../rpc/json.ts";
export type { MonotonicClock, Precision } from "../time/clock.ts";

if (import.meta.main) {
  // Loaded only here: programs that import this module do not need it.
  const { main } = await import("./main.ts");
  await main();
}
