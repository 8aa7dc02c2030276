/**
 * The functions that sources, sinks and tools call of a manager.
 *
 * @module
 */

import type { AmqpSession } from "../../amqp/session.ts";
import type { Configurations } from "../../configurations/configurations.ts";
import type { Randomness } from "../../randomness.ts";
import type { JsonObject } from "../../rpc/json.ts";
import type { Timestamp } from "../../time/timestamp.ts";
import type { CallArguments } from "./call_arguments.ts";
import * as queues from "./data_queues.ts";
import { documentOf } from "./document.ts";
import type { MetricCatalog } from "./metric_catalog.ts";

/** There is no configuration for a token, which asks again and again until there is one. */
export class ConfigurationMissing extends RangeError {
  /** Says so in the words of a real manager, by which agents know what is missing. */
  constructor(token: string) {
    super(`Document ${token} was not found`);
  }
}

/** What the functions read and change. */
export interface ManagerState {
  readonly catalog: MetricCatalog;
  readonly configurations: Configurations;
  /** The time of day. */
  readonly now: () => Timestamp;
  /** What the names of queues are made of. */
  readonly randomness: Randomness;
  /** The address that data is sent to, as the protocol has it: a URL, or `vhost:` and a name. */
  readonly dataServerAddress: string;
  /** Where a client that registers finds it instead. */
  readonly dataAddressOf: (token: string) => string | undefined;
  /** Called when an agent is told its configuration as it registers. */
  readonly onConfigSent: (token: string) => void;
  /** Called when an agent has registered. */
  readonly onRegister: (token: string) => void;
}

/** A call of one of the functions. */
export interface ManagerCall {
  readonly args: CallArguments;
  /** The caller's token. */
  readonly token: string;
  /** The session by which queues can be arranged. */
  readonly session: AmqpSession;
}

/** Answers a call. An error that it throws is the answer. */
export type ManagerFunction = (
  call: ManagerCall,
) => JsonObject | void | Promise<JsonObject | void>;

/** The functions, by name. */
export function managerFunctions(state: ManagerState): Readonly<Record<string, ManagerFunction>> {
  const registerSource: ManagerFunction = ({ token }) => ({
    ...register(state, token),
    dataExchange: queues.DATA_EXCHANGE,
  });
  const declareMetrics: ManagerFunction = ({ args, token }) =>
    state.catalog.declare(token, args.value("metrics"), state.now().toIso8601());
  const subscribe: ManagerFunction = (call) => subscribeSink(state, call);
  const unsubscribe: ManagerFunction = (call) => unsubscribeSink(state, call);
  const release: ManagerFunction = ({ args, session }) =>
    queues.release(session, args.queue("dataQueue"));
  const getMetrics: ManagerFunction = ({ args }) => selectMetrics(state, args);
  return {
    "source.register": registerSource,
    "source.declare_metrics": declareMetrics,
    "transformer.register": registerSource,
    "transformer.declare_metrics": declareMetrics,
    "transformer.subscribe": (call) => subscribeTransformer(state, call),
    "source.metrics_list": declareMetrics,
    "sink.register": ({ token }) => register(state, token),
    "sink.subscribe": subscribe,
    "sink.unsubscribe": unsubscribe,
    "sink.release": release,
    "subscribe": subscribe,
    "unsubscribe": unsubscribe,
    "release": release,
    "get_metrics": getMetrics,
    "history.get_metrics": getMetrics,
    "history.get_metric_list": ({ args }) => listHistoric(state, args),
    "history.register": (call) => registerHistory(state, call),
    "db.register": (call) => registerDatabase(state, call),
    "db.subscribe": (call) => subscribeDatabase(state, call),
  };
}

function register(state: ManagerState, token: string): JsonObject {
  state.onRegister(token);
  const dataServerAddress = state.dataAddressOf(token) ?? state.dataServerAddress;
  return { dataServerAddress, config: configurationOf(state, token) };
}

function configurationOf(
  { configurations, onConfigSent }: ManagerState,
  token: string,
): JsonObject {
  const config = configurations.get(token);
  if (config === undefined) throw new ConfigurationMissing(token);
  onConfigSent(token);
  return documentOf(token, config, configurations.revision(token));
}

async function subscribeSink(
  { catalog, dataServerAddress, randomness }: ManagerState,
  { args, token, session }: ManagerCall,
): Promise<JsonObject> {
  const metrics = args.metrics("metrics");
  const dataQueue = args.optionalQueue("dataQueue") ?? `${token}-${randomness.identifier()}-data`;
  const withMetadata = args.optionalFlag("metadata") ?? true;
  const expires = args.value("expires");
  await queues.subscribeSink(session, { token, queue: dataQueue, expires, metrics });
  return {
    dataServerAddress,
    dataQueue,
    metrics: withMetadata ? catalog.describe(metrics) : metrics,
  };
}

async function unsubscribeSink(
  { catalog, dataServerAddress }: ManagerState,
  { args, session }: ManagerCall,
): Promise<JsonObject> {
  const dataQueue = args.queue("dataQueue");
  const metrics = args.metrics("metrics");
  await queues.unsubscribe(session, dataQueue, metrics, args.optionalFlag("end") ?? true);
  return { dataServerAddress, dataQueue, metrics: catalog.describe(metrics) };
}

async function subscribeTransformer(
  { catalog, dataServerAddress }: ManagerState,
  { args, token, session }: ManagerCall,
): Promise<JsonObject> {
  const metrics = args.metrics("metrics");
  const dataQueue = await queues.subscribeDurably(session, token, metrics);
  return { dataServerAddress, dataQueue, metrics: catalog.describe(metrics) };
}

function selectMetrics({ catalog }: ManagerState, args: CallArguments): JsonObject {
  const format = args.choice("format", ["array", "object"]);
  const names = catalog.select({
    selector: args.optionalTextOrTexts("selector"),
    prefix: args.optionalText("prefix"),
    infix: args.optionalText("infix"),
    limit: args.optionalCount("limit"),
    historic: args.optionalFlag("historic"),
    hidden: args.optionalFlag("hidden"),
  });
  return { metrics: format === "array" ? names : catalog.describe(names) };
}

function listHistoric({ catalog }: ManagerState, args: CallArguments): JsonObject {
  const selector = args.optionalTextOrTexts("selector");
  return { metric_list: catalog.select({ selector, historic: true }) };
}

async function registerHistory(
  state: ManagerState,
  { token, session }: ManagerCall,
): Promise<JsonObject> {
  const { configurations, dataServerAddress } = state;
  return {
    historyServerAddress: dataServerAddress,
    dataServerAddress,
    historyExchange: queues.HISTORY_EXCHANGE,
    historyQueue: await queues.openHistoryAnswers(session, token),
    // Most have none, and no handler for one.
    ...configurations.tokens().includes(token) && { config: configurationOf(state, token) },
  };
}

async function registerDatabase(
  state: ManagerState,
  { token, session }: ManagerCall,
): Promise<JsonObject> {
  return {
    ...register(state, token),
    dataExchange: queues.DATA_EXCHANGE,
    dataQueue: await queues.subscribeDurably(session, token, []),
    historyQueue: await queues.openHistory(session, token, []),
  };
}

async function subscribeDatabase(
  { catalog, dataServerAddress }: ManagerState,
  { args, token, session }: ManagerCall,
): Promise<JsonObject> {
  const metrics = args.metrics("metrics");
  const withMetadata = args.optionalFlag("metadata") ?? true;
  const dataQueue = await queues.subscribeDurably(session, token, metrics);
  const historyQueue = await queues.openHistory(session, token, metrics);
  catalog.markHistoric(metrics);
  return {
    dataServerAddress,
    dataQueue,
    historyQueue,
    metrics: withMetadata ? catalog.describe(metrics) : metrics,
  };
}
