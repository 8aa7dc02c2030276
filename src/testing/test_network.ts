/**
 * A MetricQ network for the tests of a source.
 *
 * @module
 */

import type { DecodedChunk } from "../chunk/decode_chunk.ts";
import { DevNetwork } from "../dev/network.ts";
import { RpcError } from "../errors.ts";
import { checkOptions, type OptionNames } from "../option_names.ts";
import { counted, quote } from "../quote.ts";
import {
  copyJsonObject,
  isPlainObject,
  type JsonableObject,
  type JsonObject,
} from "../rpc/json.ts";
import { requireFunctionName } from "../rpc/rpc_handler.ts";
import { clockOrSystem, type MonotonicClock } from "../time/clock.ts";
import { Timestamp } from "../time/timestamp.ts";
import type { RpcCall } from "../watch/view/rpc_log.ts";
import { FailedAgents } from "./failed_agents.ts";
import { Happenings, WAIT_OPTIONS, type WaitOptions } from "./happenings.ts";
import { RecordedPoints } from "./recorded_points.ts";

const MAX_CALLS = 10_000;

/** Options of {@linkcode TestNetwork.start}. */
export interface TestNetworkOptions {
  /**
   * The configuration of sources that `configs` does not name; with `null` they wait for one.
   * @default {{}}
   */
  readonly config?: object | null | undefined;
  /** Configurations by token. */
  readonly configs?: Readonly<Record<string, object>> | undefined;
  /** The URL of a broker to use instead of one in the process, such as a RabbitMQ for tests. */
  readonly server?: string | undefined;
  /**
   * Whether transient queues are taken that are not exclusive, which RabbitMQ from 4.3 on refuses.
   * @default {true}
   */
  readonly transientQueues?: boolean | undefined;
  /**
   * The largest message that the network's broker takes, in bytes.
   * @default {16 777 216, as RabbitMQ 4}
   */
  readonly maxMessageBytes?: number | undefined;
  /**
   * The clock of the time limits.
   * @default {systemClock}
   */
  readonly clock?: MonotonicClock | undefined;
}

const NETWORK_OPTIONS: OptionNames<TestNetworkOptions> = {
  config: true,
  configs: true,
  server: true,
  transientQueues: "boolean",
  maxMessageBytes: true,
  clock: true,
};

/** A point that a source has sent. */
export interface ReceivedPoint {
  /** Its time, exact to the nanosecond. */
  readonly time: Timestamp;
  /** Its value. */
  readonly value: number;
}

/** Which points to wait for. */
export interface PointsOptions extends WaitOptions {
  /** Only points with a later time. */
  readonly after?: Timestamp | undefined;
}

/** Which call to wait for. */
export interface CallOptions extends WaitOptions {
  /**
   * The token of the agent that calls.
   * @default {any token}
   */
  readonly from?: string | undefined;
  /**
   * The first such call is number 1.
   * @default {1}
   */
  readonly count?: number | undefined;
}

const POINTS_OPTIONS: OptionNames<PointsOptions> = { ...WAIT_OPTIONS, after: true };
const CALL_OPTIONS: OptionNames<CallOptions> = { ...WAIT_OPTIONS, from: true, count: true };

/**
 * A network in the process of a test: a broker, a manager, and a record of what sources send and
 * call. What a test waits for may have happened already; each wait has a time limit, and the error at
 * its end says what has happened instead. A wait also ends when an agent of this process has failed.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { IntervalSource, rpcHandler, Timestamp } from "@metricq/source";
 * import { TestNetwork } from "@metricq/source/testing";
 *
 * class Answer extends IntervalSource {
 *   @rpcHandler("config")
 *   async onConfig({ rate }: { rate: number }) {
 *     this.period = 1 / rate;
 *     await this.declareMetrics({ "test.answer": { rate, unit: "" } });
 *   }
 *   async update() {
 *     await this.send("test.answer", Timestamp.now(), 42);
 *   }
 * }
 *
 * await using network = await TestNetwork.start({ config: { rate: 100 } });
 * await using source = new Answer({ token: "source-answer", url: network.url });
 * await source.connect();
 *
 * const [point] = await network.points("test.answer");
 * assert.equal(point?.value, 42);
 * assert.equal((await network.metadata("test.answer"))["rate"], 100);
 * await network.configure("source-answer", { rate: 200 });
 * ```
 */
export class TestNetwork implements AsyncDisposable {
  readonly #network: DevNetwork;
  readonly #record: NetworkRecord;
  readonly #failed: FailedAgents;

  /** @ignore Made by `start`. */
  private constructor(network: DevNetwork, record: NetworkRecord) {
    this.#network = network;
    this.#record = record;
    this.#failed = new FailedAgents(network.url, () => record.announce());
  }

  /** Starts a network of its own for a test. */
  static async start(options: TestNetworkOptions = {}): Promise<TestNetwork> {
    checkOptions("start a test network", options, NETWORK_OPTIONS);
    const { clock, config = {}, configs = {}, server, transientQueues, maxMessageBytes } = options;
    if (!isPlainObject(configs)) {
      throw new TypeError(
        `Cannot start a test network: configs is ${quote(configs)}, ` +
          "an object with configurations by token is required",
      );
    }
    const record = new NetworkRecord(clockOrSystem(clock));
    const network = await DevNetwork.start({
      config: config && copyJsonObject(config, "config"),
      configs: Object.fromEntries(
        Object.entries(configs).map((
          [token, own],
        ) => [token, copyJsonObject(own, `configs.${token}`)]),
      ),
      server,
      transientQueues,
      maxMessageBytes,
      onChunk: (metric, chunk) => record.addChunk(metric, chunk),
      onCall: (call) => record.addCall(call),
    });
    return new TestNetwork(network, record);
  }

  /** Where sources connect to. */
  get url(): string {
    return this.#network.url;
  }

  /**
   * Waits until a metric has sent `count` points.
   *
   * @returns The first `count` points, in the order in which they arrived.
   * @throws {MetricQError} If they have not come in time.
   * @throws {TypeError | RangeError} If `count` is not an integer of 1 or more.
   */
  async points(
    metric: string,
    count: number = 1,
    options: PointsOptions = {},
  ): Promise<ReceivedPoint[]> {
    requireMetric("wait for points", metric);
    requireCount(`points of "${metric}"`, count);
    checkOptions("wait for points", options, POINTS_OPTIONS);
    const { after } = options;
    const { arrivals, points } = this.#record;
    const found = await arrivals.waitFor({
      what: `${counted(count, "point")} of "${metric}"${after ? ` after ${after}` : ""}`,
      look: points.search(metric, count, after?.posixNs),
      obstacle: () => this.#failed.tell(),
      standstill: () => this.#failed.tellStandstill(),
      describe: () => points.describe(metric),
    }, options);
    return found.map(({ timeNs, value }) => ({ time: Timestamp.fromPosixNs(timeNs), value }));
  }

  /**
   * Waits until a metric has been declared.
   *
   * @returns Its metadata, with the `source` and the `date` that the manager adds.
   * @throws {MetricQError} If it has not been declared in time.
   */
  async metadata(metric: string, options: WaitOptions = {}): Promise<JsonObject> {
    requireMetric("wait for metadata", metric);
    checkOptions("wait for metadata", options, WAIT_OPTIONS);
    return await this.#record.answers.waitFor({
      what: `the declaration of "${metric}"`,
      look: () => this.#network.metadata(metric),
      obstacle: () => this.#failed.tell(),
      standstill: () => this.#failed.tellStandstill(),
      describe: () => this.#record.describeCalls(),
    }, options);
  }

  /**
   * Waits until an agent has called a function of the manager, such as `"source.declare_metrics"`, and
   * has got the answer.
   *
   * @throws {MetricQError} If it has not been called in time.
   */
  async rpc(
    functionName: string,
    options: CallOptions = {},
  ): Promise<RpcCall> {
    requireFunctionName(functionName, "wait for a call");
    checkOptions("wait for a call", options, CALL_OPTIONS);
    const { from, count = 1 } = options;
    requireCount(`calls of ${functionName}`, count);
    return await this.#record.answers.waitFor({
      what: `call ${count} of ${functionName}${from === undefined ? "" : ` by "${from}"`}`,
      look: () => this.#record.call(functionName, from, count),
      obstacle: () => this.#failed.tell(),
      standstill: () => this.#failed.tellStandstill(),
      describe: () => this.#record.describeCalls(),
    }, options);
  }

  /**
   * Sends a source a configuration, as the MetricQ Wizard does. The source also gets this one when it
   * registers again after an outage.
   *
   * @returns The source's answer.
   * @throws {RpcError} If the source refuses it, and keeps the old one; or if no source with the token
   * is connected.
   */
  async configure<const Config extends object>(
    token: string,
    config: Config & JsonableObject<Config>,
  ): Promise<JsonObject> {
    const answer = await this.#network.setConfiguration(token, copyJsonObject(config, "config"));
    if (answer !== undefined) return answer;
    throw new RpcError(
      "config",
      `no source with the token "${token}" is connected; ${this.#record.describeCalls()}`,
    );
  }

  /**
   * Cuts the sources' connections without a word, as a network that fails does.
   *
   * @returns How many connections there were.
   * @throws {TypeError} If the network is on a `server` of its own; `pause`, `resume`, `forbid` and
   * `restart` throw it then, too.
   */
  cutConnections(): number {
    return this.#network.cutConnections();
  }

  /** Stalls all connections: nothing moves, and none ends, until `resume`. */
  pause(): void {
    this.#network.pause();
  }

  /** Goes on after `pause`. */
  resume(): void {
    this.#network.resume();
  }

  /**
   * Refuses the points of a metric from now on, as a broker does that has topic permissions; `restart`
   * ends that.
   *
   * @param isForbidden `false` takes them again.
   */
  forbid(metric: string, isForbidden: boolean = true): void {
    this.#network.forbid(metric, isForbidden);
  }

  /** Restarts the broker. Resolves when the network is up again; sources reconnect by themselves. */
  async restart(): Promise<void> {
    await this.#network.restart();
  }

  /**
   * Ends the network.
   *
   * @throws {MetricQError} If an agent of this process has failed on the network, and nothing has
   * told of it yet: neither its own `connect`, `run`, `stopped` or `await using`, nor a wait here.
   */
  async stop(): Promise<void> {
    await this.#network.stop();
    this.#failed[Symbol.dispose]();
    const failure = this.#failed.tell();
    if (failure !== undefined) throw failure;
  }

  /** Same as `stop`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

function requireMetric(action: string, metric: unknown): void {
  if (typeof metric === "string") return;
  throw new TypeError(`Cannot ${action}: ${quote(metric)} is given, a metric's name is required`);
}

function requireCount(what: string, count: number): void {
  if (Number.isInteger(count) && count >= 1) return;
  const problem = `Cannot wait for ${what}: ${quote(count)} is given as their number`;
  const message = `${problem}, an integer of 1 or more is required`;
  throw typeof count === "number" ? new RangeError(message) : new TypeError(message);
}

/** All that has happened on the network. */
class NetworkRecord {
  readonly arrivals: Happenings;
  readonly answers: Happenings;
  readonly points = new RecordedPoints();
  readonly #calls: RpcCall[] = [];

  constructor(clock: MonotonicClock) {
    this.arrivals = new Happenings(clock);
    this.answers = new Happenings(clock);
  }

  /** Makes everything that waits look again. */
  announce(): void {
    this.arrivals.announce();
    this.answers.announce();
  }

  addChunk(metric: string, chunk: DecodedChunk): void {
    this.points.add(metric, chunk);
    this.arrivals.announce();
  }

  addCall(call: RpcCall): void {
    if (this.#calls.length < MAX_CALLS) this.#calls.push(call);
    this.answers.announce();
  }

  call(functionName: string, from: string | undefined, count: number): RpcCall | undefined {
    return this.#calls.filter((call) =>
      call.function === functionName && (from === undefined || call.from === from)
    )[count - 1];
  }

  describeCalls(): string {
    if (this.#calls.length === 0) return "no agent has called the manager";
    const counts = Map.groupBy(
      this.#calls,
      ({ from, function: name, error }) =>
        `${name} by "${from}"${error === undefined ? "" : ` (answered with: ${error})`}`,
    );
    const calls = [...counts].map(([call, { length }]) => length > 1 ? `${call} ${length}×` : call);
    return `calls so far: ${calls.join(", ")}`;
  }
}
