/**
 * What every participant of a MetricQ network is: a token, a connection to the management network,
 * and remote procedure calls both ways.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { ReconnectingConnection } from "./amqp/reconnecting_connection.ts";
import type { TlsCertificates } from "./amqp/amqp_socket.ts";
import { ServerAddress } from "./amqp/server_address.ts";
import type { AmqpSession } from "./amqp/session.ts";
import { discoverAnswer } from "./discover.ts";
import { AgentStopped, AmqpError, ConnectFailed, MessageError, TokenInUse } from "./errors.ts";
import { logger } from "./log.ts";
import { checkToken } from "./metric_name.ts";
import type { JsonObject } from "./rpc/json.ts";
import { RpcEndpoint } from "./rpc/rpc_endpoint.ts";
import type { RpcHandler, RpcHandlerRegistry } from "./rpc/rpc_handler.ts";
import { runUntilSignal } from "./signals.ts";
import { type MonotonicClock, sleep, systemClock } from "./time/clock.ts";
import { Timedelta } from "./time/timedelta.ts";
import { Timestamp } from "./time/timestamp.ts";

const log = logger("agent");

const MANAGEMENT_EXCHANGE = "metricq.management";
const BROADCAST_EXCHANGE = "metricq.broadcast";
const NOT_FOUND = 404;
const RESOURCE_LOCKED = 405;

/** A span of time: a number of seconds, a {@linkcode Timedelta}, or a text such as `"500ms"`. */
export type Duration = number | string | Timedelta;

/** What an {@linkcode Agent} is made with. */
export interface AgentOptions {
  /** The name by which the network knows this program; only one agent can use it at a time. */
  readonly token: string;
  /**
   * The management network, `amqp[s]://[user:password@]host[:port][/vhost]`; several for the nodes
   * of a cluster, which are tried in turn. Parameters: `heartbeat` (seconds, default 10, 0 for
   * none), `cacertfile`, `certfile`, `keyfile`.
   */
  readonly url: string | URL | readonly (string | URL)[];
  /** Whether a random suffix makes the token unique. Default `false`. */
  readonly addUuid?: boolean;
  /** How long a lost connection is tried for before the agent gives up. Default 600 s. */
  readonly connectionTimeout?: Duration;
  /** How long an answer to a remote procedure call is waited for. Default 60 s. */
  readonly rpcTimeout?: Duration;
  /** How long `stop` waits for the task, and again for the last points. Default 10 s. */
  readonly stopTimeout?: Duration;
  /** The version of the program, shown by `discover`. */
  readonly clientVersion?: string;
  /** Certificates for `amqps:`, as PEM texts. Default: the system's authorities. */
  readonly tls?: TlsCertificates;
  /** The clock of all waiting; for tests. Default {@linkcode systemClock}. */
  readonly clock?: MonotonicClock;
}

/** Options of {@linkcode Agent.rpc}. */
export interface RpcOptions {
  /** How long the answer is waited for. Default: the agent's `rpcTimeout`. */
  readonly timeout?: Duration;
  /** Gives the call up. */
  readonly signal?: AbortSignal;
}

/** Options of {@linkcode Agent.getMetrics}. */
export interface GetMetricsOptions {
  /** A regular expression for parts of the name, or a list of names. */
  readonly selector?: string | readonly string[];
  /** Whether the metadata comes along. Default `true`. */
  readonly metadata?: boolean;
  /** Only metrics that are, or are not, stored in a database. */
  readonly historic?: boolean;
  /** Only metrics whose name begins with this. */
  readonly prefix?: string;
  /** Only metrics whose name contains this. */
  readonly infix?: string;
  /** At most so many. */
  readonly limit?: number;
  /** Only metrics that are, or are not, hidden. */
  readonly hidden?: boolean;
  /** How long the answer is waited for. Default: the agent's `rpcTimeout`. */
  readonly timeout?: Duration;
}

type State = "new" | "connecting" | "running" | "stopping" | "stopped";

// Set while code runs that `stop` waits for: waiting for `stop` there would never end.
const insideTask = new AsyncLocalStorage<Agent>();

/**
 * A participant of a MetricQ network; {@linkcode Source} is the one to derive from.
 *
 * Its life: it is made; {@linkcode Agent.connect} brings it onto the network; a lost connection
 * comes back by itself; {@linkcode Agent.stop} takes it off again, by whoever calls it: the program,
 * a signal, a failed task, or an outage that lasts too long. {@linkcode Agent.stopped} tells when
 * and why. {@linkcode Agent.run} does all of this. It lives once.
 */
export abstract class Agent implements RpcHandlerRegistry, AsyncDisposable {
  /** The name by which the network knows this agent. */
  readonly token: string;
  readonly #addresses: readonly [ServerAddress, ...ServerAddress[]];
  readonly #options: AgentOptions;
  readonly #clock: MonotonicClock;
  readonly #startingTime = Timestamp.now();
  readonly #startedAtMs: number;
  readonly #connectionTimeoutMs: number;
  readonly #stopTimeoutMs: number;
  readonly #management: ReconnectingConnection;
  readonly #rpc: RpcEndpoint;
  readonly #lifetime = new AbortController();
  readonly #stopped = Promise.withResolvers<void>();
  #state: State = "new";

  /**
   * Checks the options; nothing is sent before `connect` or `run`.
   *
   * @throws {TypeError | RangeError | SyntaxError} When an option is not as required; the message
   * names it, what was given and what is required.
   */
  constructor(options: AgentOptions) {
    checkToken(options.token);
    const { addUuid = false, connectionTimeout = 600, rpcTimeout = 60, stopTimeout = 10 } = options;
    this.token = addUuid
      ? `${options.token}.${crypto.randomUUID().replaceAll("-", "")}`
      : options.token;
    checkToken(this.token);
    this.#options = options;
    this.#addresses = parseAddresses(options.url);
    this.#clock = options.clock ?? systemClock;
    this.#startedAtMs = this.#clock.nowMs();
    this.#connectionTimeoutMs = durationMs(connectionTimeout, "connectionTimeout");
    this.#stopTimeoutMs = durationMs(stopTimeout, "stopTimeout");
    this.#management = this.makeConnection("management connection", this.#addresses, {
      setUp: (session) => this.#setUpManagement(session),
      onReconnected: () => this.onReconnected(),
    });
    this.#rpc = new RpcEndpoint({
      token: this.token,
      clock: this.#clock,
      timeoutSeconds: durationMs(rpcTimeout, "rpcTimeout") / 1000,
      send: async ({ exchange, routingKey, body, properties }, signal) => {
        const session = await this.#management.established(signal);
        session.publish(exchange, routingKey, body, properties);
      },
    });
    this.addRpcHandler("discover", () => this.#discover());
    // Its error is reported to whoever waits for `stopped`; it must not also end the process.
    this.#stopped.promise.catch(() => {});
  }

  /** The management network's address (the first of several), its password replaced by asterisks. */
  get url(): string {
    return this.#addresses[0].toString();
  }

  /**
   * Lets `handler` answer calls of a function, as {@linkcode rpcHandler} does for methods. Handlers
   * of one function run in the order in which they were added, and only one may return a value.
   */
  addRpcHandler<Arguments = JsonObject>(
    functionName: string,
    handler: RpcHandler<Arguments>,
  ): void {
    this.#rpc.addHandler(functionName, handler);
  }

  /**
   * Brings the agent onto the network. If that fails, the agent is stopped.
   *
   * @throws {ConnectFailed} When the broker or the manager is away or refuses; its cause says why.
   * @throws {AgentStopped} When the agent was stopped meanwhile.
   */
  async connect(): Promise<void> {
    if (this.#state !== "new") {
      throw new AgentStopped(`Cannot connect: the agent is ${this.#state}, a new one is required`);
    }
    this.#enter("connecting");
    log.info("Connecting {token} to {url}", { token: this.token, url: this.url });
    try {
      await this.#management.connect();
      await this.onConnected();
      this.#lifetime.signal.throwIfAborted();
      this.#enter("running");
    } catch (error) {
      if (this.#lifetime.signal.aborted) {
        throw new AgentStopped("Cannot connect: stopped while connecting", { cause: error });
      }
      const failure = asConnectFailed(error, this.token);
      await this.stop(failure);
      throw failure;
    }
  }

  /**
   * Takes the agent off the network: lets its task end, sends what is buffered, closes the
   * connections. Called again it changes nothing. From within the agent's own task it returns at
   * once, as the stopping waits for the task.
   *
   * @param error Why, if something is wrong: what `stopped` and `run` reject with.
   * @returns Resolves when the agent has stopped; never rejects.
   */
  async stop(error?: Error): Promise<void> {
    if (this.#state !== "stopping" && this.#state !== "stopped") {
      this.#enter("stopping");
      this.#lifetime.abort();
      void this.#shutDown(error);
    }
    if (insideTask.getStore() !== this) await this.#stopped.promise.catch(() => {});
  }

  /**
   * Waits for the end of the agent.
   *
   * @throws The error that it was stopped with, if any.
   */
  stopped(): Promise<void> {
    return this.#stopped.promise;
  }

  /**
   * Connects, and waits for the end. SIGINT stops the agent, SIGTERM stops it with
   * {@linkcode ReceivedSignal}, a second signal ends the process at once.
   *
   * @throws {ConnectFailed} When the agent cannot connect.
   * @throws The error that it was stopped with, if any.
   */
  async run(): Promise<void> {
    await runUntilSignal((error) => void this.stop(error), async () => {
      // A failure of `connect` stops the agent, so `stopped` rejects with it.
      this.connect().catch(() => {});
      await this.stopped();
    });
  }

  /**
   * Calls a function of the manager, or of another agent that serves the management network.
   *
   * @param functionName Such as `"get_metrics"`.
   * @param args What JSON can carry, names in camelCase.
   * @returns The answer.
   * @throws {RpcError} When the answer is an error, or the call cannot be made.
   * @throws {RpcTimeout} When there is no answer in time.
   */
  rpc(functionName: string, args: JsonObject = {}, options: RpcOptions = {}): Promise<JsonObject> {
    const { timeout, signal } = options;
    return this.#rpc.call(functionName, args, {
      exchange: MANAGEMENT_EXCHANGE,
      timeoutSeconds: timeout === undefined ? undefined : durationMs(timeout, "timeout") / 1000,
      signal,
    });
  }

  /**
   * Asks for the metrics of the network.
   *
   * @returns The metadata by metric; empty objects if `metadata` is `false`.
   * @throws {RpcError} As `rpc`.
   */
  async getMetrics(options: GetMetricsOptions = {}): Promise<Record<string, JsonObject>> {
    const { metadata = true, timeout, selector, ...filter } = options;
    const { metrics } = await this.rpc("get_metrics", {
      format: metadata ? "object" : "array",
      ...selector !== undefined && {
        selector: typeof selector === "string" ? selector : [...selector],
      },
      ...filter,
    }, timeout === undefined ? {} : { timeout });
    if (Array.isArray(metrics)) return Object.fromEntries(metrics.map((name) => [name, {}]));
    if (typeof metrics === "object" && metrics !== null) {
      return metrics as Record<string, JsonObject>; // the protocol's word for it
    }
    throw new MessageError("Cannot read the answer to get_metrics: it has no metrics");
  }

  /** Stops the agent at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Called once within `connect`, when calls can be made. An error lets `connect` fail. */
  protected abstract onConnected(): Promise<void>;

  /** Called whenever the management connection is back after it was lost. */
  protected abstract onReconnected(): void;

  /** Called once within `stop`, before the management connection is closed. */
  protected abstract teardown(): Promise<void>;

  /** Aborted when the agent begins to stop. */
  protected get stopping(): AbortSignal {
    return this.#lifetime.signal;
  }

  /** The clock of all waiting. */
  protected get clock(): MonotonicClock {
    return this.#clock;
  }

  /** What `config` and the like do when they arrive, done locally: the handlers run in order. */
  protected async dispatch(functionName: string, args: JsonObject): Promise<void> {
    await this.#rpc.dispatch(functionName, args);
  }

  /** The address that a manager's answer means. */
  protected deriveAddresses(text: string): readonly ServerAddress[] {
    // The nodes of a cluster share their virtual hosts, but an URL names one place.
    const addresses = text.startsWith("vhost:") ? this.#addresses : this.#addresses.slice(0, 1);
    return addresses.map((address) => address.derive(text));
  }

  /** A connection that comes back by itself, and stops the agent if it does not. */
  protected makeConnection(
    what: string,
    addresses: readonly ServerAddress[],
    hooks: { setUp: (session: AmqpSession) => Promise<void>; onReconnected?: () => void },
  ): ReconnectingConnection {
    return new ReconnectingConnection({
      name: `${what} ${this.token}`,
      addresses,
      tls: this.#options.tls ?? {},
      clock: this.#clock,
      reconnectTimeoutMs: this.#connectionTimeoutMs,
      onGiveUp: (error) => void this.stop(error),
      ...hooks,
    });
  }

  /** Runs what `stop` waits for, so that a `stop` within does not wait for itself. */
  protected insideTask<Result>(task: () => Result): Result {
    return insideTask.run(this, task);
  }

  /** Waits for `done`, but not longer than `stopTimeout`. Returns whether it came. */
  protected async waitToStop(done: Promise<unknown>): Promise<boolean> {
    const waited = new AbortController();
    try {
      const isDone = done.then(() => true);
      const tooLong = sleep(this.#clock, this.#stopTimeoutMs, waited.signal).then(() => false);
      return await Promise.race([isDone, tooLong]);
    } finally {
      waited.abort();
    }
  }

  #enter(state: State): void {
    log.debug("{token}: {from} -> {to}", { token: this.token, from: this.#state, to: state });
    this.#state = state;
  }

  async #setUpManagement(session: AmqpSession): Promise<void> {
    const { queue } = this.#rpc;
    try {
      await session.requireExchange(MANAGEMENT_EXCHANGE);
      await session.requireExchange(BROADCAST_EXCHANGE);
      await session.declareExclusiveQueue(queue);
    } catch (error) {
      if (!(error instanceof AmqpError)) throw error;
      if (error.code === RESOURCE_LOCKED) throw new TokenInUse(this.token, { cause: error });
      if (error.code !== NOT_FOUND) throw error;
      throw new ConnectFailed(
        `Cannot connect to ${this.url}: this broker has no exchange "${MANAGEMENT_EXCHANGE}" or "${BROADCAST_EXCHANGE}", a MetricQ manager that makes them is required`,
        { cause: error },
      );
    }
    await session.bindQueue(queue, BROADCAST_EXCHANGE, "#");
    await session.consume(queue, (message) => this.#rpc.receive(message));
  }

  #discover(): JsonObject {
    const uptimeMs = this.#clock.nowMs() - this.#startedAtMs;
    return discoverAnswer(this.#startingTime, uptimeMs, this.#options.clientVersion);
  }

  async #shutDown(error: Error | undefined): Promise<void> {
    if (error) log.error("Stopping {token}: {error}", { token: this.token, error: error.message });
    else log.info("Stopping {token}", { token: this.token });
    let failure = error;
    try {
      await this.teardown();
    } catch (problem) {
      failure ??= problem instanceof Error ? problem : new Error(String(problem));
    }
    this.#rpc.close(new AgentStopped(`The agent "${this.token}" has stopped`));
    await this.#management.close();
    this.#enter("stopped");
    if (failure) this.#stopped.reject(failure);
    else this.#stopped.resolve();
  }
}

function parseAddresses(url: AgentOptions["url"]): readonly [ServerAddress, ...ServerAddress[]] {
  const urls = typeof url === "string" || url instanceof URL ? [url] : url;
  if (!Array.isArray(urls)) {
    throw new TypeError(`Cannot use server URL: ${url} is given, an URL or a list is required`);
  }
  const [first, ...others] = urls.map((one) => ServerAddress.parse(one));
  if (first === undefined) {
    throw new RangeError("Cannot use server URL: an empty list is given, an URL is required");
  }
  return [first, ...others];
}

function durationMs(duration: Duration, name: string): number {
  const { ms } = Timedelta.from(duration);
  if (ms > 0) return ms;
  throw new RangeError(`Cannot use ${name}: ${duration} is given, a positive duration is required`);
}

function asConnectFailed(error: unknown, token: string): ConnectFailed {
  if (error instanceof ConnectFailed) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new ConnectFailed(`Cannot start "${token}": ${reason}`, { cause: error });
}
