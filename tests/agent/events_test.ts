/** Events of a source on the embedded network; `tests/e2e/events_test.ts` has those on RabbitMQ. */

import type { JsonObject } from "../../src/rpc/json.ts";
import { TestNetwork } from "../../src/testing/test_network.ts";
import { needing } from "../support/needing.ts";
import {
  type EventPlace,
  type GoOn,
  playScenario,
  type Scenario,
  SCENARIOS,
  TOKEN,
} from "./event_scenarios.ts";

class EmbeddedPlace implements EventPlace {
  readonly stallReason = "unconfirmed";
  readonly #network: TestNetwork;

  private constructor(network: TestNetwork) {
    this.#network = network;
  }

  static async start({ isNew }: Scenario): Promise<EmbeddedPlace> {
    return new EmbeddedPlace(await TestNetwork.start({ config: isNew ? null : {} }));
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

  stall(): GoOn {
    this.#network.pause();
    return () => this.#network.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#network.stop().catch(() => {}); // a failed agent is what one scenario is about
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
