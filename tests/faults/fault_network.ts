/**
 * The network that the faults are made in: a private RabbitMQ, the reference manager, and a proxy
 * between the source and both.
 *
 * @module
 */

import { RabbitMq } from "../peers/rabbitmq.ts";
import { ReferenceManager } from "../peers/reference_manager.ts";
import { pause, Proxy } from "./proxy.ts";

/** A running network. */
export class FaultNetwork implements AsyncDisposable {
  readonly broker: RabbitMq;
  readonly proxy: Proxy;
  readonly manager: ReferenceManager;
  /** Where queues are made and read: not through the proxy. */
  readonly queueUrl: string;
  readonly queueType = "classic";
  readonly #parts: AsyncDisposableStack;

  private constructor(
    broker: RabbitMq,
    proxy: Proxy,
    manager: ReferenceManager,
    parts: AsyncDisposableStack,
  ) {
    this.broker = broker;
    this.queueUrl = broker.url;
    this.proxy = proxy;
    this.manager = manager;
    this.#parts = parts;
  }

  /** The broker, as places have it. */
  get nodes(): readonly RabbitMq[] {
    return [this.broker];
  }

  /** Starts all parts. */
  static async start(random: () => number): Promise<FaultNetwork> {
    await using parts = new AsyncDisposableStack();
    const broker = parts.use(await RabbitMq.start());
    const proxy = parts.use(new Proxy({ serverPort: Number(new URL(broker.url).port), random }));
    const manager = parts.use(
      await ReferenceManager.start({ server: broker.url, dataServerAddress: "vhost:/" }),
    );
    return new FaultNetwork(broker, proxy, manager, parts.move());
  }

  /** The broker's URL as the source sees it, through the proxy. */
  url(heartbeatSeconds: number): string {
    const url = new URL(this.broker.url);
    url.port = `${this.proxy.port}`;
    url.searchParams.set("heartbeat", `${heartbeatSeconds}`);
    return url.href;
  }

  /** Ends all parts. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }
}

/** Waits until a broker greets its clients. */
export async function accepting(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  while (true) {
    try {
      using connection = await Deno.connect({ hostname, port: Number(port) });
      await connection.write(new TextEncoder().encode("AMQP\x00\x00\x09\x01"));
      if (await connection.read(new Uint8Array(1)) === 1) return;
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
    }
    await pause(10);
  }
}
