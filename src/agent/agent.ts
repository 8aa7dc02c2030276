/**
 * What every participant of a MetricQ network is: a token, a connection to the management network,
 * and remote procedure calls both ways.
 *
 * @module
 */

import { MessageError } from "../errors.ts";
import { type AgentEvent, EVENTS_OPTIONS, type EventsOptions } from "../observe/events.ts";
import { checkOptions } from "../option_names.ts";
import { quote } from "../quote.ts";
import { MANAGEMENT_EXCHANGE } from "../rpc/exchanges.ts";
import { copyJsonObject, type JsonableObject, type JsonObject } from "../rpc/json.ts";
import {
  type JsonResult,
  requireFunctionName,
  type RpcHandler,
  type RpcHandlerRegistry,
  type RpcResult,
} from "../rpc/rpc_handler.ts";
import { checkAnswer, type StandardSchema } from "../rpc/schema.ts";
import { requireDuration } from "../time/require_duration.ts";
import { AgentCore, type AgentHooks } from "./agent_core.ts";
import {
  type AgentOptions,
  type CheckedRpcOptions,
  GET_METRICS_OPTIONS,
  type GetMetricsOptions,
  RPC_OPTIONS,
  type RpcOptions,
  START_OPTIONS,
  type StartOptions,
} from "./agent_options.ts";
import { unawaited } from "../time/unawaited.ts";
import { protectMembers, refuseHiddenMembers } from "./hidden_members.ts";
import { runUntilSignal } from "./signals.ts";
import { supervision } from "./supervision.ts";
import { tellBothErrors } from "./suppressed_errors.ts";

/** The core of an agent, for the classes of this package that derive from it; `Agent` sets it. */
export let coreOf: (agent: Agent) => AgentCore;

/**
 * A participant of a MetricQ network: {@linkcode Source} is the one to derive from; this one alone
 * makes calls and answers them.
 *
 * Its life: it is made; {@linkcode Agent.connect} brings it onto the network; a lost connection
 * comes back by itself; {@linkcode Agent.stop} takes it off again, called by the program, or because
 * of a signal, a failed task, or an outage that lasts too long. {@linkcode Agent.stopped} tells when
 * and why. {@linkcode Agent.run} does this as a whole. A stopped agent cannot be started again.
 *
 * @example
 * ```ts
 * import { Agent } from "@metricq/source";
 *
 * async function listMetrics(url: string): Promise<string[]> {
 *   await using agent = new Agent({ token: "metric-lister", addUuid: true, url });
 *   await agent.connect();
 *   return Object.keys(await agent.getMetrics());
 * }
 * ```
 */
export class Agent implements RpcHandlerRegistry, AsyncDisposable {
  readonly #core: AgentCore;

  static {
    coreOf = (agent) => agent.#core;
    protectMembers(this);
  }

  /**
   * Checks the options; nothing is sent before `connect` or `run`.
   *
   * @throws {TypeError | RangeError | SyntaxError} If an option is not as required; the message
   * names it, what was given and what is required.
   */
  constructor(options: AgentOptions);
  /** @ignore For the classes of this package that derive from it. */
  constructor(options: AgentOptions, hooks: AgentHooks);
  /** @ignore Both of the above. */
  constructor(options: AgentOptions, hooks: AgentHooks = {}) {
    this.#core = new AgentCore(options, hooks);
  }

  /** The name by which the network knows this agent. */
  get token(): string {
    return this.#core.token;
  }

  /** The management network's address (the first of several), its password replaced by asterisks. */
  get url(): string {
    return this.#core.url;
  }

  /**
   * Lets `handler` answer calls of a function, as {@linkcode rpcHandler} does for methods. Handlers
   * of one function run in the order in which they were added, and only one may return a value.
   *
   * @throws {TypeError} If the name is empty, or the handler is not a function.
   */
  addRpcHandler<Arguments = JsonObject, Result = RpcResult | Promise<RpcResult>>(
    functionName: string,
    handler: RpcHandler<Arguments, Result & JsonResult<Result>>,
  ): void {
    // A result that is not an object is `never` here, and the dispatcher checks it again.
    this.#core.rpc.addHandler(functionName, handler as RpcHandler<Arguments>);
  }

  /**
   * Brings the agent onto the network. If that fails, the agent is stopped.
   *
   * @throws {ConnectFailed} If the broker or the manager is away or refuses; its cause says why.
   * @throws {AgentStopped} If the agent was stopped meanwhile, or has been connected before.
   * @throws {TypeError} If a member of the class hides one that it inherits, such as the field `period = 1`.
   * @throws {Error} If `signal` is aborted before the agent is on the network: its reason; the agent is
   * stopped then.
   */
  async connect(options: StartOptions = {}): Promise<void> {
    checkOptions("connect", options, START_OPTIONS);
    const { signal } = options;
    refuseHiddenMembers(this.token, this);
    signal?.throwIfAborted();
    const stop = () => void this.stop();
    signal?.addEventListener("abort", stop, { once: true });
    try {
      await this.#core.connect();
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }

  /**
   * Takes the agent off the network: lets its task end, sends what is buffered, closes the
   * connections. Called again it changes nothing. From within the agent's own task it returns at
   * once, as the stopping waits for the task.
   *
   * @param error Why, if something is wrong: what `stopped` and `run` reject with.
   * @returns Resolves when the agent has stopped.
   * @throws {Error} If the agent has failed, and neither `connect`, `run` nor `stopped` has told: that
   * error. A task that has failed would otherwise leave no trace. It is thrown
   * once, and not the error that this call was given.
   */
  async stop(error?: Error): Promise<void> {
    await this.#core.stop(error);
    const failure = this.#core.untoldFailure;
    if (failure === undefined || failure === error) return;
    this.#core.seeFailure();
    throw failure;
  }

  /**
   * Waits for the end of the agent.
   *
   * @throws {Error} If it was stopped with one: that error.
   */
  stopped(): Promise<void> {
    return this.#core.stopped();
  }

  /**
   * What happens to the agent, as events, from what is the case now until `"stopped"`.
   * {@linkcode AgentEvents} is the table of their kinds.
   *
   * Any number of readers have the events each for itself. A reader that is slow delays nothing: beyond
   * 1000 waiting events, or as many as an iteration begins with if these are more, the oldest are left
   * out, and `"missed"` tells how many. `return` of the iterator ends it at once.
   *
   * Following the events does not make an error known: whoever stops at `"points-lost"` has not seen why
   * the agent has ended. The log, `run`, `stopped` and `stop` tell that as without readers.
   *
   * @example
   * ```ts
   * import assert from "node:assert/strict";
   * import { Source } from "@metricq/source";
   * import { TestNetwork } from "@metricq/source/testing";
   *
   * class Meter extends Source {
   *   async task() {}
   * }
   *
   * await using network = await TestNetwork.start();
   * await using source = new Meter({ token: "source-meter", url: network.url });
   * const kinds: string[] = [];
   * const followed = (async () => {
   *   for await (const event of source.events()) {
   *     kinds.push(event.kind);
   *     if (event.kind === "connection-lost") console.error(`Lost: ${event.reason}`);
   *     if (event.kind === "running") await source.stop();
   *   }
   * })();
   *
   * await source.connect();
   * await followed;
   * assert.deepEqual(kinds, [
   *   "connecting",
   *   "registered",
   *   "configured",
   *   "running",
   *   "stopping",
   *   "stopped",
   * ]);
   * ```
   */
  events(options: EventsOptions = {}): AsyncIterable<AgentEvent> {
    checkOptions("follow events", options, EVENTS_OPTIONS);
    return this.#core.events.read(options);
  }

  /**
   * Connects, and waits for the end. SIGINT stops the agent, SIGTERM stops it with
   * {@linkcode ReceivedSignal}, a second signal ends the process at once.
   *
   * @param options With a `signal`, which stops the agent as SIGINT does.
   * @throws {ConnectFailed} If the agent cannot connect.
   * @throws {AgentStopped} If it has run before, and was stopped without an error.
   * @throws {TypeError} If a member of the class hides one that it inherits, such as the field `period = 1`.
   * @throws {Error} If it was stopped with one: that error.
   */
  async run(options: StartOptions = {}): Promise<void> {
    checkOptions("run", options, START_OPTIONS);
    const { signal } = options;
    refuseHiddenMembers(this.token, this);
    this.#core.requireNotStopped("run");
    if (signal?.aborted) return await this.stop();
    const stop = (error?: Error) => void this.stop(error);
    const abort = () => stop();
    signal?.addEventListener("abort", abort, { once: true });
    try {
      await runUntilSignal(stop, async () => {
        const stopped = this.stopped();
        // Nothing is lost: a failure of `connect` stops the agent, so `stopped` rejects with it.
        const onRunning = supervision.getStore()?.onRunning;
        this.connect().then(onRunning).catch(() => {});
        await stopped;
      });
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /**
   * Calls a function of the manager, or of another agent that serves the management network. During
   * an outage the call waits for the connection.
   *
   * @param functionName Such as `"get_metrics"`.
   * @param args What JSON can carry, names in camelCase.
   * @param options The time limit, a signal, and a `schema` of a library that follows [Standard
   * Schema](https://standardschema.dev), which the answer has to match.
   * @returns The answer, or what the schema makes of it.
   * @throws {RpcError} If the answer is an error, or the call cannot be made.
   * @throws {RpcTimeout} If there is no answer in time.
   *
   * @example
   * ```ts
   * import assert from "node:assert/strict";
   * import { RpcError, Source } from "@metricq/source";
   * import { TestNetwork } from "@metricq/source/testing";
   *
   * class Caller extends Source {
   *   async task() {}
   * }
   *
   * await using network = await TestNetwork.start();
   * await using source = new Caller({ token: "source-caller", url: network.url });
   * await source.connect();
   *
   * await assert.rejects(source.rpc("coffee.make", { cups: 2 }, { timeout: "5s" }), RpcError);
   * ```
   */
  rpc<Answer, const Arguments extends object>(
    functionName: string,
    args: Arguments & JsonableObject<Arguments>,
    options: CheckedRpcOptions<Answer>,
  ): Promise<Answer>;
  /** As above, without a schema: the answer is some JSON object. */
  rpc<const Arguments extends object>(
    functionName: string,
    args?: Arguments & JsonableObject<Arguments>,
    options?: RpcOptions,
  ): Promise<JsonObject>;
  rpc(
    functionName: string,
    args: object = {},
    options: RpcOptions & { schema?: StandardSchema } = {},
  ): Promise<unknown> {
    return unawaited(this.#rpc(functionName, args, options), () => this.#core.stopping.aborted);
  }

  async #rpc(
    functionName: string,
    args: object,
    options: RpcOptions & { schema?: StandardSchema },
  ): Promise<unknown> {
    if (typeof functionName !== "string") requireFunctionName(functionName, "call");
    checkOptions(`call ${functionName}`, options, RPC_OPTIONS);
    const copied = copyJsonObject(args, `arguments of ${functionName}`);
    const { timeout, signal, schema } = options;
    const answer = await this.#core.rpc.call(functionName, copied, {
      exchange: MANAGEMENT_EXCHANGE,
      timeoutSeconds: timeout === undefined
        ? undefined
        : requireDuration("Cannot use timeout", timeout).s,
      signal,
    });
    return schema === undefined ? answer : await checkAnswer(schema, functionName, answer);
  }

  /**
   * Asks for the metrics of the network.
   *
   * @returns The metadata by metric; empty objects if `metadata` is `false`.
   * @throws {RpcError} If the answer is an error, or the call cannot be made.
   * @throws {RpcTimeout} If there is no answer in time.
   * @throws {MessageError} If the answer has no metrics.
   *
   * @example
   * ```ts
   * import assert from "node:assert/strict";
   * import { Source } from "@metricq/source";
   * import { TestNetwork } from "@metricq/source/testing";
   *
   * class Meter extends Source {
   *   async task() {}
   * }
   *
   * await using network = await TestNetwork.start();
   * await using source = new Meter({ token: "source-meter", url: network.url });
   * await source.connect();
   * await source.declareMetrics({ "example.lab.power": { unit: "W" } });
   *
   * const metrics = await source.getMetrics({ selector: "example\\.lab\\..*" });
   * assert.equal(metrics["example.lab.power"]?.["unit"], "W");
   * ```
   */
  getMetrics(options: GetMetricsOptions = {}): Promise<Record<string, JsonObject>> {
    return unawaited(this.#getMetrics(options), () => this.#core.stopping.aborted);
  }

  async #getMetrics(options: GetMetricsOptions): Promise<Record<string, JsonObject>> {
    checkOptions("get metrics", options, GET_METRICS_OPTIONS);
    const { metadata = true, timeout, selector, ...filter } = options;
    if (selector !== undefined && typeof selector !== "string" && !Array.isArray(selector)) {
      throw new TypeError(
        `Cannot get metrics: selector is ${quote(selector)}, a text or a list of names is required`,
      );
    }
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

  /**
   * Stops the agent at the end of an `await using` block.
   *
   * @throws {Error} If `stop` does. When the block has failed as well, JavaScript makes one
   * `SuppressedError` of both, which bears them as its `cause` then.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.stop();
    } catch (error) {
      tellBothErrors(error);
      throw error;
    }
  }
}
