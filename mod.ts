#!/usr/bin/env -S deno run -A
/**
 * Measure something and send it to a [MetricQ](https://github.com/metricq/metricq) network.
 *
 * Derive from {@linkcode IntervalSource} to be asked for values at constant intervals, from
 * {@linkcode PollingSource} for several of them, or from {@linkcode Source} to send values whenever
 * there are any, and let {@linkcode command} read the command line. Run as a program, this module is
 * the dummy source of the tutorial.
 *
 * @example A complete source
 * ```ts
 * import { command, IntervalSource, rpcHandler, Timestamp } from "jsr:@metricq/source";
 *
 * class DummySource extends IntervalSource {
 *   @rpcHandler("config")
 *   async onConfig({ rate }: { rate: number }) {
 *     this.period = 1 / rate;
 *     await this.declareMetrics({
 *       "test.deno.dummy": { rate, description: "A random value from 0 to 1", unit: "" },
 *     });
 *   }
 *
 *   async update() {
 *     await this.send("test.deno.dummy", Timestamp.now(), Math.random());
 *   }
 * }
 *
 * if (import.meta.main) {
 *   await command({ defaultToken: "source-deno-dummy" }, ({ server, token }) =>
 *     new DummySource({ token, url: server }).run());
 * }
 * ```
 *
 * @module
 */

export { Source, type SourceOptions } from "./src/source/source.ts";
export type { DeclareOptions } from "./src/source/declarations.ts";
export { IntervalSource, type IntervalSourceOptions } from "./src/source/interval_source.ts";
export { PollingSource } from "./src/source/polling_source.ts";
export type { PollGroup, Readings } from "./src/source/poll_group.ts";
export { type ChunkSize, SourceMetric } from "./src/source/source_metric.ts";
export type { Metadata } from "./src/source/metadata.ts";

export { Agent } from "./src/agent/agent.ts";
export type { AgentOptions, GetMetricsOptions, RpcOptions } from "./src/agent/agent_options.ts";
export type { Credentials, CredentialsProvider } from "./src/amqp/credentials.ts";
export type { TlsCertificates } from "./src/amqp/tls.ts";
export type { ByteStream, Transport } from "./src/amqp/transport.ts";
export type { Address } from "./src/address.ts";
export type { Randomness } from "./src/randomness.ts";
export type {
  Delivery,
  DeliveryOptions,
  OnFull,
  PointsLost,
} from "./src/outbox/delivery_options.ts";
export type { SourceStats } from "./src/observe/stats.ts";
export type { ObservedSource, SourceHealth } from "./src/observe/health.ts";
export { HealthServer, type HealthServerOptions } from "./src/observe/health_server.ts";

export {
  type RpcContext,
  type RpcHandler,
  rpcHandler,
  type RpcHandlerDecorator,
  type RpcHandlerRegistry,
  type RpcMethod,
  type RpcResult,
  withSchema,
} from "./src/rpc/rpc_handler.ts";
export type { SchemaIssue, SchemaResult, StandardSchema } from "./src/rpc/schema.ts";
export type { JsonObject, JsonValue } from "./src/rpc/json.ts";
export {
  chunkSizeFor,
  type PeriodConfig,
  periodMetadata,
  readPeriod,
} from "./src/source/period.ts";
export { metricName } from "./src/source/metric_template.ts";

export { Timestamp } from "./src/time/timestamp.ts";
export { type Duration, Timedelta } from "./src/time/timedelta.ts";
export { type MonotonicClock, type Precision, systemClock } from "./src/time/clock.ts";
export { type Tick, Ticker, ticks, type TicksOptions } from "./src/schedule/ticker.ts";
export type { Distribution } from "./src/histogram.ts";

export { command, type CommandOptions, type CommandValues } from "./src/cli/command.ts";
export { UsageError } from "./src/cli/usage_error.ts";
export type {
  CamelCase,
  FlagOption,
  OptionDeclaration,
  OptionDeclarations,
  OptionValue,
  OptionValues,
  ValueOption,
} from "./src/cli/options.ts";

export {
  AgentStopped,
  AmqpError,
  ConnectFailed,
  MessageError,
  MetricQError,
  PublishFailed,
  ReceivedSignal,
  ReconnectTimeout,
  RpcError,
  RpcTimeout,
  SpoolFailed,
  TokenInUse,
} from "./src/errors.ts";
export { VERSION } from "./src/version.ts";

if (import.meta.main) {
  // Loaded only here: a program that imports this module is one of its own.
  const { main } = await import("./src/programs/dummy.ts");
  await main();
}
