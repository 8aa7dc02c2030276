/** Which configuration is in force, and which is offered again. */

import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { Broker } from "../../src/dev/broker/broker.ts";
import type { AgentEvent } from "../../src/observe/events.ts";
import type { JsonObject } from "../../src/rpc/json.ts";
import { Source, type SourceOptions } from "../../src/source/source.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { TestNetwork } from "../../src/testing/test_network.ts";
import { registrationAnswer, ScriptedManager } from "../e2e/scripted_manager.ts";
import { until } from "../support/clock.ts";
import { Events } from "../support/events.ts";
import { needing } from "../support/needing.ts";

const needs = [{ name: "net" }, { name: "sys", kind: "hostname" }] as const;
const token = "source-test";

/** A source that follows `onConfig`, and records what it was given and what happened. */
class ConfiguredSource extends Source {
  readonly given: Events<JsonObject> = new Events();
  readonly seen: Events<AgentEvent> = new Events();

  constructor(
    options: Omit<SourceOptions, "token">,
    onConfig: (config: JsonObject, signal: AbortSignal) => unknown = () => {},
  ) {
    super({ token, ...options });
    this.addRpcHandler("config", async (config, { signal }) => {
      this.given.add(structuredClone(config));
      await onConfig(config, signal);
    });
    void this.#follow();
  }

  /** Waits for the `count`th event of a kind. */
  async event<Kind extends AgentEvent["kind"]>(kind: Kind, count = 1): Promise<AgentEvent<Kind>> {
    for (let next = 1, found = 0;; next++) {
      const event = await this.seen.nth(next);
      // The cast: TypeScript does not follow that the kind says which event it is.
      if (event.kind === kind && ++found === count) return event as AgentEvent<Kind>;
    }
  }

  protected override task(): void {}

  async #follow(): Promise<void> {
    for await (const event of this.events()) this.seen.add(event);
  }
}

/** A broker whose manager answers each registration with a configuration. */
class Network implements AsyncDisposable {
  readonly #parts = new AsyncDisposableStack();
  readonly #broker: Broker;
  #manager!: ScriptedManager; // set by `start`, the only way to make one

  private constructor() {
    this.#broker = this.#parts.use(Broker.start());
  }

  static async start(config: JsonObject): Promise<Network> {
    const network = new Network();
    network.#manager = network.#parts.use(await ScriptedManager.start(network.url));
    network.config = config;
    return network;
  }

  get url(): string {
    return this.#broker.url;
  }

  /** What a registration is answered from now on. */
  set config(config: JsonObject) {
    const register = { ...registrationAnswer("/"), config };
    this.#manager.answers = { "source.register": register, "source.declare_metrics": {} };
  }

  /** Sends a configuration, as the wizard does, and returns the answer. */
  send(config: JsonObject): Promise<JsonObject> {
    return this.#manager.call(token, { function: "config", ...config }) as Promise<JsonObject>;
  }

  /** Cuts the management connection of the source. */
  cutManagement(): void {
    this.#broker.cutConnection(`management connection ${token}`);
  }

  /** Cuts it, and waits until it has registered again. */
  async outage(source: ConfiguredSource): Promise<void> {
    const before = source.seen.all.filter(isRenewal).length;
    this.cutManagement();
    while (source.seen.all.filter(isRenewal).length === before) {
      await source.seen.nth(source.seen.all.length + 1);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }
}

function isRenewal(event: AgentEvent): boolean {
  return event.kind === "registered" && event.again;
}

function refuseVersion(refused: number) {
  return ({ version }: JsonObject) => {
    if (version === refused) throw new RangeError(`version ${refused} is not for me`);
  };
}

/** The versions that a source was given. */
function versions(source: ConfiguredSource): unknown[] {
  return source.given.all.map(({ version }) => version);
}

Deno.test(needing({ permissions: needs }, {
  name: "Source waits for what its first configuration does, beyond rpcTimeout, and tells how long",
  fn: async () => {
    await using network = await TestNetwork.start({ config: { devices: 1 } });
    const clock = new ManualClock();
    const found = Promise.withResolvers<void>();
    const options = { url: `${network.url}?heartbeat=0`, clock, rpcTimeout: "60s" };
    await using source = new ConfiguredSource(options, () => found.promise);
    const connected = source.connect();
    await source.given.nth(1);
    await clock.advance(90);
    found.resolve();
    await connected;
    const { tookSeconds, keys } = await source.event("configured");
    assert.deepEqual([tookSeconds, keys], [90, ["devices"]]);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name:
    "Source tells that it is configured when all handlers have accepted, after all of their time",
  fn: async () => {
    await using network = await TestNetwork.start({ config: { version: 1 } });
    const clock = new ManualClock();
    const asked = Promise.withResolvers<void>();
    const verdict = Promise.withResolvers<void>();
    await using source = new ConfiguredSource({ url: `${network.url}?heartbeat=0`, clock });
    source.addRpcHandler<{ version: number }>("config", async ({ version }) => {
      if (version === 3) throw new RangeError("version 3 is not for me");
      if (version === 1) return;
      asked.resolve();
      await verdict.promise;
    });
    await source.connect();
    const toldVersions = () => source.seen.all.filter(({ kind }) => kind === "configured").length;
    const configured = network.configure(token, { version: 2 });
    await asked.promise;
    await clock.advance(7);
    assert.equal(source.given.all.at(-1)?.["version"], 2); // the first handler has taken it
    assert.equal(toldVersions(), 1);
    verdict.resolve();
    await configured;
    assert.equal((await source.event("configured", 2)).tookSeconds, 7);
    await assert.rejects(network.configure(token, { version: 3 }), /version 3 is not for me/);
    await source.event("configuration-refused");
    assert.equal(toldVersions(), 2);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "Source is not kept from stopping by what its first configuration does",
  fn: async () => {
    await using network = await TestNetwork.start({ config: { devices: 1 } });
    const source = new ConfiguredSource({ url: network.url }, () => new Promise(() => {}));
    const refused = assert.rejects(source.connect(), { name: "AgentStopped" });
    await source.given.nth(1);
    await source.stop();
    await refused;
    assert(source.seen.all.every(({ kind }) => kind !== "configuration-refused"));
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "Source is offered a configuration that it has refused again after each outage",
  fn: async () => {
    let refused = 2;
    await using network = await Network.start({ version: 1 });
    await using source = new ConfiguredSource(
      { url: network.url },
      (config) => refuseVersion(refused)(config),
    );
    await source.connect();
    const { error } = await network.send({ version: 2 });
    assert.equal(error, "version 2 is not for me");
    network.config = { version: 2 };
    await network.outage(source);
    await network.outage(source);
    refused = 0;
    await network.outage(source);
    await network.outage(source); // now it is in force
    assert.deepEqual(versions(source), [1, 2, 2, 2, 2]);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name:
    "Source asks again for a configuration that it has refused, less and less often, until it takes it",
  fn: async () => {
    let refused = 2;
    const clock = new ManualClock();
    await using network = await Network.start({ version: 1 });
    await using source = new ConfiguredSource(
      { url: `${network.url}?heartbeat=0`, clock },
      (config) => refuseVersion(refused)(config),
    );
    await source.connect();
    await network.send({ version: 2 });
    network.config = { version: 2 };
    for (const [at, waitSeconds] of [10, 20, 40, 80].entries()) {
      if (waitSeconds === 80) refused = 0;
      await clock.advance(waitSeconds - 0.001);
      assert.equal(source.given.all.length, 2 + at);
      await clock.advance(0.001);
      await source.given.nth(3 + at);
      await source.event("registered", 2 + at);
    }
    await clock.advance(1000); // now it is in force
    assert.deepEqual(versions(source), [1, 2, 2, 2, 2, 2]);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "Source asks for a configuration that came while its first one took longer than rpcTimeout",
  fn: async () => {
    const clock = new ManualClock();
    const isUsed = Promise.withResolvers<void>();
    await using network = await Network.start({ version: 1 });
    await using source = new ConfiguredSource(
      { url: `${network.url}?heartbeat=0`, clock, rpcTimeout: "60s" },
      ({ version }) => version === 1 ? isUsed.promise : undefined,
    );
    const connected = source.connect();
    await source.given.nth(1);
    network.config = { version: 2 };
    const { sleepers } = clock;
    const sent = network.send({ version: 2 });
    await until(() => clock.sleepers > sleepers); // it waits for its turn
    await clock.advance(75);
    assert.match(String((await sent)["error"]), /has not finished within 60 s/);
    isUsed.resolve();
    await connected;
    await source.event("registered", 2);
    assert.deepEqual(versions(source), [1, 2]);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "Source is offered its old configuration again after it has refused another one",
  fn: async () => {
    await using network = await Network.start({ version: 1 });
    await using source = new ConfiguredSource({ url: network.url }, refuseVersion(2));
    await source.connect();
    await network.send({ version: 2 }); // a handler may have taken a part of it over
    await network.outage(source);
    await network.outage(source);
    assert.deepEqual(versions(source), [1, 2, 1]);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "Source takes for in force what its handlers were given, not what they have made of it",
  fn: async () => {
    await using network = await Network.start({ list: [1] });
    await using source = new ConfiguredSource({ url: network.url }, (config) => {
      // The cast: that is what the network was started with.
      (config["list"] as number[]).push(2);
    });
    await source.connect();
    await network.outage(source);
    assert.equal(source.given.all.length, 1);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "Source registers again while a handler of its configuration hangs, which a newer one ends",
  fn: async () => {
    const signals: AbortSignal[] = [];
    await using network = await Network.start({ version: 1 });
    await using source = new ConfiguredSource(
      { url: network.url, stopTimeout: 0.1 },
      ({ version }, signal) => {
        signals.push(signal);
        return version === 2 ? new Promise(() => {}) : undefined;
      },
    );
    await source.connect();
    network.config = { version: 2 };
    network.cutManagement();
    await source.given.nth(2);
    await network.outage(source); // the same one is not offered beside itself
    network.config = { version: 3 };
    await network.outage(source);
    assert.deepEqual(versions(source), [1, 2, 3]);
    assert.equal(signals[1]?.aborted, true);
    const { reason, hasEarlier } = await source.event("configuration-refused");
    assert.equal(hasEarlier, true);
    assert.equal(reason, "Cannot call config: a newer configuration has come");
  },
}));

Deno.test(needing({ permissions: needs }, {
  name:
    "Source does not use what its registration brings when a newer configuration comes meanwhile",
  fn: async () => {
    await using network = await Network.start({ version: 1 });
    const isUsed = Promise.withResolvers<void>();
    await using source = new ConfiguredSource({ url: network.url }, () => isUsed.promise);
    const connected = source.connect();
    await source.event("registered");
    const sent = network.send({ version: 2 });
    await source.given.nth(1);
    isUsed.resolve();
    await Promise.all([sent, connected]);
    assert.equal(versions(source).at(-1), 2);
  },
}));

/**
 * A source whose handlers of version 2, which was sent by a call, run until `isUsed` settles, while it
 * has registered again and has been answered `answered`.
 */
async function onTrial(network: Network, answered: number) {
  const isUsed = Promise.withResolvers<void>();
  const source = new ConfiguredSource({ url: network.url }, async ({ version }) => {
    if (version === 2) await isUsed.promise;
    else await source.declareMetrics(["example.trial"]);
  });
  await source.connect();
  void network.send({ version: 2 });
  await source.given.nth(2);
  network.config = { version: answered };
  network.cutManagement();
  await source.event("declared", 2); // which follows the answer
  await setImmediate(); // and is followed by what becomes of its configuration
  return { source, isUsed };
}

Deno.test(needing({ permissions: needs }, {
  name:
    "Source does not replace a configuration whose handlers run by the older one of a registration",
  fn: async () => {
    await using network = await Network.start({ version: 1 });
    const { source, isUsed } = await onTrial(network, 1);
    await using _ = source;
    isUsed.resolve();
    await source.event("registered", 2);
    assert.deepEqual(versions(source), [1, 2]);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "Source uses what its registration brings when a configuration on trial is refused",
  fn: async () => {
    await using network = await Network.start({ version: 1 });
    const { source, isUsed } = await onTrial(network, 3);
    await using _ = source;
    isUsed.reject(new RangeError("not for me"));
    await source.event("registered", 2);
    assert.deepEqual(versions(source), [1, 2, 3]);
  },
}));
