/**
 * Three nodes of RabbitMQ that are one broker, for the death of one of them.
 *
 * @module
 */

import { ErlangHome, RabbitMq } from "../peers/rabbitmq.ts";
import { ReferenceManager } from "../peers/reference_manager.ts";

const NAMES = ["one", "two", "three"] as const;

const CONFIG: readonly string[] = [
  "cluster_formation.peer_discovery_backend = classic_config",
  ...NAMES.map((name, i) => `cluster_formation.classic_config.nodes.${i + 1} = ${name}@localhost`),
];

/** A running cluster, with a manager that is connected to its last node. */
export class Cluster implements AsyncDisposable {
  /** Its nodes. */
  readonly nodes: readonly RabbitMq[];
  /** Where queues are made and read. */
  readonly queueUrl: string;
  /** Queues that outlive a node. */
  readonly queueType = "quorum";
  readonly #parts: AsyncDisposableStack;

  private constructor(nodes: readonly RabbitMq[], parts: AsyncDisposableStack) {
    this.nodes = nodes;
    this.queueUrl = nodes.at(-1)?.url ?? "";
    this.#parts = parts;
  }

  /** Starts all nodes and the manager. */
  static async start(): Promise<Cluster> {
    await using parts = new AsyncDisposableStack();
    const home = parts.use(await ErlangHome.make());
    const start = async (name: string) =>
      parts.use(await RabbitMq.start({ name, home, config: CONFIG }));
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
