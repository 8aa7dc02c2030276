/**
 * The manager of a development network: it tells sources where to send, keeps their metadata, and
 * gives sinks the queues that they receive from. It is an ordinary AMQP client and works with any
 * broker.
 *
 * @module
 */

import { ReconnectingConnection } from "../../amqp/reconnecting_connection.ts";
import { ReplyCode } from "../../amqp/reply_codes.ts";
import { ServerAddress } from "../../amqp/server_address.ts";
import type { AmqpSession } from "../../amqp/session.ts";
import { systemTransport, type Transport } from "../../amqp/transport.ts";
import { Configurations } from "../../configurations/configurations.ts";
import { errorText } from "../../error_text.ts";
import { AgentStopped, AmqpError, RpcError, TokenInUse } from "../../errors.ts";
import { logger } from "../../log.ts";
import { type Randomness, systemRandomness } from "../../randomness.ts";
import { CONFIG_FUNCTION, ownConfiguration } from "../../rpc/config_function.ts";
import { BROADCAST_EXCHANGE, DEFAULT_EXCHANGE, MANAGEMENT_EXCHANGE } from "../../rpc/exchanges.ts";
import type { JsonObject } from "../../rpc/json.ts";
import { AGENT_REQUEST_LIMITS } from "../../rpc/request_size.ts";
import { RpcEndpoint } from "../../rpc/rpc_endpoint.ts";
import type { RpcContext } from "../../rpc/rpc_handler.ts";
import { clockOrSystem, type MonotonicClock, sleep, wallTimeOf } from "../../time/clock.ts";
import type { ConfigurationState } from "../../watch/view/configurations_view.ts";
import type { RpcCall } from "../../watch/view/rpc_log.ts";
import { type AgentRecord, AgentRegistry } from "../../watch/view/agent_registry.ts";
import { CallArguments } from "./call_arguments.ts";
import { ConfigurationStates } from "../../watch/view/configuration_states.ts";
import { DATA_EXCHANGE, MANAGEMENT_QUEUE } from "./data_queues.ts";
import { documentOf } from "./document.ts";
import { ConfigurationMissing, managerFunctions } from "./manager_functions.ts";
import { MetricCatalog } from "./metric_catalog.ts";

const log = logger("manager");

const TOKEN = "manager";

/** The name of the manager's connection, as the broker shows it. */
export const MANAGER_CONNECTION = `management connection ${TOKEN}`;

const RPC_TIMEOUT_SECONDS = 60;
const DISCOVER_PERIOD_SECONDS = 10;
// The others are asked together in the next round. Tokens may be made up, and do not answer.
const MAX_AGENTS_ASKED = 100;
// All sources of a computing centre may come back in the same moment.
const MAX_UNFINISHED_CALLS = 10_000;
// Sources may declare 100 000 metrics in one call.
const REQUEST_LIMITS = { ...AGENT_REQUEST_LIMITS, maxBytes: 16 * 2 ** 20, maxValues: 2_000_000 };

/** Options of a {@linkcode Manager}. */
export interface ManagerOptions {
  /** The broker and virtual host, `amqp[s]://[user:password@]host[:port][/vhost]`. */
  readonly url: string;
  /**
   * The configurations of sources.
   * @default {none, in memory}
   */
  readonly configurations?: Configurations;
  /**
   * The clock that waiting follows.
   * @default {the system's}
   */
  readonly clock?: MonotonicClock;
  /**
   * What jitter and identifiers are made of.
   * @default {the system's}
   */
  readonly randomness?: Randomness;
  /**
   * How the bytes of the connection come and go.
   * @default {TCP or TLS}
   */
  readonly transport?: Transport;
  /**
   * Prepares each new session with the broker before any agent can find the manager, so that
   * nothing is missed by a queue that is bound here.
   */
  readonly prepare?: (session: AmqpSession) => Promise<void>;
  /**
   * Where a client of this token finds the data network.
   * @default {the virtual host of `url`}
   */
  readonly dataAddressOf?: (token: string) => string | undefined;
  /** Called with each call that was made or answered. */
  readonly onCall?: (call: RpcCall) => void;
}

/**
 * A running manager. A wrong call is answered with an error and has no other effect. A lost connection
 * is opened again, however long that takes.
 */
export class Manager implements AsyncDisposable {
  /** The metadata of all metrics. */
  readonly catalog: MetricCatalog;
  readonly #options: ManagerOptions;
  readonly #address: ServerAddress;
  readonly #clock: MonotonicClock;
  readonly #configurations: Configurations;
  readonly #agents: AgentRegistry;
  readonly #states: ConfigurationStates;
  readonly #connection: ReconnectingConnection;
  readonly #rpc: RpcEndpoint;
  readonly #stopping = new AbortController();
  // By token: a configuration is sent to its source when that has answered the one before.
  readonly #configuring = new Map<string, Promise<unknown>>();
  #agentsAsked = 0;
  #discovering: Promise<void> = Promise.resolve();

  private constructor(options: ManagerOptions, configurations: Configurations) {
    this.#options = options;
    this.#address = ServerAddress.parse(options.url);
    this.#clock = clockOrSystem(options.clock);
    this.catalog = new MetricCatalog(this.#clock);
    this.#agents = new AgentRegistry(this.#clock);
    this.#states = new ConfigurationStates(this.#clock);
    this.#configurations = configurations;
    const { randomness = systemRandomness, transport = systemTransport } = options;
    this.#connection = new ReconnectingConnection({
      name: MANAGER_CONNECTION,
      addresses: [this.#address],
      tls: {},
      clock: this.#clock,
      randomness,
      transport,
      reconnectTimeoutMs: Infinity,
      setUp: (session) => this.#setUp(session),
      onLost: (reason) => log.warn("Lost the manager's connection: {reason}", { reason }),
      onReconnected: (seconds) =>
        log.warn("The manager's connection is back after {seconds} s", {
          seconds: seconds.toFixed(1),
        }),
      onGiveUp: () => {},
    });
    this.#rpc = new RpcEndpoint({
      token: TOKEN,
      clock: this.#clock,
      randomness,
      timeoutSeconds: RPC_TIMEOUT_SECONDS,
      maxUnfinishedCalls: MAX_UNFINISHED_CALLS,
      requestLimits: REQUEST_LIMITS,
      send: async ({ exchange, routingKey, body, properties }, signal) => {
        const session = await this.#connection.established(signal);
        await session.publish(exchange, routingKey, body, properties);
      },
      isExpected: (error) => error instanceof ConfigurationMissing,
      onAnswered: (request, error) =>
        this.#record(request.fromToken ?? "", TOKEN, request.function, request.arguments, error),
    });
    this.#addHandlers(randomness);
    configurations.onEdit = async (token, config) => {
      if (config === undefined) this.#states.forget(token);
      else await this.#inTurn(token, () => this.#offer(token, config));
    };
  }

  /**
   * Starts a manager.
   *
   * @throws {ConnectFailed} If the broker is away or refuses, or has a manager already.
   */
  static async start(options: ManagerOptions): Promise<Manager> {
    const { configurations = await Configurations.open({ clock: options.clock }) } = options;
    const manager = new Manager(options, configurations);
    try {
      await manager.#connection.connect();
    } catch (error) {
      await manager.stop();
      throw error;
    }
    manager.#discovering = manager.#discoverAgainAndAgain();
    return manager;
  }

  /** Waits until the session with the broker that is up now, if one is, has been replaced. */
  async renewed(): Promise<void> {
    await this.#connection.session?.ended;
    await this.#connection.established(this.#stopping.signal);
  }

  /** The agents that have registered or answered `discover`, by token. */
  agents(): ReadonlyMap<string, AgentRecord> {
    return this.#agents.all();
  }

  /** Whether all agents have had the time to answer `discover` once. */
  get hasAskedAgents(): boolean {
    return this.#agents.hasAskedAll;
  }

  /** Forgets an agent until it registers or answers again. */
  forgetAgent(token: string): void {
    this.#agents.forget(token);
  }

  /** What has become of the newest configuration of a token, if anything was done with one. */
  configurationState(token: string): ConfigurationState | undefined {
    return this.#states.get(token);
  }

  /** Whether an agent with a token is connected. */
  async isConnected(token: string): Promise<boolean> {
    const session = await this.#connection.established(this.#stopping.signal);
    return await session.arrange((topology) => topology.hasQueue(`${token}-rpc`));
  }

  /**
   * Gives a token a configuration and, if its agent is connected, sends it there first.
   *
   * @param check Called when it is its turn; what it throws refuses it.
   * @returns The agent's answer; `undefined` if the source is not connected.
   * @throws {RpcError} If the agent refuses it, or does not answer: the old one is kept then.
   * @throws {TypeError} If JSON cannot carry it.
   */
  configure(
    token: string,
    config: JsonObject,
    check: () => void = () => {},
  ): Promise<JsonObject | undefined> {
    return this.#inTurn(token, async () => {
      check();
      const answer = await this.#offer(token, config);
      await this.#configurations.set(token, config);
      return answer;
    });
  }

  /**
   * Calls a function of an agent.
   *
   * @throws {RpcError} If the answer is an error, or does not come.
   */
  async call(token: string, functionName: string, args: JsonObject = {}): Promise<JsonObject> {
    let failure: string | undefined;
    try {
      return await this.#rpc.call(functionName, args, {
        exchange: DEFAULT_EXCHANGE,
        routingKey: `${token}-rpc`,
      });
    } catch (error) {
      failure = errorText(error);
      throw error;
    } finally {
      this.#record(TOKEN, token, functionName, args, failure);
    }
  }

  /** Leaves the network. Resolves when the connection is closed. */
  async stop(): Promise<void> {
    const reason = new AgentStopped("The manager has stopped");
    this.#stopping.abort(reason);
    this.#rpc.close(reason);
    await this.#connection.close();
    await this.#discovering;
  }

  /** Same as `stop`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #setUp(session: AmqpSession): Promise<void> {
    await this.#options.prepare?.(session);
    await session.arrange(async (topology) => {
      await topology.declareQueue(MANAGEMENT_QUEUE, { durable: true });
      await this.#consumeCalls(session);
      // Sent together, and the exchange that agents look for comes last: when they find it, they
      // find everything.
      await Promise.all([
        topology.declareExchange(DATA_EXCHANGE, "topic"),
        topology.declareExchange(BROADCAST_EXCHANGE, "fanout"),
        topology.declareExchange(MANAGEMENT_EXCHANGE, "topic"),
        topology.bindQueue(MANAGEMENT_QUEUE, MANAGEMENT_EXCHANGE, "#"),
      ]);
    });
  }

  async #consumeCalls(session: AmqpSession): Promise<void> {
    const { queue } = this.#rpc;
    try {
      await session.declareExclusiveQueue(queue);
    } catch (error) {
      const isTaken = error instanceof AmqpError && error.code === ReplyCode.RESOURCE_LOCKED;
      throw isTaken ? new TokenInUse(TOKEN, { cause: error }) : error;
    }
    await session.consume(queue, (message) => this.#rpc.receive(message));
    await session.consume(MANAGEMENT_QUEUE, (message) => this.#rpc.receive(message));
  }

  #addHandlers(randomness: Randomness): void {
    const functions = managerFunctions({
      catalog: this.catalog,
      configurations: this.#configurations,
      now: () => wallTimeOf(this.#clock),
      randomness,
      // Agents put it in their own address of the broker, whose host may have several names.
      dataServerAddress: `vhost:${this.#address.vhost}`,
      dataAddressOf: this.#options.dataAddressOf ?? (() => undefined),
      onConfigSent: (token) => this.#states.note(token, "sent"),
      onRegister: (token) => {
        this.#agents.register(token);
        void this.#discover(token);
      },
    });
    for (const [name, answer] of Object.entries(functions)) {
      this.#rpc.addHandler(name, async (args, { fromToken: token, signal }: RpcContext) => {
        if (token === undefined) {
          throw new TypeError(`Cannot answer ${name}: the caller's token is required as app_id`);
        }
        const session = await this.#connection.established(signal);
        return await answer({ args: new CallArguments(name, args), token, session });
      });
    }
  }

  async #inTurn<Result>(token: string, work: () => Promise<Result>): Promise<Result> {
    const previous = this.#configuring.get(token);
    const current = (async () => {
      await previous?.catch(() => {}); // its caller knows
      return await work();
    })();
    this.#configuring.set(token, current);
    try {
      return await current;
    } finally {
      if (this.#configuring.get(token) === current) this.#configuring.delete(token);
    }
  }

  async #offer(token: string, config: JsonObject): Promise<JsonObject | undefined> {
    if (!await this.isConnected(token)) {
      this.#states.note(token, "kept");
      return undefined;
    }
    this.#states.note(token, "sent");
    // It gets this number when it is accepted.
    const revision = this.#configurations.revision(token) + 1;
    try {
      const answer = await this.call(token, CONFIG_FUNCTION, documentOf(token, config, revision));
      this.#states.note(token, "accepted");
      return answer;
    } catch (error) {
      this.#states.note(
        token,
        "refused",
        error instanceof RpcError ? error.reason : errorText(error),
      );
      throw error;
    }
  }

  /** Asks an agent that has just come; the others are asked from time to time. */
  async #discover(token: string): Promise<void> {
    if (this.#agentsAsked >= MAX_AGENTS_ASKED) return;
    this.#agentsAsked++;
    const asked = this.#agents.ask();
    try {
      this.#agents.answer(asked, token, await this.call(token, "discover"));
    } catch (error) {
      log.debug("{token} does not answer discover: {error}", { token, error: errorText(error) });
    } finally {
      this.#agentsAsked--;
    }
  }

  async #discoverAgainAndAgain(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#discoverAll();
      } catch (error) {
        if (signal.aborted) return;
        log.debug("Cannot call discover: {error}", { error: errorText(error) });
        await sleep(this.#clock, DISCOVER_PERIOD_SECONDS * 1000, signal);
      }
    }
  }

  async #discoverAll(): Promise<void> {
    const asked = this.#agents.ask();
    await this.#rpc.broadcast("discover", {}, {
      exchange: BROADCAST_EXCHANGE,
      timeoutSeconds: DISCOVER_PERIOD_SECONDS,
      onAnswer: ({ fromToken, body }) => {
        if (fromToken !== undefined) this.#agents.answer(asked, fromToken, body);
      },
    });
    asked.reached();
    this.#agents.endRound(asked);
    this.#record(TOKEN, "*", "discover", {}, undefined);
  }

  #record(
    from: string,
    to: string,
    functionName: string,
    args: JsonObject,
    error: string | undefined,
  ): void {
    const timeMs = wallTimeOf(this.#clock).posixMs;
    // As its handlers get it: with each call the log would otherwise repeat what the database adds.
    const shown = functionName === CONFIG_FUNCTION ? ownConfiguration(args) : args;
    this.#options.onCall?.({ timeMs, from, to, function: functionName, arguments: shown, error });
  }
}
