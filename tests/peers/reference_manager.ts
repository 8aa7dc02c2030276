/**
 * The MetricQ manager that tests of real networks use: written in Python on the reference package's
 * `Agent`, so that both sides of a test are not the same program's idea of the protocol.
 *
 * @module
 */

import { type PeerEvent, PythonPeer } from "./python_peer.ts";

/** A JSON object. */
export type JsonObject = Record<string, unknown>;

/** What the manager needs to start. */
export interface ReferenceManagerOptions {
  /** AMQP URL of the broker and vhost, with credentials. */
  readonly server: string;
  /** Configurations by token. */
  readonly configs?: Readonly<Record<string, JsonObject>>;
  /** The configuration of all other tokens; `null` for none. @default {{}} */
  readonly fallback?: JsonObject | null;
  /** Where the data goes, as sources are told: `server` without its credentials if absent. */
  readonly dataServerAddress?: string;
}

/** A request that the manager has received. */
export interface ManagerRequest {
  /** The sender's token. */
  readonly from: string;
  /** The function that was called. */
  readonly function: string;
  /** What it was called with. */
  readonly arguments: JsonObject;
}

/**
 * A running manager. Configurations and metadata outlive it, as in the database of a real one: `kill`
 * and `restart` lose none of them.
 */
export class ReferenceManager implements AsyncDisposable {
  readonly #server: string;
  readonly #dataServerAddress: string;
  readonly #configs: Record<string, JsonObject>;
  readonly #fallback: JsonObject | null;
  // Of the programs that were killed or restarted.
  readonly #pastEvents: PeerEvent[] = [];
  #peer: PythonPeer;
  #lastId = 0;

  private constructor(
    { server, configs = {}, fallback = {}, dataServerAddress }: ReferenceManagerOptions,
  ) {
    this.#server = server;
    this.#fallback = fallback;
    this.#dataServerAddress = dataServerAddress ?? withoutCredentials(server);
    this.#configs = { ...configs };
    this.#peer = this.#spawn();
  }

  /** Starts the manager and waits until sources can register. */
  static async start(options: ReferenceManagerOptions): Promise<ReferenceManager> {
    const manager = new ReferenceManager(options);
    try {
      await manager.#ready();
    } catch (error) {
      await manager.kill();
      throw error;
    }
    return manager;
  }

  /** Every request so far, in order. */
  get requests(): readonly ManagerRequest[] {
    return this.#events.filter(isRequest);
  }

  /** Metadata as declared, by metric. */
  get metrics(): Readonly<Record<string, JsonObject>> {
    return Object.fromEntries(
      this.#events.filter((event) => event.event === "metric")
        .map(({ name, metadata }) => [name, metadata]),
    );
  }

  /** Waits until the metric is declared, and returns its metadata. */
  declared(metric: string): Promise<JsonObject> {
    return this.#peer.waitFor(() => this.metrics[metric]);
  }

  /** Waits for the `count`-th request of a function, by anyone or by the named token. */
  request(name: string, { from, count = 1 }: { from?: string; count?: number } = {}): Promise<
    ManagerRequest
  > {
    return this.#peer.waitFor(() =>
      this.requests.filter((request) =>
        request.function === name && (from === undefined || request.from === from)
      ).at(count - 1)
    );
  }

  /** Sets the configuration of a source, sends it, and returns the source's answer. */
  async setConfig(token: string, config: JsonObject): Promise<JsonObject> {
    this.#configs[token] = config;
    return await this.call(token, "config", config);
  }

  /** Calls a function of an agent. Throws an `Error` with the agent's words if it answers one. */
  async call(token: string, name: string, args: JsonObject = {}): Promise<JsonObject> {
    const result = await this.#command({ command: "call", token, function: name, arguments: args });
    return toObject(result);
  }

  /** Broadcasts `discover` and waits until each of the tokens has answered; answers by token. */
  async discover(...tokens: string[]): Promise<Record<string, JsonObject>> {
    const id = ++this.#lastId;
    await this.#peer.write({ id, command: "discover" });
    return await this.#peer.waitFor(() => {
      const answers: Record<string, JsonObject> = Object.fromEntries(
        this.#peer.events.filter((event) => event.event === "discovered" && event.id === id)
          .map(({ token, answer }) => [token, answer]),
      );
      return tokens.every((token) => token in answers) ? answers : undefined;
    });
  }

  /** Kills the manager (-9). */
  async kill(): Promise<void> {
    await this.#peer.kill();
  }

  /** Starts the manager again, after killing it if it still runs. */
  async restart(): Promise<void> {
    await this.kill();
    this.#pastEvents.push(...this.#peer.events);
    this.#peer = this.#spawn();
    await this.#ready();
  }

  /** Same as `kill`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  get #events(): readonly PeerEvent[] {
    return [...this.#pastEvents, ...this.#peer.events];
  }

  #spawn(): PythonPeer {
    return new PythonPeer("manager.py", this.#server, this.#dataServerAddress);
  }

  async #ready(): Promise<void> {
    await this.#command({
      command: "state",
      configs: this.#configs,
      metrics: this.metrics,
      fallback: this.#fallback,
    });
    await this.#peer.waitForEvent((event) => event.event === "ready");
  }

  async #command(command: JsonObject): Promise<unknown> {
    const id = ++this.#lastId;
    await this.#peer.write({ id, ...command });
    const { result, error } = await this.#peer.waitForEvent((event) =>
      event.event === "result" && event.id === id
    );
    if (error !== undefined) throw new Error(`Cannot ${command.command}: ${error}`);
    return result;
  }
}

function withoutCredentials(server: string): string {
  const url = new URL(server);
  url.username = "";
  url.password = "";
  return url.href;
}

function isRequest(event: PeerEvent): event is PeerEvent & ManagerRequest {
  return event.event === "request";
}

function toObject(value: unknown): JsonObject {
  if (typeof value === "object" && value !== null) return { ...value };
  throw new TypeError(
    `Cannot read answer: ${JSON.stringify(value)} is given, an object is required`,
  );
}
