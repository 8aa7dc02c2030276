/**
 * Three nodes of RabbitMQ that are one broker, for the death of one of them.
 *
 * @module
 */

import { TextLineStream } from "../peers/lines.ts";
import { boundCommand, endProcess, freePort } from "../peers/process.ts";
import { RABBITMQ_SERVER } from "../peers/rabbitmq.ts";
import { ReferenceManager } from "../peers/reference_manager.ts";

const NAMES = ["one", "two", "three"] as const;
const LOOPBACK_ONLY = "-kernel inet_dist_use_interface {127,0,0,1}";

/** One of the nodes. */
export interface ClusterNode {
  /** AMQP URL of the vhost `/`, with the password. */
  readonly url: string;
  /** Kills it (-9). */
  kill(): Promise<void>;
}

/** A running cluster, with a manager that is connected to its last node. */
export class Cluster implements AsyncDisposable {
  /** Its nodes. */
  readonly nodes: readonly ClusterNode[];
  /** Where queues are made and read. */
  readonly queueUrl: string;
  /** Queues that outlive a node. */
  readonly queueType = "quorum";
  readonly #parts: AsyncDisposableStack;

  private constructor(nodes: readonly ClusterNode[], parts: AsyncDisposableStack) {
    this.nodes = nodes;
    this.queueUrl = nodes.at(-1)?.url ?? "";
    this.#parts = parts;
  }

  /** Starts all nodes and the manager. */
  static async start(): Promise<Cluster> {
    await using parts = new AsyncDisposableStack();
    const folder = await Deno.makeTempDir({ prefix: "metricq-cluster-" });
    parts.defer(() => Deno.remove(folder, { recursive: true }));
    // By the cookie nodes trust each other; Erlang wants to see that nobody else can read it.
    await Deno.writeTextFile(`${folder}/.erlang.cookie`, crypto.randomUUID(), { mode: 0o400 });
    await Deno.writeTextFile(`${folder}/plugins`, "[].\n");
    const epmdPort = freePort();
    const epmd = boundCommand("epmd", ["-port", `${epmdPort}`, "-address", "127.0.0.1"], {
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    parts.defer(() => endProcess(epmd, "SIGKILL"));

    const start = async (name: string): Promise<ClusterNode> => {
      const node = await startNode(name, folder, epmdPort);
      parts.defer(node.kill);
      return node;
    };
    // The others find the first one; three that start at once may become three brokers.
    const first = await start(NAMES[0]);
    const others = await Promise.all(NAMES.slice(1).map(start));
    const nodes = [first, ...others];
    const server = nodes.at(-1)?.url ?? "";
    parts.use(await ReferenceManager.start({ server, dataServerAddress: "vhost:/" }));
    return new Cluster(nodes, parts.move());
  }

  /** The URLs of all nodes, as a source is told them. */
  url(heartbeatSeconds: number): string[] {
    return this.nodes.map(({ url }) => `${url}?heartbeat=${heartbeatSeconds}`);
  }

  /** Ends all nodes and removes their files. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }
}

async function startNode(name: string, folder: string, epmdPort: number): Promise<ClusterNode> {
  const port = freePort();
  await Deno.writeTextFile(
    `${folder}/${name}.conf`,
    [
      `listeners.tcp.local = 127.0.0.1:${port}`,
      "cluster_formation.peer_discovery_backend = classic_config",
      ...NAMES.map((name, i) =>
        `cluster_formation.classic_config.nodes.${i + 1} = ${name}@localhost`
      ),
      "",
    ].join("\n"),
  );
  const server = boundCommand(RABBITMQ_SERVER, [], {
    clearEnv: true,
    cwd: folder,
    env: {
      PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
      LANG: "C.UTF-8",
      HOME: folder,
      ERL_EPMD_ADDRESS: "127.0.0.1",
      ERL_EPMD_PORT: `${epmdPort}`,
      RABBITMQ_NODENAME: `${name}@localhost`,
      RABBITMQ_CONF_ENV_FILE: `${folder}/rabbitmq-env.conf`,
      RABBITMQ_DIST_PORT: `${freePort()}`,
      RABBITMQ_MNESIA_BASE: `${folder}/mnesia`,
      RABBITMQ_LOG_BASE: `${folder}/log`,
      RABBITMQ_CONFIG_FILE: `${folder}/${name}.conf`,
      RABBITMQ_ENABLED_PLUGINS_FILE: `${folder}/plugins`,
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `-start_epmd false ${LOOPBACK_ONLY}`,
      RUNNING_UNDER_SYSTEMD: "true", // the script becomes Erlang, see tests/peers/rabbitmq.ts
    },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const lines = server.stdout.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  const seen: string[] = [];
  for await (const line of lines.values({ preventCancel: true })) {
    seen.push(line);
    if (line.includes("completed with")) break;
  }
  const output = lines.pipeTo(new WritableStream());
  const kill = async () => {
    await endProcess(server, "SIGKILL");
    await output;
  };
  if (!seen.at(-1)?.includes("completed with")) {
    await kill();
    throw new Error(`Cannot start node ${name} of the cluster: ${seen.join("\n")}`);
  }
  return { url: `amqp://guest:guest@127.0.0.1:${port}/`, kill };
}
