/**
 * The life of an agent: its state, its management connection, and its end. {@linkcode Agent} and the
 * classes derived from it are what users see of it.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import {
  ReconnectingConnection,
  type ReconnectingConnectionOptions,
} from "../amqp/reconnecting_connection.ts";
import { ServerAddress } from "../amqp/server_address.ts";
import { TLS_CERTIFICATES } from "../amqp/tls.ts";
import { systemTransport } from "../amqp/transport.ts";
import { errorText, toError } from "../error_text.ts";
import { AgentStopped, ConnectFailed } from "../errors.ts";
import { EventFeed } from "../observe/event_feed.ts";
import { HangWatch } from "../observe/hang_watch.ts";
import type { ConnectionOfEvent } from "../observe/events.ts";
import { withTelemetry } from "../observe/telemetry.ts";
import { checkOptions, refuseMisspelt } from "../option_names.ts";
import { quote } from "../quote.ts";
import { type Randomness, systemRandomness } from "../randomness.ts";
import { CONFIG_FUNCTION, CONFIG_SCHEMA_FUNCTION } from "../rpc/config_function.ts";
import { type AroundHandlers, RpcEndpoint } from "../rpc/rpc_endpoint.ts";
import { clockOrSystem, type MonotonicClock, sleep, wallTimeOf } from "../time/clock.ts";
import { requireDuration } from "../time/require_duration.ts";
import type { Timestamp } from "../time/timestamp.ts";
import { AGENT_OPTIONS, type AgentOptions } from "./agent_options.ts";
import { ConfigurationSchema } from "./configuration_schema.ts";
import { discoverAnswer } from "./discover.ts";
import { connectWithToken, setUpManagement } from "./management_session.ts";
import {
  type AgentState,
  connectingAgents,
  madeHere,
  type ObservedAgent,
  supervision,
} from "./supervision.ts";
import { checkToken } from "./token.ts";

/** What a kind of agent adds to the life of every agent. None is called within a constructor. */
export interface AgentHooks {
  /** Called once when `connect` begins. */
  readonly onConnecting?: () => Promise<void>;
  /** Called once within `connect`, when calls can be made. An error lets `connect` fail. */
  readonly onConnected?: () => Promise<void>;
  /** Called whenever the management connection is back after it was lost. */
  readonly onReconnected?: () => void;
  /** Runs the handlers of each call of this agent. */
  readonly around?: AroundHandlers;
  /** Called once within `stop`, before the management connection is closed. */
  readonly tearDown?: () => Promise<void>;
}

/** What a connection of an agent is for. */
interface ConnectionHooks extends Pick<ReconnectingConnectionOptions, "setUp"> {
  /** Tells it apart from others of its kind; only a sink has several. */
  readonly name?: string;
  /** Called whenever the connection is back after it was lost. */
  readonly onReconnected?: () => void;
}

// Set while code runs that `stop` waits for: waiting for `stop` there would never end.
const insideTask = new AsyncLocalStorage<AgentCore>();

/** What an agent is made of. */
export class AgentCore implements ObservedAgent {
  readonly token: string;
  readonly clock: MonotonicClock;
  readonly randomness: Randomness;
  readonly rpc: RpcEndpoint;
  /** What happens to the agent. */
  readonly events: EventFeed;
  /** How long a connection may be away, in milliseconds. */
  readonly connectionTimeoutMs: number;
  readonly #hooks: AgentHooks;
  readonly #addresses: readonly [ServerAddress, ...ServerAddress[]];
  readonly #options: AgentOptions;
  readonly #startingTime: Timestamp;
  readonly #startedAtMs: number;
  readonly #stopTimeoutMs: number;
  readonly #management: ReconnectingConnection;
  readonly #stopping = new AbortController();
  readonly #stopped = Promise.withResolvers<void>();
  #isFailureSeen = false;
  #failure: Error | undefined;
  #state: AgentState = "new";

  /** Checks the options; see `Agent`. */
  constructor(options: AgentOptions, hooks: AgentHooks) {
    checkNames(options);
    checkToken(options.token);
    this.randomness = options.randomness ?? systemRandomness;
    const { addUuid = false, rpcTimeout = 60, stopTimeout = 10 } = options;
    const { version, options: chosen, onChecked } = supervision.getStore() ?? {};
    const connectionTimeout = chosen?.connectionTimeout ?? options.connectionTimeout ?? 600;
    this.token = addUuid ? `${options.token}.${this.randomness.identifier()}` : options.token;
    checkToken(this.token);
    this.clock = clockOrSystem(options.clock);
    this.events = new EventFeed(this.token, this.clock);
    this.#options = options;
    this.#hooks = hooks;
    this.#addresses = parseAddresses(options.url);
    this.#startingTime = wallTimeOf(this.clock);
    this.#startedAtMs = this.clock.nowMs();
    this.connectionTimeoutMs =
      requireDuration("Cannot use connectionTimeout", connectionTimeout).ms;
    this.#stopTimeoutMs = requireDuration("Cannot use stopTimeout", stopTimeout).ms;
    this.#management = this.makeConnection("management", this.#addresses, {
      setUp: (session) => setUpManagement(session, this),
      onReconnected: () => hooks.onReconnected?.(),
    });
    this.rpc = new RpcEndpoint({
      token: this.token,
      // A check does not take the queue of the source that runs.
      ...onChecked && { queueName: `${this.token}-check-${this.randomness.identifier()}` },
      clock: this.clock,
      randomness: this.randomness,
      timeoutSeconds: requireDuration("Cannot use rpcTimeout", rpcTimeout).s,
      around: hooks.around,
      watch: (functionName) => this.watch(`handler of ${functionName}`),
      send: async ({ exchange, routingKey, body, properties }, signal) => {
        const session = await this.#management.established(signal);
        await session.publish(exchange, routingKey, body, properties);
      },
    });
    const clientVersion = options.clientVersion ?? version;
    const schema = new ConfigurationSchema(this.token, () => this.rpc.schemas(CONFIG_FUNCTION));
    this.rpc.addHandler(CONFIG_SCHEMA_FUNCTION, () => schema.answer());
    this.rpc.addHandler("discover", () => {
      return discoverAnswer({
        currentTime: wallTimeOf(this.clock),
        startingTime: this.#startingTime,
        uptimeMs: this.clock.nowMs() - this.#startedAtMs,
        clientVersion,
        configSchema: schema.isOffered ? CONFIG_SCHEMA_FUNCTION : undefined,
      });
    });
    // Its error goes to the callers of `stopped`; it must not also end the process.
    this.#stopped.promise.catch(() => {});
    madeHere.add(this);
    supervision.getStore()?.onMade?.(this);
  }

  /** The management network's address (the first of several), its password replaced by asterisks. */
  get url(): string {
    return this.#addresses[0].toString();
  }

  /** Where in its life the agent is. */
  get state(): AgentState {
    return this.#state;
  }

  /** All addresses of the management network, with their passwords. */
  get addresses(): readonly ServerAddress[] {
    return this.#addresses;
  }

  /** Why the agent was stopped, if not on request. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Aborted when the agent begins to stop. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /**
   * Refuses an agent that has had its life, unless it has failed: then it tells that.
   *
   * @throws {AgentStopped} If it has.
   */
  requireNotStopped(action: string): void {
    if (this.#state !== "stopped" || this.#failure !== undefined) return;
    throw new AgentStopped(`Cannot ${action}: the agent is stopped, a new one is required`);
  }

  /** See `Agent.connect`. */
  async connect(): Promise<void> {
    if (this.#state !== "new") {
      throw new AgentStopped(`Cannot connect: the agent is ${this.#state}, a new one is required`);
    }
    this.#state = "connecting";
    connectingAgents.publish(this);
    this.events.tell("connecting", { url: this.url });
    try {
      await this.#beObserved();
      await connectWithToken(this.#management, this);
      this.stopping.throwIfAborted();
      await this.#hooks.onConnected?.();
      // A task may be through already, and have stopped the agent: it was connected all the same.
      if (!this.stopping.aborted) this.#run();
    } catch (error) {
      if (this.stopping.aborted) {
        throw new AgentStopped("Cannot connect: stopped while connecting", { cause: error });
      }
      const failure = asConnectFailed(error, this.token);
      this.#isFailureSeen = true; // by the caller of connect
      await this.stop(failure);
      throw failure;
    }
  }

  /** See `Agent.stop`. */
  async stop(error?: Error): Promise<void> {
    if (this.#state !== "stopping" && this.#state !== "stopped") {
      if (error !== undefined) this.noteFailure(error);
      this.#state = "stopping";
      this.events.tell("stopping", { error: this.#failure }, { isSeen: this.#isFailureSeen });
      this.#stopping.abort(new AgentStopped(`The agent "${this.token}" is stopping`));
      void this.#shutDown();
    }
    if (insideTask.getStore() !== this) await this.#stopped.promise.catch(() => {});
  }

  /** What was thrown is why the agent has stopped, unless there is a reason already. */
  noteFailure(thrown: unknown): void {
    this.#failure ??= toError(thrown);
  }

  /** See `Agent.stopped`. */
  stopped(): Promise<void> {
    this.#isFailureSeen = true;
    return this.#stopped.promise;
  }

  /** Whether a failure has been thrown to a caller, or will be. */
  get isFailureSeen(): boolean {
    return this.#isFailureSeen;
  }

  /** Why the agent has stopped, when nothing has told of it and nothing will. */
  get untoldFailure(): Error | undefined {
    return this.#state === "stopped" && !this.#isFailureSeen ? this.#failure : undefined;
  }

  /** Takes note that a failure has been told. */
  seeFailure(): void {
    this.#isFailureSeen = true;
  }

  /** The addresses that a manager's answer means. */
  deriveAddresses(text: string): readonly ServerAddress[] {
    // The nodes of a cluster share their virtual hosts, but a URL names one place. The node that has
    // answered is tried first.
    const addresses = text.startsWith("vhost:")
      ? this.#management.addressesInTurn
      : [this.#addresses[0]];
    return addresses.map((address) => address.derive(text));
  }

  /** A connection that comes back by itself, and stops the agent if it does not. */
  makeConnection(
    what: ConnectionOfEvent["connection"],
    addresses: readonly ServerAddress[],
    { setUp, name, onReconnected }: ConnectionHooks,
  ): ReconnectingConnection {
    const { credentials, transport = systemTransport } = this.#options;
    return new ReconnectingConnection({
      name: `${what} connection ${this.token}`,
      addresses,
      tls: this.#options.tls ?? {},
      ...credentials && { credentials },
      clock: this.clock,
      randomness: this.randomness,
      transport,
      reconnectTimeoutMs: this.connectionTimeoutMs,
      setUp,
      onLost: (reason) => this.events.connectionLost(what, reason, name),
      onReconnected: () => {
        this.events.connectionBack(what, name);
        onReconnected?.();
      },
      onGiveUp: (error) => void this.stop(error),
    });
  }

  /** Watches calls of the author's code, which may hang, until the agent stops. */
  watch(activity: string, periodMs?: () => number): HangWatch {
    const { clock, events, stopping: signal } = this;
    return new HangWatch(activity, { clock, events, signal }, periodMs);
  }

  /** Runs what `stop` waits for, so that a `stop` within does not wait for itself. */
  insideTask<Result>(task: () => Result): Result {
    return insideTask.run(this, task);
  }

  /** Waits for `done`, but not longer than `stopTimeout`. Returns whether it came. */
  async waitToStop(done: Promise<unknown>): Promise<boolean> {
    const waited = new AbortController();
    try {
      const isDone = done.then(() => true);
      const tooLong = sleep(this.clock, this.#stopTimeoutMs, waited.signal).then(() => false);
      return await Promise.race([isDone, tooLong]);
    } finally {
      waited.abort();
    }
  }

  // Before the first call, so that none is missed.
  async #beObserved(): Promise<void> {
    await withTelemetry("spans", () => import("../observe/rpc_spans.ts"), ({ RpcSpans }) => {
      this.rpc.tracer = new RpcSpans(this.token);
    });
    await this.#hooks.onConnecting?.();
    this.stopping.throwIfAborted();
  }

  #run(): void {
    this.#state = "running";
    this.events.tell("running", {});
  }

  async #shutDown(): Promise<void> {
    const { token } = this;
    try {
      await this.#hooks.tearDown?.();
    } catch (problem) {
      this.noteFailure(problem);
    }
    this.rpc.close(new AgentStopped(`The agent "${token}" has stopped`));
    await this.#management.close();
    this.#state = "stopped";
    this.events.tell("stopped", { error: this.#failure });
    if (this.#failure) this.#stopped.reject(this.#failure);
    else this.#stopped.resolve();
  }
}

/**
 * Refuses what is not an object with the options of an agent.
 *
 * @throws {TypeError} If it is something else, or an option is misspelt.
 */
export function checkNames(options: AgentOptions): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `Cannot make an agent: ${quote(options)} is given, an object with token and url is required`,
    );
  }
  refuseMisspelt("make an agent", options, AGENT_OPTIONS);
  if (options.tls !== undefined) checkOptions("use tls", options.tls, TLS_CERTIFICATES);
}

function parseAddresses(url: AgentOptions["url"]): readonly [ServerAddress, ...ServerAddress[]] {
  const urls: unknown = typeof url === "string" || url instanceof URL ? [url] : url;
  if (!Array.isArray(urls)) {
    throw new TypeError(`Cannot use server URL: ${url} is given, a URL or a list is required`);
  }
  const [first, ...others] = urls.map((one) => ServerAddress.parse(one));
  if (first === undefined) {
    throw new RangeError("Cannot use server URL: an empty list is given, a URL is required");
  }
  return [first, ...others];
}

function asConnectFailed(error: unknown, token: string): ConnectFailed {
  if (error instanceof ConnectFailed) return error;
  const reason = errorText(error);
  return new ConnectFailed(`Cannot start "${token}": ${reason}`, { cause: error });
}
