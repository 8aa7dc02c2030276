/** Events of a source on the embedded network; `tests/e2e/events_test.ts` has those on RabbitMQ. */

import assert from "node:assert/strict";
import { Broker } from "../../src/dev/broker/broker.ts";
import type { JsonObject } from "../../src/rpc/json.ts";
import { TestNetwork } from "../../src/testing/test_network.ts";
import { needing } from "../support/needing.ts";
import {
  type EventPlace,
  type GoOn,
  playScenario,
  type Scenario,
  SCENARIOS,
  type StallReason,
  TOKEN,
} from "./event_scenarios.ts";

const LIMIT_BYTES = 2 ** 20;

class EmbeddedPlace implements EventPlace {
  readonly #broker: Broker | undefined;
  readonly #network: TestNetwork;

  private constructor(network: TestNetwork, broker: Broker | undefined) {
    this.#network = network;
    this.#broker = broker;
  }

  /** Starts a network, on a broker at hand if that has to run out of memory. */
  static async start({ blocksAll, isNew }: Scenario): Promise<EmbeddedPlace> {
    const broker = blocksAll && Broker.start({ memoryLimitBytes: LIMIT_BYTES });
    const network = await TestNetwork.start({ config: isNew ? null : {}, server: broker?.url });
    return new EmbeddedPlace(network, broker);
  }

  get url(): string {
    return `${this.#network.url}?heartbeat=0`;
  }

  async configure(config: JsonObject): Promise<void> {
    await this.#network.configure(TOKEN, config);
  }

  loseConnections(): void {
    this.#network.cutConnections();
  }

  async keep(config: JsonObject): Promise<void> {
    await this.configure(config).catch(() => {}); // there is no source to answer
  }

  async loseDataQueues(): Promise<void> {
    await this.#network.restart();
  }

  forbid(metric: string): void {
    this.#network.forbid(metric);
  }

  stall(reason: StallReason): GoOn {
    if (reason === "blocked") {
      const broker = this.#broker ?? assert.fail();
      broker.occupyMemory(2 * LIMIT_BYTES);
      return () => broker.occupyMemory(-2 * LIMIT_BYTES);
    }
    this.#network.pause();
    return () => this.#network.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#network.stop().catch(() => {}); // a failed agent is what one scenario is about
    await this.#broker?.close();
  }
}

const permissions = [
  { name: "net" },
  { name: "sys", kind: "hostname" },
  { name: "read" },
  { name: "write" },
] as const;

for (const scenario of SCENARIOS) {
  Deno.test(needing({ permissions }, {
    name: `Agent.events() ${scenario.name}`,
    fn: async () => {
      await using place = await EmbeddedPlace.start(scenario);
      await playScenario(scenario, place);
    },
  }));
}
