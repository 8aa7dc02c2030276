#!/usr/bin/env -S deno run -A
/**
 * Measure something and send it to a [MetricQ](https://github.com/metricq/metricq) network.
 *
 * ## Try it
 *
 * ```sh
 * deno run -A jsr:@metricq/source
 * ```
 *
 * starts a whole network in one process: a broker, a manager, a dashboard, and the source below,
 * which sends random values. It is gone when you press Ctrl-C.
 *
 * ## A source
 *
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
 * Saved as `source.ts`, it runs on your network, where its configuration is `{"rate": 2}`:
 *
 * ```sh
 * deno run -A source.ts --server amqp://localhost/
 * ```
 *
 * Deno fetches the package when it meets the `import`; in Node and Bun `npx jsr add @metricq/source`
 * installs it (see Runtimes, below).
 *
 * ## Where to go on
 *
 * - Sources: {@linkcode IntervalSource} is asked for values at constant intervals,
 *   {@linkcode PollingSource} reads several devices, each at its own period, and {@linkcode Source}
 *   sends values when there are some. {@linkcode command} reads the command line of each.
 * - Without writing one: `jsr:@metricq/source/exec` runs commands and finds numbers in what they
 *   print, `/http` asks servers, `/modbus` reads registers, `/snmp` objects, `/mqtt` takes
 *   messages, `/prometheus` scrapes exporters, and `/sysinfo` measures a host.
 * - `jsr:@metricq/source/testing` is for the tests of a source, `/dev` the network to develop with,
 *   `/watch` shows a network that is there, `/sink` receives its data, `/spool` gets data out of what a
 *   source has left, `/cli` has parsers for the options of a program.
 * - The [README](https://jsr.io/@metricq/source) has a tutorial, and tells of outages, permissions and
 *   errors.
 *
 * ## Options of a source
 *
 * | option              |                                                                                          | default                  |
 * | ------------------- | ---------------------------------------------------------------------------------------- | ------------------------ |
 * | `token`             | name on the network                                                                      | required                 |
 * | `url`               | address of the network; a list for the nodes of a cluster, tried in turn                 | required                 |
 * | `period`            | first period of an `IntervalSource`                                                      | none                     |
 * | `align`             | whether its updates fall on round times of day                                           | `false`                  |
 * | `precision`         | `"fine"` or `"coarse"`: microseconds late, or a millisecond for less CPU                 | `"fine"`                 |
 * | `updateTimeout` | how long an `update` is waited for | none |
 * | `chunkSize`         | points per message, or `null`                                                            | 1                        |
 * | `chunkAge`          | how long the first point of a message waits for it to be full, or `null`                 | 10 s                     |
 * | `onTime`            | `"drop"` or `"send"` points whose times do not increase                                  | send, with a warning     |
 * | `addUuid`           | makes the token unique with a random suffix                                              | `false`                  |
 * | `connectionTimeout` | how long a lost connection is tried for before the source gives up                       | 600 s                    |
 * | `rpcTimeout`        | how long an answer is waited for                                                         | 60 s                     |
 * | `stopTimeout`       | how long `stop` waits for the task, and again for the last points                        | 10 s                     |
 * | `outboxMaxBytes`    | bytes of unconfirmed chunks in memory                                                    | 64 MiB                   |
 * | `onFull`            | when there are more: `"drop-oldest"`, `"wait"` or `"fail"`                               | `"drop-oldest"`          |
 * | `delivery`          | `"confirmed"` or `"at-most-once"`                                                        | `"confirmed"`            |
 * | `persistent`        | whether durable queues keep messages when the broker restarts                            | with `"confirmed"` only  |
 * | `spool`             | file that keeps unconfirmed chunks when the process ends                                 | none                     |
 * | `spoolMaxBytes`     | bytes of unconfirmed chunks in the spool                                                 | 1 GiB                    |
 * | `onPointsLost`      | called with `{ metric, points, reason }` when points are given up                        | none                     |
 * | `clientVersion`     | the program's version, shown by `discover`                                               | none                     |
 * | `tls`               | `caCerts`, `cert` and `key` as PEM texts                                                 | the system's authorities |
 * | `credentials`       | an async function that gives user and password at every login, for passwords that change | those of `url`           |
 *
 * ## A source inside another program
 *
 * `run` owns the process: it returns when the source has ended, and handles SIGINT and SIGTERM.
 * Inside another program, connect and stop the source yourself:
 *
 * ```ts
 * import { IntervalSource } from "jsr:@metricq/source";
 *
 * class MySource extends IntervalSource {
 *   update() {}
 * }
 *
 * async function measureFor(seconds: number) {
 *   await using source = new MySource({
 *     token: "source-deno-example",
 *     url: "amqp://localhost/",
 *     period: "1s",
 *   });
 *   await source.connect();
 *   await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
 * } // here the source sends what is left, and disconnects
 * ```
 *
 * ## What configurations repeat
 *
 * {@linkcode readPeriod} reads `interval`, `period` or `rate`, as a number or a text;
 * {@linkcode periodMetadata} makes `rate` and `interval` of it, {@linkcode chunkSizeFor} a chunk
 * size of about one message a second, and {@linkcode metricName} a name from a template such as
 * `"{prefix}.{host}.power"`.
 *
 * ## Without decorators
 *
 * `source.addRpcHandler("config", handler)` does what the decorator does, and
 * `source.addRpcHandler("config", withSchema(Config, handler))` checks the configuration first.
 *
 * ## Runtimes
 *
 * | runtime  | the library | `command`, programs, `./dev`, `./testing` |                                            |
 * | -------- | ----------- | ----------------------------------------- | ------------------------------------------ |
 * | Deno 2.9 | yes         | yes                                       |                                            |
 * | Node 24  | yes         | no                                        | decorators need a transpiler, such as tsx  |
 * | Bun 1.4  | yes         | no                                        | runs TypeScript and decorators as they are |
 * | Node 22  | no          | no                                        | does not know `using`                      |
 * | browsers | no          | no                                        | cannot open TCP sockets                    |
 *
 * "The library" is what a source is made of, `run` and the spool included. In Node and Bun
 * `npx jsr add @metricq/source` installs it, and it is imported as `@metricq/source`. The tests run
 * it in both on a real network.
 *
 * @module
 */

export { Source, type SourceOptions } from "./src/source/source.ts";
export type { DeclareOptions } from "./src/source/declarations.ts";
export { IntervalSource, type IntervalSourceOptions } from "./src/source/interval_source.ts";
export { PollingSource } from "./src/source/polling_source.ts";
export type {
  AnyPollGroup,
  CheckedRead,
  MetricsMetadata,
  NoSurplus,
  PointTime,
  PolledReadings,
  PollGroup,
  Surplus,
} from "./src/source/poll_group.ts";
export type { Reading, Readings, TimedValue } from "./src/source/readings.ts";
export type { OnTime } from "./src/source/time_order.ts";
export type { ChunkSize } from "./src/source/given_points.ts";
export type { SourceMetric } from "./src/source/source_metric.ts";
export type { Metadata } from "./src/source/metadata.ts";

export { Agent } from "./src/agent/agent.ts";
export type {
  AgentOptions,
  CheckedRpcOptions,
  GetMetricsOptions,
  RpcOptions,
  StartOptions,
} from "./src/agent/agent_options.ts";
export type { Credentials, CredentialsProvider } from "./src/amqp/credentials.ts";
export type { TlsCertificates } from "./src/amqp/tls.ts";
export type { ByteStream, Transport } from "./src/amqp/transport.ts";
export type { Address } from "./src/address.ts";
export type { Randomness } from "./src/randomness.ts";
export type {
  OpenSpool,
  SpoolContents,
  SpoolLoss,
  SpoolStorage,
  StoredChunk,
} from "./src/outbox/spool_storage.ts";
export type { Chunk } from "./src/outbox/chunk.ts";
export type {
  Delivery,
  DeliveryOptions,
  LossReason,
  OnFull,
  PointsLost,
} from "./src/outbox/delivery_options.ts";
export type { SourceStats } from "./src/observe/stats.ts";
export type {
  AgentEvent,
  AgentEventKind,
  AgentEvents,
  ConnectionOfEvent,
  EventsOptions,
  Nothing,
} from "./src/observe/events.ts";
export type { ObservedSource, SourceHealth } from "./src/observe/health.ts";
export { HealthServer, type HealthServerOptions } from "./src/observe/health_server.ts";

export {
  type CheckedRpcHandlerDecorator,
  type JsonResult,
  type RpcArguments,
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
export type { Jsonable, JsonableObject, JsonObject, JsonValue } from "./src/rpc/json.ts";
export {
  chunkSizeFor,
  type PeriodConfig,
  periodMetadata,
  readPeriod,
} from "./src/source/period.ts";
export { fillTemplate, metricName } from "./src/source/metric_template.ts";
export { expandHosts } from "./src/source/expand_hosts.ts";
export { type Rate, rateOf, type RateOptions } from "./src/source/rate_of.ts";

export type { Instant, TemporalInstant } from "./src/time/instant.ts";
export { Timestamp } from "./src/time/timestamp.ts";
export { type Duration, Timedelta } from "./src/time/timedelta.ts";
export { type MonotonicClock, type Precision, systemClock } from "./src/time/clock.ts";
export { type Tick, type Ticker, ticks, type TicksOptions } from "./src/schedule/ticker.ts";
export type { Distribution } from "./src/histogram.ts";

export type { Operands } from "./src/cli/program_text.ts";
export {
  command,
  type CommandMain,
  type CommandOptions,
  type CommandValues,
} from "./src/cli/command.ts";
export { UsageError } from "./src/cli/usage_error.ts";
export type {
  CamelCase,
  FieldsOf,
  FlagOption,
  OnlyOptionFields,
  OptionDeclaration,
  OptionDeclarations,
  OptionText,
  OptionValue,
  OptionValues,
  SingleValue,
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
