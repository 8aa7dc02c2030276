/**
 * A MetricQ network of real parts: a vhost of RabbitMQ and the reference manager.
 *
 * @module
 */

import { ReferenceManager, type ReferenceManagerOptions } from "../peers/reference_manager.ts";
import { ReferenceSink } from "../peers/reference_sink.ts";
import { sharedVhost, type Vhost } from "../peers/shared_broker.ts";

type Options = Omit<ReferenceManagerOptions, "server">;

interface NetworkOptions extends Options {
  readonly vhost?: Vhost;
}

/** A running network. */
export class Network implements AsyncDisposable {
  /** Where it is. */
  readonly vhost: Vhost;
  readonly #parts = new AsyncDisposableStack();
  #manager: ReferenceManager;

  private constructor(vhost: Vhost, manager: ReferenceManager) {
    this.vhost = vhost;
    this.#manager = this.#parts.use(manager);
  }

  /** Starts a network in a vhost: one of its own on the shared RabbitMQ unless another is given. */
  static async start({ vhost: given, ...options }: NetworkOptions = {}): Promise<Network> {
    const vhost = given ?? await sharedVhost();
    return new Network(vhost, await ReferenceManager.start({ server: vhost.url, ...options }));
  }

  /** Its manager. */
  get manager(): ReferenceManager {
    return this.#manager;
  }

  /** The AMQP URL, with the password. */
  get url(): string {
    return this.vhost.url;
  }

  /** Starts a sink, which ends with the network. */
  async sink(...metrics: string[]): Promise<ReferenceSink> {
    return this.#parts.use(await ReferenceSink.start({ server: this.url, metrics }));
  }

  /**
   * Puts another manager in the place of this one, which knows nothing but its options.
   *
   * @param meanwhile What is done while there is none.
   */
  async replaceManager(options: Options, meanwhile: () => Promise<unknown>): Promise<void> {
    await this.#manager.kill();
    await meanwhile();
    this.#manager = this.#parts.use(
      await ReferenceManager.start({ server: this.url, ...options }),
    );
  }

  /** Closes all connections of the network as an administrator does. */
  async closeAllConnections(): Promise<void> {
    await this.vhost.ctl("close_all_connections", "--vhost", this.vhost.name, "maintenance");
  }

  /** The names of the connections that the broker has, as its clients have chosen them. */
  async connections(): Promise<string[]> {
    return await connectionNames(this.vhost);
  }

  /** Ends all parts. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }
}

/** Closes the connections of one agent as an administrator does. */
export async function closeConnectionsOf(token: string, { ctl, name }: Vhost): Promise<void> {
  await ctl(
    "eval",
    `[ok = rabbit_networking:close_connection(Pid, "maintenance")
      || [{pid, Pid}, {vhost, <<"${name}">>}, {client_properties, Properties}]
           <- rabbit_networking:connection_info_all([pid, vhost, client_properties]),
         {<<"connection_name">>, _, Name} <- Properties,
         binary:match(Name, <<"connection ${token}">>) =/= nomatch].`,
  );
}

/** Lets a user publish data only with routing keys that match a regular expression. */
export async function allowTopics(
  { ctl, name }: Vhost,
  allowed: string,
  user = "guest",
): Promise<void> {
  await ctl("set_topic_permissions", "-p", name, user, "metricq.data", allowed, ".*");
}

/** Deletes a queue as an administrator does, also one that is exclusive. */
export async function deleteQueue(queue: string, { ctl, name }: Vhost): Promise<void> {
  await ctl(
    "eval",
    `{ok, Queue} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"${name}">>, queue, <<"${queue}">>)),
     {ok, _} = rabbit_amqqueue:delete(Queue, false, false, <<"test">>).`,
  );
}

/** Deletes the queues of all sinks as an administrator does. */
export async function deleteDataQueues({ ctl, name }: Vhost): Promise<void> {
  await ctl(
    "eval",
    `[rabbit_amqqueue:delete(Queue, false, false, <<"test">>)
      || Queue <- rabbit_amqqueue:list(<<"${name}">>),
         binary:match(element(4, element(2, Queue)), <<"-data">>) =/= nomatch].`,
  );
}

/**
 * Lets those channels of a vhost stand still that confirm what they are given, as a broker that has no
 * time does, until the result is called.
 */
export async function suspendConfirms({ ctl, name }: Vhost): Promise<() => Promise<void>> {
  const suspended = await ctl(
    "eval",
    `string:join([begin ok = sys:suspend(Pid), pid_to_list(Pid) end
      || [{pid, Pid}, {vhost, <<"${name}">>}, {confirm, true}]
           <- rabbit_channel:info_all([pid, vhost, confirm])], " ").`,
  );
  const pids = suspended.match(/<[\d.]+>/g) ?? [];
  if (pids.length === 0) throw new Error(`No channel of vhost "${name}" confirms anything`);
  return async () => {
    for (const pid of pids) await ctl("eval", `sys:resume(list_to_pid("${pid}")).`);
  };
}

/** The names of the connections to a vhost. */
export async function connectionNames({ ctl, name }: Vhost): Promise<string[]> {
  const table: ConnectionRow[] = JSON.parse(
    await ctl("list_connections", "--formatter", "json", "vhost", "client_properties"),
  );
  return table.filter(({ vhost }) => vhost === name).map(({ client_properties }) =>
    String(client_properties.find(([key]) => key === "connection_name")?.[2])
  );
}

interface ConnectionRow {
  readonly vhost: string;
  readonly client_properties: readonly (readonly [key: string, type: string, value: unknown])[];
}
