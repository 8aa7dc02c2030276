/** Events of a source on RabbitMQ with the reference manager; `tests/agent/events_test.ts` has the others. */

import type { JsonObject } from "../../src/rpc/json.ts";
import {
  type EventPlace,
  type GoOn,
  playScenario,
  type Scenario,
  SCENARIOS,
  type StallReason,
  TOKEN,
} from "../agent/event_scenarios.ts";
import { RabbitMq } from "../peers/rabbitmq.ts";
import { sharedVhost, type Vhost } from "../peers/shared_broker.ts";
import { needing } from "../support/needing.ts";
import {
  allowTopics,
  closeConnectionsOf,
  deleteDataQueues,
  Network,
  suspendConfirms,
} from "./network.ts";

class RealPlace implements EventPlace {
  readonly #network: Network;
  readonly #parts: AsyncDisposableStack;

  private constructor(network: Network, parts: AsyncDisposableStack) {
    this.#network = network;
    this.#parts = parts;
  }

  /** Starts a network, on a broker of its own if that has to run out of memory. */
  static async start({ blocksAll, isNew }: Scenario): Promise<RealPlace> {
    await using parts = new AsyncDisposableStack();
    const vhost = blocksAll ? vhostOf(parts.use(await RabbitMq.start())) : await sharedVhost();
    const network = parts.use(await Network.start({ vhost, fallback: isNew ? null : {} }));
    return new RealPlace(network, parts.move());
  }

  get url(): string {
    return `${this.#network.url}?heartbeat=0`;
  }

  async configure(config: JsonObject): Promise<void> {
    await this.#network.manager.setConfig(TOKEN, config);
  }

  async loseConnections(): Promise<void> {
    await closeConnectionsOf(TOKEN, this.#network.vhost);
  }

  async keep(config: JsonObject): Promise<void> {
    await this.#network.replaceManager({ configs: { [TOKEN]: config } }, async () => {});
  }

  async loseDataQueues(): Promise<void> {
    await deleteDataQueues(this.#network.vhost);
  }

  async forbid(metric: string): Promise<void> {
    await allowTopics(this.#network.vhost, `^(?!${RegExp.escape(metric)}$)`);
  }

  async stall(reason: StallReason): Promise<GoOn> {
    const { vhost } = this.#network;
    if (reason === "unconfirmed") return await suspendConfirms(vhost);
    await vhost.ctl("set_vm_memory_high_watermark", "absolute", "1");
    return async () => {
      await vhost.ctl("set_vm_memory_high_watermark", "0.6");
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }
}

function vhostOf(broker: RabbitMq): Vhost {
  return { name: "/", url: broker.url, ctl: (...args) => broker.ctl(...args) };
}

for (const scenario of SCENARIOS) {
  Deno.test(needing({ peers: ["rabbitmq", "metricq"] }, {
    name: `Agent.events() on RabbitMQ ${scenario.name}`,
    fn: async () => {
      await using place = await RealPlace.start(scenario);
      await playScenario(scenario, place);
    },
  }));
}
