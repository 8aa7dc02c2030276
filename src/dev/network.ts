/**
 * A MetricQ network in the process: a broker and a manager, and a view of it.
 *
 * @module
 */

import { ServerAddress } from "../amqp/server_address.ts";
import type { DecodedChunk } from "../chunk/decode_chunk.ts";
import { Configurations } from "../configurations/configurations.ts";
import type { JsonObject } from "../rpc/json.ts";
import { clockOrSystem, type MonotonicClock } from "../time/clock.ts";
import { Sink } from "../sink/sink.ts";
import { LiveMetrics } from "../watch/live_metrics.ts";
import { type OptionNames, refuseMisspelt } from "../option_names.ts";
import { type RpcCall, RpcLog } from "../watch/view/rpc_log.ts";
import type { BrokerOptions } from "./broker/broker_options.ts";
import { EmbeddedBroker } from "./broker/embedded_broker.ts";
import { Manager, MANAGER_CONNECTION } from "./manager/manager.ts";
import { Observer } from "./observer.ts";
import { type DevNetworkView, RunningNetwork } from "./running_network.ts";

const VIEW_TOKEN = "dashboard";
/** A network in the process ends with it, not before. */
const FOREVER = "36500d";

/** Options of a {@linkcode DevNetwork}. */
export interface DevNetworkOptions {
  /**
   * The port that the broker listens on.
   * @default {0, for a free one}
   */
  readonly port?: number | undefined;
  /**
   * The address that the broker listens on.
   * @default {"127.0.0.1"}
   */
  readonly hostname?: string | undefined;
  /**
   * Whether an address that other machines can reach is accepted.
   * @default {false}
   */
  readonly allowRemote?: boolean | undefined;
  /**
   * Configurations by token.
   * @default {{}}
   */
  readonly configs?: Readonly<Record<string, JsonObject>> | undefined;
  /**
   * The configuration of the other tokens. With `null` these are without one: the manager answers
   * `source.register` with an error, as a real one does, and the source waits.
   * @default {{}}
   */
  readonly config?: JsonObject | null | undefined;
  /**
   * A folder with configurations, `<token>.json` each, which may be edited.
   * @default {only memory}
   */
  readonly configDir?: string | undefined;
  /**
   * Whether the network's own broker takes transient queues that are not exclusive. RabbitMQ from
   * 4.3 on does not: with `false` this one refuses them in the same way.
   * @default {true}
   */
  readonly transientQueues?: boolean | undefined;
  /**
   * The largest message that the network's own broker takes, in bytes. RabbitMQ 4 takes 16 MiB unless
   * it is configured, 3 takes 128 MiB.
   * @default {16 777 216}
   */
  readonly maxMessageBytes?: number | undefined;
  /**
   * The URL of another broker to use, such as a RabbitMQ without a manager.
   * @default {an own one}
   */
  readonly server?: string | undefined;
  /**
   * The clock that waiting follows.
   * @default {the system's}
   */
  readonly clock?: MonotonicClock | undefined;
  /** Called with each chunk that is sent. */
  readonly onChunk?: ((metric: string, chunk: DecodedChunk) => void) | undefined;
  /** Called with each call that the manager has made or answered. */
  readonly onCall?: ((call: RpcCall) => void) | undefined;
}

const NETWORK_OPTIONS: OptionNames<DevNetworkOptions> = {
  port: true,
  hostname: true,
  allowRemote: "boolean",
  configs: true,
  config: true,
  configDir: true,
  transientQueues: "boolean",
  maxMessageBytes: true,
  server: true,
  clock: true,
  onChunk: true,
  onCall: true,
};

/**
 * A running network. It is in the process and is lost with it, but for a folder of configurations.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { DevNetwork } from "@metricq/source/dev";
 *
 * await using network = await DevNetwork.start({ configs: { "source-door": { room: "lab" } } });
 * assert.match(network.url, /^amqp:\/\/127\.0\.0\.1:\d+$/);
 * assert.deepEqual(network.view.tokens(), ["source-door"]);
 * ```
 */
export class DevNetwork implements AsyncDisposable {
  /** What goes on, for the dashboard and the terminal. It takes part as a sink when it is first asked. */
  readonly view: DevNetworkView;
  readonly #url: string;
  readonly #viewToken: string;
  readonly #manager: Manager;
  readonly #broker: EmbeddedBroker | undefined;
  readonly #parts: AsyncDisposableStack;

  /** @ignore Made by `start`. */
  private constructor(
    url: string,
    view: RunningNetwork,
    manager: Manager,
    broker: EmbeddedBroker | undefined,
    parts: AsyncDisposableStack,
  ) {
    this.#url = url;
    this.view = view;
    this.#viewToken = view.ownToken;
    this.#manager = manager;
    this.#broker = broker;
    this.#parts = parts;
  }

  /**
   * Starts a network. It can be used when this resolves.
   *
   * @throws {TypeError} If other machines could reach it and `allowRemote` is not set.
   * @throws {RangeError} If `maxMessageBytes` is not an integer from 0 to 512 MiB.
   * @throws {ConnectFailed} If the `server` is away, refuses, or has a manager already.
   */
  static async start(options: DevNetworkOptions = {}): Promise<DevNetwork> {
    refuseMisspelt("start a network", options, NETWORK_OPTIONS);
    const { configs, config = {}, configDir, onChunk, onCall } = options;
    const clock = clockOrSystem(options.clock);
    await using started = new AsyncDisposableStack();
    const configurations = started.use(
      await Configurations.open({
        configs,
        fallback: config ?? undefined,
        folder: configDir,
        clock,
      }),
    );
    const broker = started.use(
      options.server === undefined ? new EmbeddedBroker(brokerOptions(options)) : undefined,
    );
    const url = broker?.url ?? options.server ?? "";
    const rpcLog = new RpcLog();
    const observer = onChunk && new Observer(onChunk);
    const sink = new Sink({ token: VIEW_TOKEN, url, connectionTimeout: FOREVER, clock });
    const manager = started.use(
      await Manager.start({
        url,
        configurations,
        clock,
        ...observer && { prepare: (session) => observer.attach(session) },
        onCall: (call) => {
          // It asks again and again, which is no news.
          if (call.from !== sink.token) rpcLog.add(call);
          onCall?.(call);
        },
      }),
    );
    const live = started.use(
      new LiveMetrics({
        join: async () => {
          await sink.connect();
          return sink;
        },
        followsAll: true,
        agents: {
          all: () => new Map([...manager.agents()].filter(([token]) => token !== sink.token)),
          get hasAskedAll() {
            return manager.hasAskedAgents;
          },
          forget: (token) => manager.forgetAgent(token),
        },
        clock,
      }),
    );
    const view = new RunningNetwork({
      url: ServerAddress.parse(url).toString(),
      live,
      configurationPlace: configDir === undefined
        ? "the memory of this program"
        : `folder ${configDir}`,
      ownToken: sink.token,
      manager,
      configurations,
      rpcLog,
      clock,
    });
    return new DevNetwork(url, view, manager, broker, started.move());
  }

  /** The URL that agents connect to, with the password if there is one. */
  get url(): string {
    return this.#url;
  }

  /**
   * Gives a token a configuration and, if its source is connected, sends it there first.
   *
   * @returns The source's answer; `undefined` if the source is not connected.
   * @throws {RpcError} If the source refuses it, or does not answer; the old one is kept then.
   */
  setConfiguration(token: string, config: JsonObject): Promise<JsonObject | undefined> {
    return this.#manager.configure(token, config);
  }

  /** The metadata of a metric, if it has been declared. */
  metadata(metric: string): JsonObject | undefined {
    return structuredClone(this.#manager.catalog.get(metric));
  }

  /**
   * Cuts the agents' connections without the closing handshake, as a network that fails does. The
   * manager stays and sees what is sent from then on.
   *
   * @returns How many connections there were.
   * @throws {TypeError} If the broker is not the network's own, as `pause` and `restart` do.
   */
  cutConnections(): number {
    const isOwn = (name: string) =>
      name === MANAGER_CONNECTION || name.includes(`connection ${this.#viewToken}`);
    return this.#own("cut connections").cutAllBut(isOwn);
  }

  /** Stalls all connections: nothing moves, and none ends, until `resume`. */
  pause(): void {
    this.#own("pause").current.pause();
  }

  /** Goes on after `pause`. */
  resume(): void {
    this.#own("resume").current.resume();
  }

  /**
   * Refuses the points of a metric, as a broker does that has topic permissions, or takes them again; it
   * takes them again when it is restarted, too.
   */
  forbid(metric: string, isForbidden: boolean = true): void {
    const { forbiddenTopics } = this.#own("forbid a metric").current.restrictions;
    if (isForbidden) forbiddenTopics.add(metric);
    else forbiddenTopics.delete(metric);
  }

  /** Restarts the broker, which loses its queues and messages. Resolves when the manager is back. */
  async restart(): Promise<void> {
    const broker = this.#own("restart");
    // Together, so that neither's failure is left to nobody while the other is waited for.
    await Promise.all([this.#manager.renewed(), broker.restart()]);
  }

  /** Ends the network. */
  async stop(): Promise<void> {
    await this.#parts.disposeAsync();
  }

  /** Same as `stop`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #own(what: string): EmbeddedBroker {
    if (this.#broker !== undefined) return this.#broker;
    throw new TypeError(`Cannot ${what}: the network uses a broker that is not its own`);
  }
}

function brokerOptions(
  { port, hostname, allowRemote, transientQueues, maxMessageBytes }: DevNetworkOptions,
): BrokerOptions {
  return {
    ...port !== undefined && { port },
    ...hostname !== undefined && { hostname },
    ...allowRemote !== undefined && { allowRemote },
    ...transientQueues !== undefined && { transientQueues },
    ...maxMessageBytes !== undefined && { maxMessageBytes },
  };
}
