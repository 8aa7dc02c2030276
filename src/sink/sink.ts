/**
 * A program that receives the data of a MetricQ network.
 *
 * @module
 */

import { Agent, coreOf } from "../agent/agent.ts";
import { type AgentCore, checkNames } from "../agent/agent_core.ts";
import type { AgentOptions } from "../agent/agent_options.ts";
import { protectMembers } from "../agent/hidden_members.ts";
import type { ReconnectingConnection } from "../amqp/reconnecting_connection.ts";
import type { AmqpSession } from "../amqp/session.ts";
import { checkOptions, type OptionNames } from "../option_names.ts";
import { quote } from "../quote.ts";
import { MANAGEMENT_EXCHANGE } from "../rpc/exchanges.ts";
import { orAborted } from "../time/aborted.ts";
import { requireDuration } from "../time/require_duration.ts";
import type { Duration } from "../time/timedelta.ts";
import { requireNames } from "./manager_calls.ts";
import { Subscription } from "./subscription.ts";

const DEFAULT_PREFETCH_CHUNKS = 500;
const MAX_PREFETCH_CHUNKS = 65_535; // of AMQP
// RabbitMQ counts whole milliseconds, up to 10 years. The reference manager does not survive the refusal
// of anything else: it answers nobody any more.
const MIN_EXPIRES_SECONDS = 0.001;
const MAX_EXPIRES_SECONDS = 315_360_000;

/** What a {@linkcode Sink} is made with. */
export interface SinkOptions extends AgentOptions {
  /**
   * Whether a random identifier is added to the token, so that one program can run many times. A sink
   * with durable subscriptions needs a token that stays.
   * @default {true}
   */
  readonly addUuid?: boolean | undefined;
}

/** Which metrics are subscribed to: their names, or what the manager finds by. */
export type MetricSelection = readonly string[] | {
  /** A regular expression for parts of the name, or a list of names. */
  readonly selector?: string | readonly string[] | undefined;
  /** Only metrics whose name begins with this; not together with `selector`. */
  readonly prefix?: string | undefined;
  /** At most this many. */
  readonly limit?: number | undefined;
};

/** How metrics are subscribed to. */
export interface SubscribeOptions {
  /** Ends the subscription when it is aborted; the reader gets the end, not an error. */
  readonly signal?: AbortSignal | undefined;
  /**
   * How long the queue waits for a reader: until the first one comes, and when it has lost its
   * connection (unless the queue goes with it, which is up to the manager). From 1 ms to 10 years.
   * @default {the manager's, 10 minutes in the reference}
   */
  readonly expires?: Duration | undefined;
  /**
   * Whether the queue stays when the sink stops, and when the broker is started again: the sink's next
   * run goes on where this one has left off. A sink has one such queue, `<token>-data`, until `end`.
   * @default {false}
   */
  readonly durable?: boolean | undefined;
  /**
   * How many chunks may be here and not be read yet; the others wait at the broker. More are faster
   * where chunks are small, and take more memory.
   * @default {500}
   */
  readonly prefetch?: number | undefined;
}

const SELECTION: OptionNames<Exclude<MetricSelection, readonly string[]>> = {
  selector: true,
  prefix: true,
  limit: true,
};

/** The names of {@linkcode SubscribeOptions}. */
export const SUBSCRIBE_OPTIONS: OptionNames<SubscribeOptions> = {
  signal: true,
  expires: true,
  durable: "boolean",
  prefetch: true,
};

/**
 * Receives data: the other end of a `Source`.
 *
 * `connect` brings it onto the network; `subscribe` asks for metrics and gives their chunks as they
 * come. A slow reader costs the broker memory, and not this process. A connection that is lost comes
 * back by itself; chunks that arrive a second time are left out; when a queue was lost with what it
 * held, an event tells which time that was: `for await (const event of sink.events())`.
 *
 * What it inherits from `Agent` (of `jsr:@metricq/source`):
 *
 * - Its life: `run`, `connect`, `stop`, `stopped`, `events`
 * - Calls: `rpc`, `addRpcHandler`, `getMetrics`
 * - Its name and its network: `token`, `url`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Source, Timestamp } from "@metricq/source";
 * import { Sink } from "@metricq/source/sink";
 * import { TestNetwork } from "@metricq/source/testing";
 *
 * class Meter extends Source {
 *   async task() {}
 * }
 *
 * await using network = await TestNetwork.start();
 * await using source = new Meter({ token: "source-meter", url: network.url });
 * await source.connect();
 * await using sink = new Sink({ token: "sink-printer", url: network.url });
 * await sink.connect();
 *
 * const chunks = sink.subscribe(["example.lab.power"]);
 * await chunks.metadata; // subscribed: what is sent from now on arrives
 * await source.send("example.lab.power", Timestamp.now(), 42);
 *
 * for await (const { metric, values } of chunks) {
 *   assert.equal(metric, "example.lab.power");
 *   assert.deepEqual([...values], [42]);
 *   break;
 * }
 * ```
 */
export class Sink extends Agent {
  static {
    protectMembers(this);
  }

  readonly #core: AgentCore;
  readonly #addsUuid: boolean;
  readonly #connections = new Map<string, OpeningConnection>();
  readonly #subscriptions = new Set<Subscription>();
  #hasDurable = false;

  /**
   * Checks the options; nothing is sent before `connect` or `run`.
   *
   * @throws {TypeError | RangeError | SyntaxError} If an option is not as required.
   */
  constructor(options: SinkOptions) {
    checkNames(options); // before a default makes it look as if the program had given it
    const { addUuid = true } = options;
    super({ ...options, addUuid }, { tearDown: () => this.#tearDown() });
    this.#core = coreOf(this);
    this.#addsUuid = addUuid;
  }

  /**
   * Subscribes to metrics. What is sent from then on is read from the result, by one reader; several
   * subscriptions have a queue and a pace each.
   *
   * @param metrics Names, which need not be declared yet, or a selection, which is made once.
   * @throws {TypeError | RangeError} If an option is not as required. What goes wrong later is thrown to
   * the reader.
   */
  subscribe(metrics: MetricSelection, options: SubscribeOptions = {}): Subscription {
    checkSelection(metrics);
    checkOptions("subscribe", options, SUBSCRIBE_OPTIONS);
    const { signal, expires, durable = false, prefetch = DEFAULT_PREFETCH_CHUNKS } = options;
    checkPrefetch(prefetch);
    const expiresSeconds = expires === undefined ? undefined : requireExpiry(expires);
    // Last: a subscription that is refused for another option has claimed nothing.
    if (durable) this.#claimDurable();
    const { clock, randomness, stopping, events } = this.#core;
    const subscription = new Subscription({
      clock,
      randomness,
      stopping,
      failure: () => this.#core.failure,
      findMetrics: () => this.#find(metrics),
      durable,
      expiresSeconds,
      prefetch,
      signal,
      callManager: (name, args, callSignal) =>
        this.#core.rpc.call(name, args, { exchange: MANAGEMENT_EXCHANGE, signal: callSignal }),
      openSession: (address, openSignal) => this.#openSession(address, openSignal),
      events,
      onOver: () => {
        this.#subscriptions.delete(subscription);
        if (durable) this.#hasDurable = false;
      },
    });
    this.#subscriptions.add(subscription);
    return subscription;
  }

  async #find(metrics: MetricSelection): Promise<readonly string[]> {
    if (!isSelection(metrics)) return requireNames(metrics);
    const found = Object.keys(await this.getMetrics({ ...metrics, metadata: false }));
    if (found.length > 0) return found;
    throw new RangeError(
      `Cannot subscribe: no metric is found by ${
        JSON.stringify(metrics)
      }, at least one is required`,
    );
  }

  #claimDurable(): void {
    if (this.#hasDurable) {
      throw new RangeError(
        `Cannot subscribe: "${this.token}" has a durable subscription already, one is possible`,
      );
    }
    if (this.#addsUuid) {
      throw new TypeError(
        "Cannot use durable: addUuid is in force, a token that is the same at the next start is " +
          "required (addUuid: false)",
      );
    }
    this.#hasDurable = true;
  }

  async #openSession(address: string, signal: AbortSignal): Promise<AmqpSession> {
    let opening = this.#connections.get(address);
    if (opening === undefined) {
      opening = this.#connect(address);
      this.#connections.set(address, opening);
    }
    await orAborted(opening.opened, signal);
    return await opening.connection.established(signal);
  }

  #connect(address: string): OpeningConnection {
    const addresses = this.#core.deriveAddresses(address);
    const connection = this.#core.makeConnection("data", addresses, {
      name: address,
      setUp: async () => {},
    });
    const opened = connection.connect().catch((error) => {
      this.#connections.delete(address); // the next subscription may have better luck
      throw error;
    });
    return { connection, opened };
  }

  async #tearDown(): Promise<void> {
    const subscriptions = [...this.#subscriptions];
    // A broker that is silent may be waited for no longer: with their connections they end as well.
    await this.#core.waitToStop(Promise.all(subscriptions.map((one) => one.return())));
    const connections = [...this.#connections.values()];
    await Promise.all(connections.map(({ connection }) => connection.close()));
  }
}

/** A connection, and when it has been opened for the first time. */
interface OpeningConnection {
  readonly connection: ReconnectingConnection;
  readonly opened: Promise<void>;
}

type Selection = Exclude<MetricSelection, readonly string[]>;

function isSelection(metrics: MetricSelection): metrics is Selection {
  return !Array.isArray(metrics);
}

function checkSelection(metrics: MetricSelection): void {
  if (typeof metrics !== "object" || metrics === null) {
    throw new TypeError(
      `Cannot subscribe: ${quote(metrics)} is given, a list of names or a selection is required`,
    );
  }
  if (isSelection(metrics)) checkOptions("subscribe", metrics, SELECTION);
}

function checkPrefetch(prefetch: number): void {
  if (Number.isInteger(prefetch) && prefetch >= 1 && prefetch <= MAX_PREFETCH_CHUNKS) return;
  throw new RangeError(
    `Cannot use prefetch: ${prefetch} is given, an integer from 1 to ${MAX_PREFETCH_CHUNKS} is required`,
  );
}

function requireExpiry(expires: Duration): number {
  const { s, preciseString } = requireDuration("Cannot use expires", expires);
  if (s >= MIN_EXPIRES_SECONDS && s <= MAX_EXPIRES_SECONDS) return s;
  throw new RangeError(
    `Cannot use expires: ${preciseString} is given, a duration from 1 ms to 10 years is required`,
  );
}
